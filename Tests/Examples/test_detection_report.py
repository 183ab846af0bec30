"""The detection report, of a detector whose answers are known."""

import numpy as np

import detection_report as report

PICTURE = np.zeros((40, 60, 3), np.uint8)
SCENES = [(PICTURE, [(0, 0, 20, 20), (30, 0, 50, 20)]), (PICTURE, [])]


def make(everything):
    """One face right, and a surer box that is false; with everything also the other face."""

    def detect(picture):
        assert picture is PICTURE
        boxes, scores = [(0, 0, 20, 20), (0, 20, 20, 40), (31, 0, 51, 20)], [0.8, 0.9, 0.2]
        return (boxes, scores, []) if everything else (boxes[:2], scores[:2], [])

    return detect


def test_a_row_has_the_default_the_curve_and_what_is_found_with_few_false_boxes():
    row = report.row_of("known", make, SCENES, [PICTURE], [], None)
    # On the second scene and the photo without faces, all boxes are false.
    assert row["default"] == {"found": 1, "false": 3, "false_without_faces": 2}
    assert row["curve"] == {
        "threshold": [0.9, 0.8, 0.2], "false": [2, 3, 4], "found": [0, 1, 2], "false_without_faces": [1, 2, 3]}  # fmt: skip
    assert row["found_with_false_up_to"] == {"1": 0, "5": 2, "10": 2, "50": 2}
    assert row["seconds_per_scene"] >= 0


def test_a_detector_that_finds_nothing_has_a_row():
    row = report.row_of("blind", lambda everything: lambda picture: ([], [], []), SCENES, [PICTURE], [], None)
    assert row["default"] == {"found": 0, "false": 0, "false_without_faces": 0}
    assert row["curve"]["threshold"] == []


def test_a_table_fits_a_terminal():
    row = report.row_of("libfacestyle CascadeCNN", make, SCENES, [PICTURE], [], None)
    assert max(map(len, report.table([row]))) <= 80


POINTS = np.array([(10, 10), (20, 10), (15, 15), (11, 20), (19, 20)], float)


def test_the_error_of_points_counts_the_surest_face_where_it_is_the_one():
    answers = [
        ([(0, 0, 9, 9), (5, 5, 25, 25)], [0.3, 0.8], [POINTS + 50, POINTS + (3, 4)]),  # 5 pixels off, eyes 10 apart
        ([(0, 0, 9, 9)], [0.9], [POINTS + (1, 0)]),
        ([(0, 0, 9, 9)], [0.9], [POINTS + 40]),  # another face
        ([], [], [])]  # fmt: skip
    faces = [(number, POINTS) for number in range(4)]
    assert report.error_of_points(lambda number: answers[number], faces) == {"faces": 2, "of": 4, "error": 0.3}
    assert report.error_of_points(lambda number: answers[3], faces) == {"faces": 0, "of": 4, "error": None}
    row = report.row_of("known", make, SCENES, [PICTURE], [], None) | {"points": {"faces": 2, "of": 4, "error": 0.3}}
    *_, head, line = report.table([row])
    assert head.endswith("of 4 faces:") and line.split() == ["known", "0.300,", "found", "2"]


def test_earlier_rows_are_kept_if_they_count_the_same(tmp_path):
    file = tmp_path / "detection.json"
    assert report.earlier_rows(file, {"faces": 2}) == {}
    file.write_text('{"faces": 2, "detectors": {"known": {}}}')
    assert report.earlier_rows(file, {"faces": 2}) == {"known": {}}
    assert report.earlier_rows(file, {"faces": 3}) == {}


def test_a_sheet_is_drawn(tmp_path):
    report.row_of("known", make, SCENES, [PICTURE], [], tmp_path / "known.png")
    with report.Image.open(tmp_path / "known.png") as sheet:
        colours = {colour for _, colour in sheet.convert("RGB").getcolors(1 << 16)}
    for colour in (report.sheets.HIT, report.sheets.MISSED, report.sheets.FALSE):
        assert tuple(bytes.fromhex(colour[1:])) in colours
