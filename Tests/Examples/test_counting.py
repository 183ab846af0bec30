"""The detection report's arithmetic. Expected numbers are counted by hand."""

import numpy as np
import pytest

from detection.counting import LEAST_OVERLAP, curve, found_within, matches, overlaps

FACE, OTHER = (0, 0, 10, 10), (20, 0, 30, 10)


def test_overlap_is_intersection_over_union():
    # Half of a face; the same; beside it; touching it; around it with four times its area; reaching beyond the picture.
    boxes = [(0, 0, 5, 10), FACE, (40, 40, 50, 50), (10, 0, 20, 10), (-5, -5, 15, 15), (-10, 0, 10, 10)]
    assert overlaps(boxes, [FACE])[:, 0].tolist() == [0.5, 1, 0, 0, 0.25, 0.5]


def test_of_no_boxes_or_no_faces_nothing_is_asked():
    assert overlaps([], [FACE]).shape == (0, 1)
    assert matches([], [], [FACE]).tolist() == []
    assert matches([FACE, OTHER], [0.9, 0.8], []).tolist() == [-1, -1]


def test_a_hit_overlaps_by_at_least_the_stated_part():
    # A box of the face's height and `width` shares width / 10 with it.
    boxes = [(0, 0, 10 * LEAST_OVERLAP, 10), (0, 0, 10 * LEAST_OVERLAP - 0.1, 10)]
    assert [matches([box], [1], [FACE]).tolist() for box in boxes] == [[0], [-1]]


def test_each_face_is_found_once_by_the_surest_box():
    boxes = [(0, 0, 10, 9), FACE, OTHER]
    assert matches(boxes, [0.9, 0.8, 0.7], [FACE, OTHER]).tolist() == [0, -1, 1]
    assert matches(boxes, [0.8, 0.9, 0.7], [FACE, OTHER]).tolist() == [-1, 0, 1]


def test_a_box_takes_the_face_that_it_overlaps_most_and_the_next_one_what_is_left():
    faces = [(0, 0, 10, 10), (3, 0, 13, 10)]
    assert matches([(2, 0, 12, 10), (2, 0, 12, 10)], [0.9, 0.8], faces).tolist() == [1, 0]


def test_surer_boxes_take_the_same_faces_whatever_else_is_reported():
    random = np.random.default_rng(1)
    corners = random.uniform(0, 60, (60, 2))
    boxes, scores = np.hstack([corners, corners + random.uniform(8, 20, (60, 2))]), random.uniform(size=60)
    faces = boxes[::6] + 1
    for threshold in (0.2, 0.5, 0.8):
        sure = scores >= threshold
        assert matches(boxes[sure], scores[sure], faces).tolist() == matches(boxes, scores, faces)[sure].tolist()


def test_a_curve_counts_false_boxes_and_found_faces_down_to_each_score():
    scores, false, found = curve([0.5, 0.9, 0.7, 0.7, 0.1], [-1, 0, 1, -1, 2])
    assert scores.tolist() == [0.9, 0.7, 0.5, 0.1]  # boxes of one score come together
    assert false.tolist() == [0, 1, 2, 2]
    assert found.tolist() == [1, 2, 2, 3]


def test_a_curve_of_no_boxes_is_empty():
    assert [some.tolist() for some in curve([], [])] == [[], [], []]


@pytest.mark.parametrize("most, faces", [(0, 1), (1, 2), (2, 3), (100, 3)])
def test_what_is_found_with_so_many_false_boxes_is_read_off_a_curve(most, faces):
    _, false, found = curve([0.5, 0.9, 0.7, 0.7, 0.1], [-1, 0, 1, -1, 2])
    assert found_within(most, false, found) == faces


def test_a_curve_that_begins_with_too_many_false_boxes_has_found_nothing():
    assert found_within(0, *curve([0.9, 0.8], [-1, 0])[1:]) == 0
