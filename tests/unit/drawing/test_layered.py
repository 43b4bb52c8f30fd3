from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from kai_pipelines.drawing.layered import COLUMN_GAP, LABEL_GAP, LAYER_GAP, lay_out

BOX = (100.0, 40.0)


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[tuple[float, float]], list[tuple[int, int]]]:
    count = draw(st.integers(1, 12))
    sizes = draw(st.lists(st.tuples(st.integers(8, 300), st.integers(8, 200)), min_size=count, max_size=count))
    pairs = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] != pair[1])
    return [(float(w), float(h)) for w, h in sizes], draw(st.lists(pairs, max_size=20, unique=True))


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_boxes_never_overlap_and_edges_join_their_boxes(graph):
    sizes, edges = graph
    layout = lay_out(sizes, edges)

    boxes = [(x, y, x + w, y + h) for (x, y), (w, h) in zip(layout.corners, sizes, strict=True)]
    for one, other in combinations(boxes, 2):
        assert one[2] <= other[0] + 0.2 or other[2] <= one[0] + 0.2 or one[3] <= other[1] or other[3] <= one[1]
    for left, top, right, bottom in boxes:
        assert left >= -0.1 and top >= -0.1
        assert right <= layout.width + 0.2 and bottom <= layout.height + 0.1
    for (source, target), route in zip(edges, layout.routes, strict=True):
        for box, (x, y) in ((boxes[source], route[0]), (boxes[target], route[-1])):
            assert abs(x - (box[0] + box[2]) / 2) <= 0.2
            assert y in (box[1], box[3]) or min(abs(y - box[1]), abs(y - box[3])) <= 0.2


def test_a_chain_stands_in_line_and_runs_down():
    layout = lay_out([BOX, (60.0, 20.0), BOX], [(0, 1), (1, 2)])

    assert [x for x, _ in layout.corners] == [0.0, 20.0, 0.0]
    assert [y for _, y in layout.corners] == [0.0, 40 + LAYER_GAP, 40 + LAYER_GAP + 20 + LAYER_GAP]


def test_a_diamond_is_even():
    layout = lay_out([BOX] * 4, [(0, 1), (0, 2), (1, 3), (2, 3)])

    centers = [x + 50 for x, _ in layout.corners]
    assert centers[0] == centers[3] == (centers[1] + centers[2]) / 2
    assert centers[2] - centers[1] == 100 + COLUMN_GAP


def test_boxes_are_ordered_so_that_edges_do_not_cross():
    layout = lay_out([BOX] * 6, [(0, 5), (1, 4), (2, 3)])

    xs = [x for x, _ in layout.corners]
    assert all(xs[a] < xs[b] for a, b in pairwise((0, 1, 2)))
    assert xs[5] < xs[4] < xs[3]


def test_a_labeled_edge_gets_room():
    layout = lay_out([BOX, BOX], [(0, 1)], labeled=[0])

    assert layout.corners[1] == (0.0, 40 + LABEL_GAP)


def test_a_circle_is_drawn_as_well_as_can_be():
    layout = lay_out([BOX] * 3, [(0, 1), (1, 2), (2, 0)])

    assert [y for _, y in layout.corners] == [0.0, 74.0, 148.0]


def test_a_long_edge_passes_beside_the_box_between():
    layout = lay_out([BOX] * 3, [(0, 1), (1, 2), (0, 2)])

    left, right = layout.corners[1][0], layout.corners[1][0] + 100
    passing = [x for x, y in layout.routes[2] if 74 <= y <= 114]
    assert passing and all(x < left or x > right for x in passing)
