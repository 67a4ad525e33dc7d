"""The graph as SVG: layers from the data down, long edges led around what lies between."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from zkpot.compiler.ir import Graph, Node

from .explain import Line
from .report_charts import kind
from .report_markup import element, escaped, scrolling

WIDTH, HEIGHT, LANE, GAP, DROP = 270, 84, 26, 22, 34
MARGIN = 8
NAME_LENGTH, TEXT_LENGTH = 28, 38
"""Characters of the widest that still fit into a box."""


@dataclass
class _Spot:
    """A node's place, or a long edge's place in one layer (``line`` None). ``x``: its middle."""

    name: str
    layer: int
    line: Line | None = None
    above: list[str] = field(default_factory=list)
    x: float = 0.0

    @property
    def width(self) -> int:
        return LANE if self.line is None and self.layer else WIDTH


def graph_chart(graph: Graph, lines: Sequence[Line]) -> str:
    """``lines``: the explanation's last ones, one a node of ``graph``, in its order."""
    layers = _layers(_spots(graph, lines))
    _place(layers)
    spots = {spot.name: spot for layer in layers for spot in layer}
    left = min(spot.x - spot.width / 2 for spot in spots.values()) - MARGIN
    right = max(spot.x + spot.width / 2 for spot in spots.values()) + MARGIN
    height = len(layers) * (HEIGHT + DROP) - DROP + 2 * MARGIN
    edges = "".join(_edge(spots[up], spot) for spot in spots.values() for up in spot.above)
    boxes = "".join(_box(spot, graph) for spot in spots.values())
    title = f"<title>The circuit's graph: {len(graph.nodes)} nodes</title>"
    words = f"<desc>{escaped(_words(graph), 20_000)}</desc>"
    width = right - left
    box = f"{left:.0f} 0 {width:.0f} {height}"
    size = {"width": round(width), "height": height, "viewBox": box}
    drawn = element("svg", title + words + edges + boxes, role="img", class_="graph", **size)
    return scrolling(drawn, "Graph of the circuit")


def _words(graph: Graph) -> str:
    parts = (f"{n.name} reads {', '.join(_sources(n, graph)) or 'nothing'}" for n in graph.nodes)
    return "; ".join(parts)


def _sources(node: Node, graph: Graph) -> list[str]:
    """What it reads but for parameters, each once."""
    return [name for name in dict.fromkeys(node.inputs) if not graph.is_parameter(name)]


def _spots(graph: Graph, lines: Sequence[Line]) -> list[_Spot]:
    """The data, then a spot a node, with one in each layer that a long edge passes."""
    found = {graph.data.name: _Spot(graph.data.name, 0)}
    lanes: dict[tuple[str, int], _Spot] = {}
    for node, line in zip(graph.nodes, lines, strict=True):
        above = [found[name] for name in _sources(node, graph)]
        layer = 1 + max((spot.layer for spot in above), default=0)
        spot = _Spot(node.output.name, layer, line)
        spot.above = [_lane(up, layer, lanes).name for up in above]
        found[node.output.name] = spot
    return [*found.values(), *lanes.values()]


def _lane(up: _Spot, layer: int, lanes: dict[tuple[str, int], _Spot]) -> _Spot:
    """What stands for ``up`` just above ``layer``; edges from one node share their lane."""
    last = up
    for between in range(up.layer + 1, layer):
        key = up.name, between
        if key not in lanes:
            lanes[key] = _Spot(f"{up.name}\n{between}", between, None, [last.name])
        last = lanes[key]
    return last


def _layers(spots: Sequence[_Spot]) -> list[list[_Spot]]:
    """By layer; within one, nodes before lanes, then by the mean place of what they read."""
    layers: list[list[_Spot]] = [[] for _ in range(1 + max(spot.layer for spot in spots))]
    for spot in spots:
        layers[spot.layer].append(spot)
    rank: dict[str, float] = {}
    for layer in layers:
        layer.sort(key=lambda spot: _mean(spot, rank))
        rank.update((spot.name, float(i)) for i, spot in enumerate(layer))
    return layers


def _mean(spot: _Spot, places: Mapping[str, float]) -> float:
    found = [places[name] for name in spot.above]
    return sum(found) / len(found) if found else 0.0


def _place(layers: Sequence[Sequence[_Spot]]) -> None:
    """Each spot below the middle of what it reads, as far as its neighbours leave room."""
    places: dict[str, float] = {}
    for layer in layers:
        wanted = [_mean(spot, places) for spot in layer]
        x, end = list[float](), float("-inf")
        for spot, middle in zip(layer, wanted, strict=True):
            at = max(middle, end + spot.width / 2)
            x.append(at)
            end = at + spot.width / 2 + GAP
        shift = sum(w - at for w, at in zip(wanted, x, strict=True)) / len(layer)
        for spot, at in zip(layer, x, strict=True):
            spot.x = places[spot.name] = at + shift


def _top(spot: _Spot) -> int:
    return MARGIN + spot.layer * (HEIGHT + DROP)


def _edge(up: _Spot, down: _Spot) -> str:
    start, end = _top(up) + HEIGHT, _top(down)
    half = (start + end) / 2
    path = f"M{up.x:.1f} {start}C{up.x:.1f} {half} {down.x:.1f} {half} {down.x:.1f} {end}"
    if down.line is None:
        path += f"V{end + HEIGHT}"
    return element("path", "", d=path, class_="edge")


def _box(spot: _Spot, graph: Graph) -> str:
    if spot.line is None:
        return "" if spot.layer else _data(spot, graph)
    line, left, top = spot.line, spot.x - WIDTH / 2, _top(spot)
    shape = "×".join(map(str, line.shape)) or "1"
    cost = f"{line.constraints:,} · {line.share:.1%}"
    style = kind(line.op)
    frame = element(
        "rect", "", x=f"{left:.1f}", y=top, width=WIDTH, height=HEIGHT, rx=6, class_="box"
    )
    edge = element("rect", "", x=f"{left:.1f}", y=top, width=5, height=HEIGHT, rx=2, class_=style)
    whole = f"{line.name}: {line.op}, {line.strategy}, {shape}, {cost} constraints"
    text = (
        _text(line.name, left, top + 19, NAME_LENGTH, "name"),
        _text(f"{line.op} · {shape}", left, top + 36),
        _text(line.strategy, left, top + 52),
        _text(f"{cost} of the constraints", left, top + 68),
    )
    bar = max(2.0, (WIDTH - 24) * line.share)
    filled = element(
        "rect", "", x=f"{left + 14:.1f}", y=top + 76, width=f"{bar:.1f}", height=3, class_=style
    )
    return f"<g><title>{escaped(whole, 400)}</title>{frame}{edge}{''.join(text)}{filled}</g>"


def _data(spot: _Spot, graph: Graph) -> str:
    left, top = spot.x - WIDTH / 2, _top(spot)
    frame = element(
        "rect", "", x=f"{left:.1f}", y=top, width=WIDTH, height=HEIGHT, rx=6, class_="box input"
    )
    size = "×".join(map(str, graph.data.type.shape))
    public = _text(f"public data · {size} a sample", left, top + 55)
    return f"<g>{frame}{_text(spot.name, left, top + 36, NAME_LENGTH, 'name')}{public}</g>"


def _text(text: str, left: float, y: int, longest: int = TEXT_LENGTH, style: str = "small") -> str:
    return element("text", escaped(text, longest), x=f"{left + 14:.1f}", y=y, class_=style)
