"""Bars, drawn as SVG with widths in per cent, so that they fit a phone too, and their text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from zkpot.compiler import ops

from .explain import Line
from .report import Accuracy, Confusion
from .report_markup import element, escaped, scrolling, table

MOST_BARS = 16
BAR, LEAST = 12, 0.002
"""Height of a bar in pixels, and the share of the width that even nothing gets."""
MOST_CLASSES = 30
MOST_CONFUSIONS = 20
STEPS = 4
"""Shades of the confusion matrix: darker than the one before from 1/STEPS of the row on."""


class Kind(StrEnum):
    """What a part of the circuit is for; also the name of its colour in the style sheet."""

    WEIGHTS = "weights"
    HASHING = "hashing"
    LAYERS = "layers"
    ACTIVATIONS = "activations"
    POOLING = "pooling"
    COUNTING = "counting"
    DATA = "data"


def kind(op: str) -> Kind:
    """Of a line of the explanation, by its operation."""
    fixed = {
        "range check": Kind.WEIGHTS,
        "sponge": Kind.HASHING,
        "powers": Kind.LAYERS,
        "public_data": Kind.DATA,
        "max_pool": Kind.POOLING,
        "sum_pool": Kind.POOLING,
        "count_correct": Kind.COUNTING,
    }
    known = ops.REGISTRY.get(op)
    linear = known is not None and known.accumulates
    return fixed.get(op, Kind.LAYERS if linear else Kind.ACTIVATIONS)


@dataclass(frozen=True)
class Bar:
    """``share`` of the full width, and a mark from ``low`` to ``high`` where those are given."""

    name: str
    value: str
    share: float
    style: str
    low: float | None = None
    high: float | None = None


def bars(title: str, rows: Sequence[Bar]) -> str:
    """A list of names and values as text, each above its bar."""
    body = "".join(map(_bar, rows))
    return element("ul", body, class_="bars", aria_label=title)


def _bar(bar: Bar) -> str:
    name = element("span", escaped(bar.name), class_="name")
    value = element("span", escaped(bar.value), class_="value")
    track = element("rect", "", width="100%", height=BAR, rx=3, class_="track")
    width = _percent(max(bar.share, LEAST))
    filled = element("rect", "", width=width, height=BAR, rx=3, class_=bar.style)
    drawn = track + filled + _interval(bar)
    svg = element("svg", drawn, width="100%", height=BAR, aria_hidden="true")
    return f'<li><div class="row">{name}{value}</div>{svg}</li>'


def _interval(bar: Bar) -> str:
    if bar.low is None or bar.high is None:
        return ""
    low, high, middle = _percent(bar.low), _percent(bar.high), BAR // 2
    lines = [element("line", "", x1=low, x2=high, y1=middle, y2=middle, class_="mark")]
    for end in (low, high):
        lines.append(element("line", "", x1=end, x2=end, y1=1, y2=BAR - 1, class_="mark"))
    return "".join(lines)


def _percent(share: float) -> str:
    return f"{100 * min(max(share, 0.0), 1.0):.3f}%"


def costs_by_kind(lines: Sequence[Line]) -> str:
    """One bar of all constraints, cut by what they are for, and its legend."""
    spent = {k: sum(one.constraints for one in lines if kind(one.op) is k) for k in Kind}
    total = sum(spent.values())
    start, pieces, legend = 0.0, [], []
    for k, count in ((k, count) for k, count in spent.items() if count):
        share = count / total
        left, width = _percent(start), _percent(share)
        pieces.append(element("rect", "", x=left, y=0, width=width, height=20, class_=k))
        words = f'<span class="key {k}"></span>{k} <b>{share:.1%}</b>'
        legend.append(f"<li>{words} <span>{count:,}</span></li>")
        start += share
    title = "<title>Constraints by what they are for; the list below has the numbers</title>"
    chart = element("svg", title + "".join(pieces), role="img", width="100%", height=20)
    return f'{chart}<ul class="legend">{"".join(legend)}</ul>'


def costs_by_node(lines: Sequence[Line]) -> str:
    """The costliest parts as bars, what is left as one more."""
    largest = max(line.constraints for line in lines)
    ordered = sorted(lines, key=lambda line: -line.constraints)
    rows = [_cost(one.name, one.constraints, one.share, largest, kind(one.op)) for one in ordered]
    rest = ordered[MOST_BARS:]
    if len(rest) > 1:
        count, share = sum(one.constraints for one in rest), sum(one.share for one in rest)
        rows = [*rows[:MOST_BARS], _cost(f"{len(rest)} others", count, share, largest, "other")]
    return bars("Constraints of the costliest parts", rows)


def _cost(name: str, count: int, share: float, largest: int, style: str) -> Bar:
    return Bar(name, f"{count:,} · {share:.1%}", count / largest, style)


def accuracy_bars(found: Sequence[Accuracy]) -> str:
    """One bar a source, with its confidence interval."""
    rows = [
        Bar(
            one.source,
            f"{one.correct} of {one.samples} · {one.correct / one.samples:.1%}",
            one.correct / one.samples,
            "accuracy",
            one.low,
            one.high,
        )
        for one in found
    ]
    return bars("Accuracy, with 95% intervals", rows)


def confusion_table(found: Confusion) -> str:
    """The matrix, shaded by share of the row; for many classes the commonest confusions only."""
    classes = len(found.counts)
    if classes > MOST_CLASSES:
        return _commonest(found)
    head = "".join(element("th", str(c), scope="col") for c in range(classes))
    rows = "".join(
        element("tr", element("th", str(label), scope="row") + _shaded(label, row.tolist()))
        for label, row in enumerate(found.counts)
    )
    caption = f"Rows: labels. Columns: what the {found.source} model predicts."
    inside = f"<caption>{escaped(caption)}</caption><thead><tr><td></td>{head}</tr></thead>"
    content = f'<table class="confusion">{inside}<tbody>{rows}</tbody></table>'
    return scrolling(content, "Confusion matrix")


def _shaded(label: int, row: Sequence[int]) -> str:
    total = max(sum(row), 1)
    cells = []
    for column, count in enumerate(row):
        shade = -(-STEPS * count // total)
        style = f"{'hit' if column == label else 'miss'}{shade}" if count else "none"
        cells.append(element("td", str(count) if count else "·", class_=style))
    return "".join(cells)


def _commonest(found: Confusion) -> str:
    counts = found.counts.copy()
    for c in range(len(counts)):
        counts[c, c] = 0
    order = (-counts).ravel().argsort(kind="stable")[:MOST_CONFUSIONS].tolist()
    pairs = [divmod(i, len(counts)) for i in order]
    rows = [(label, seen, int(counts[label, seen])) for label, seen in pairs if counts[label, seen]]
    return table(
        f"Commonest confusions of the {found.source} model", ("label", "predicted", "samples"), rows
    )
