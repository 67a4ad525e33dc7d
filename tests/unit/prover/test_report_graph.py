"""The graph's drawing: nothing overlaps, and edges go where the graph says."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from zkpot.compiler.ir import Graph, Interval, Node, Quantization, TensorType, Value
from zkpot.prover.explain import Line
from zkpot.prover.report_graph import HEIGHT, WIDTH, graph_chart

EDGES = {
    "chain": {"a": ["data"], "b": ["a"], "c": ["b"]},
    "residual": {"a": ["data"], "b": ["a"], "c": ["b"], "d": ["c", "a"], "e": ["d", "data"]},
    "branches": {"a": ["data"], "b": ["data"], "c": ["data"], "d": ["a", "b", "c", "a"]},
    "constant": {"a": ["weight"], "b": ["a", "data"]},
}


def graph(edges: dict[str, list[str]]) -> Graph:
    kind = TensorType((3,), Interval(0, 1))
    nodes = tuple(Node("add", n, tuple(inputs), Value(n, kind)) for n, inputs in edges.items())
    weight = Value("weight", kind)
    data = Value("data", kind)
    return Graph(data, Quantization(None, 0, "int8"), (weight,), nodes, nodes[-1].name)


def drawn(edges: dict[str, list[str]]) -> str:
    lines = [Line(name, "add", (3,), 1, "linear", 7, 9, 0.1) for name in edges]
    return graph_chart(graph(edges), lines)


def boxes(svg: str) -> list[tuple[float, float]]:
    pattern = rf'<rect x="([-\d.]+)" y="(\d+)" width="{WIDTH}" height="{HEIGHT}"'
    return [(float(x), float(y)) for x, y in re.findall(pattern, svg)]


@pytest.mark.parametrize("edges", EDGES.values(), ids=EDGES)
def test_boxes_and_lanes_keep_apart_and_inside(edges) -> None:
    svg = drawn(edges)
    found = boxes(svg)
    assert len(found) == len(edges) + 1
    for (x, y), (u, v) in combinations(found, 2):
        assert abs(x - u) >= WIDTH or abs(y - v) >= HEIGHT
    left, top, width, height = map(float, re.search(r'viewBox="([^"]+)"', svg)[1].split())
    for x, y in found:
        assert left <= x <= left + width - WIDTH
        assert top <= y <= top + height - HEIGHT
    for x, y, end in re.findall(r"([-\d.]+) (\d+)V(\d+)", svg):
        for u, v in found:
            assert not (u < float(x) < u + WIDTH and v < float(end) and float(y) < v + HEIGHT)


def ends(svg: str) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
    """Where edges start and where they arrive."""
    number = r"(-?[\d.]+)"
    path = (
        rf'd="M{number} {number}C{number} {number} {number} {number} {number} {number}V?{number}?"'
    )
    paths = [[float(n or 0) for n in found] for found in re.findall(path, svg)]
    starts = [(p[0], p[1]) for p in paths]
    stops = [(p[6], p[8] or p[7]) for p in paths]
    return starts, stops


@pytest.mark.parametrize("edges", EDGES.values(), ids=EDGES)
def test_every_edge_begins_and_ends_at_a_box_or_at_another_edge(edges) -> None:
    svg = drawn(edges)
    starts, stops = ends(svg)
    middles = [(x + WIDTH / 2, y) for x, y in boxes(svg)]
    bottoms = [(x, y + HEIGHT) for x, y in middles]
    for x, y in starts:
        assert any(abs(x - u) < 0.2 and y == v for u, v in (*bottoms, *stops))
    for x, y in stops:
        assert any(abs(x - u) < 0.2 and y == v for u, v in (*middles, *starts))
    read = {name for inputs in edges.values() for name in inputs} - {"weight"}
    assert len({(round(x), y) for x, y in starts} & {(round(u), v) for u, v in bottoms}) == len(
        read
    )


def test_the_text_alternative_names_the_edges() -> None:
    svg = drawn(EDGES["residual"])
    assert "a reads data; b reads a; c reads b; d reads c, a; e reads d, data" in svg
    assert 'role="img"' in svg
