"""Parts of a circuit up to the numbers of their wires: equal shapes have equal answers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .system import Form, Row

Shape = tuple[object, ...]


class Naming:
    """Numbers wires as they appear. The constant keeps its 0."""

    def __init__(self) -> None:
        self.order: dict[int, int] = {0: 0}

    def wires(self, wires: Iterable[int]) -> tuple[int, ...]:
        """The numbers of ``wires``."""
        return tuple(self.order.setdefault(w, len(self.order)) for w in wires)

    def form(self, form: Form) -> tuple[tuple[int, int], ...]:
        """``form`` over these numbers."""
        items = sorted(form.items())
        return tuple(zip(self.wires(w for w, _ in items), (c for _, c in items), strict=True))

    def rows(self, rows: Sequence[Row]) -> Shape:
        """``rows`` over these numbers."""
        return tuple(tuple(self.form(part) for part in row) for row in rows)
