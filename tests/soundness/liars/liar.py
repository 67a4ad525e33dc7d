"""A liar: other right sides for hints, in a circuit with inputs at which they would pay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rig.build import compiled
from rig.calls import Call, inputs_of, source
from rig.twin import Hint
from rig.variants import witnesses
from rig.witness import Witness, complaints


@dataclass(frozen=True)
class Scene:
    """A circuit and its inputs. ``admitted``: whether honest hints satisfy it."""

    name: str
    main: str
    inputs: Mapping[str, Any]
    admitted: bool = True

    def complaints(self, witness: Witness, optimize: str = "O0") -> list[set[str]]:
        """The real circuit's violated constraints."""
        return complaints(compiled(self.main, optimize=optimize), witness)


def scene(name: str, call: Call, *values: Any, admitted: bool = True) -> Scene:
    return Scene(name, source([call]), inputs_of([values], [call]), admitted)


@dataclass(frozen=True)
class Liar:
    """``by``: the template that is to catch it; ``caught``: a pattern that a signal of the violated
    constraint there matches."""

    name: str
    scene: Scene
    lies: Mapping[Hint, str]
    by: str
    caught: str
    claim: Mapping[str, int] = field(default_factory=dict)
    """What the liar would get accepted: signals with the values that the lie gives them."""

    @property
    def id(self) -> str:
        return f"{self.scene.name}: {self.name}"


class Stage:
    """Witnesses of honest hints and of every liar, all those of a scene made at once."""

    def __init__(self, liars: Sequence[Liar]) -> None:
        self._liars = liars
        self._told: dict[str, dict[str, Witness]] = {}

    def witness(self, scene: Scene, name: str = "") -> Witness:
        """The honest one, or that of the liar with this name."""
        if scene.name not in self._told:
            here = [liar for liar in self._liars if liar.scene.name == scene.name]
            made = witnesses(scene.main, scene.inputs, [{}, *(liar.lies for liar in here)])
            names = ["", *(liar.name for liar in here)]
            assert len(set(names)) == len(names)
            self._told[scene.name] = dict(zip(names, made, strict=True))
        return self._told[scene.name][name]
