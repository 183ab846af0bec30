"""The tracker on paths made by hand, and on a film made from real photos."""

import numpy as np
import pytest

import facestyle as fs
from conftest import photo_file


def face(x, y=100.0, side=50.0, score=0.9):
    return fs.Face(np.full((5, 2), x), (x, y, side, side), score)


def test_one_who_passes_is_one_event():
    with fs.Tracker() as tracker:
        frames = [tracker.update([face(7.0 * i)], i / 25) for i in range(40)]
        assert {tracked[0].track for tracked in frames} == {1}
        assert [i for i, tracked in enumerate(frames) if tracked[0].comes] == [1]
        assert [i for i, tracked in enumerate(frames) if tracked[0].identify] == [1]
        assert len(tracker.tracks) == 1 and tracker.tracks[0].seen == 40 and tracker.ended == []
        (track,) = tracker.finish()
        assert track.track == 1 and track.begun and track.last_time == 39 / 25 and track.face.box[0] == 273
        assert tracker.tracks == []


def test_the_best_photo_is_told():
    with fs.Tracker(min_seen=1, identify_better=1.2) as tracker:
        told = [tracker.update([face(0.0)], i, [q])[0] for i, q in enumerate([0.5, 0.4, 0.55, 0.9, 0.6])]
        assert [t.best for t in told] == [True, False, True, True, False]
        assert [t.identify for t in told] == [True, False, False, True, False]
        (track,) = tracker.tracks
        assert track.best_quality == pytest.approx(0.9) and (track.best_frame, track.best_time) == (4, 3)


def test_two_who_cross_keep_their_tracks():
    with fs.Tracker() as tracker:
        for i in range(40):
            one, two = tracker.update([face(10.0 * i), face(400 - 10.0 * i, 110)], i)
            assert (one.track, two.track) == (1, 2)


def test_after_a_gap_it_is_time_to_identify_again():
    with fs.Tracker() as tracker:
        frames = [tracker.update([] if 10 <= i < 13 else [face(0.0)], i) for i in range(20)]
        assert [i for i, tracked in enumerate(frames) if tracked and tracked[0].identify] == [1, 13]
        assert [i for i, tracked in enumerate(frames) if tracked and tracked[0].returned] == [13]
    with fs.Tracker(identify_gap=0) as tracker:
        frames = [tracker.update([] if 10 <= i < 13 else [face(0.0)], i) for i in range(20)]
        assert [i for i, tracked in enumerate(frames) if tracked and tracked[0].identify] == [1]


def test_a_host_asks_again_and_says_that_it_is_another():
    with fs.Tracker() as tracker:
        for i in range(3):
            (told,) = tracker.update([face(0.0)], i)
        assert not told.identify
        tracker.identify_again(1)
        assert tracker.update([face(0.0)], 3)[0].identify
        assert tracker.replace(1) == 2
        assert [(track.track, track.seen) for track in tracker.ended] == [(1, 4)]
        (told,) = tracker.update([face(0.0)], 4)
        assert (told.track, told.begun, told.comes, told.identify) == (2, True, False, False)
        for gone in (1, 7):
            with pytest.raises(fs.FaceStyleError, match=f"no track {gone} is followed"):
                tracker.replace(gone)
            with pytest.raises(fs.FaceStyleError, match=f"no track {gone} is followed"):
                tracker.identify_again(gone)


def test_bad_arguments_are_named():
    with pytest.raises(fs.FaceStyleError, match="min overlap 0.0; expected more than 0, at most 1"):
        fs.Tracker(min_overlap=0)
    with pytest.raises(ValueError, match="max_missed is -1"):
        fs.Tracker(max_missed=-1)
    with fs.Tracker() as tracker:
        with pytest.raises(ValueError, match=r"qualities has shape \[2\]"):
            tracker.update([face(0.0)], 0, [1, 2])
        with pytest.raises(fs.FaceStyleError, match="box of 0.0x0.0"):
            tracker.update([fs.Face(np.zeros((5, 2)))], 0)
        tracker.update([], 5)
        with pytest.raises(fs.FaceStyleError, match="time 4.0"):
            tracker.update([], 4)


def test_a_film_of_two_people_has_two_tracks(detector):
    """Two heads cut out of photos move about in front of grey; for three frames one is hidden."""
    heads = []
    for name in ("obama.jpg", "biden.jpg"):
        with fs.Image.open(photo_file(name)) as photo:
            found = max(detector.find(photo), key=lambda f: f.box[2])
            x, y, width, height = found.box
            size = 1.4 * max(width, height)
            left, top = max(0, int(x + width / 2 - size / 2)), max(0, int(y + height / 2 - size / 2))
            with photo.crop(left, top, min(int(size), photo.width - left), min(int(size), photo.height - top)) as cut:
                with cut.resize(110, 110, "area") as head:
                    heads.append(head.to_array())
    tracks, qualities = {}, {}
    with fs.Tracker(max_missed=5) as tracker:
        for frame in range(24):
            film = np.full((240, 480, 3), 128, np.uint8)
            places = [(10 + 8 * frame, 20), (350 - 8 * frame, 120)]
            for i, ((x, y), head) in enumerate(zip(places, heads)):
                if not (i == 0 and frame in (10, 11, 12)):
                    film[y : y + 110, x : x + 110] = head
            with fs.Image.from_array(film) as image:
                faces = detector.find(image)
                scores = [fs.face_quality(image, f).score for f in faces]
                for f, told in zip(faces, tracker.update(faces, frame / 25, scores)):
                    who = 0 if f.box[1] < 100 else 1
                    if told.begun:
                        tracks.setdefault(who, set()).add(told.track)
                    qualities.setdefault(told.track, []).append(told.identify)
        assert len(tracker.finish()) == 2
    assert tracks[0].isdisjoint(tracks[1]) and len(tracks[0]) == len(tracks[1]) == 1
