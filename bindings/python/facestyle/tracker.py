"""Faces followed from frame to frame, so that one person who passes is one event."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Callable

from . import _c
from ._convert import floats, integer, number, pointer
from ._handle import Worker
from ._options import defaults, fill
from ._types import ArrayLike
from .errors import check
from .face import Face, faces_as_c

_EVENTS = _c.FS_TRACK_BEGUN, _c.FS_TRACK_BEST, _c.FS_TRACK_IDENTIFY, _c.FS_TRACK_RETURNED  # in Tracked's order


@dataclass(frozen=True)
class Tracked:
    """What became of a face of a frame. `track` is its track's number, from
    1, or 0 for a face that found no room, and then this is false. `begun`
    is true from the moment on that the track counts; `comes` in that
    moment. `best`: it is the best photo of the track so far; `identify`: it
    is time to find out who it is, as nobody knows, or another may stand
    there now; `returned`: the face is there again after frames without it.
    """

    track: int
    begun: bool
    comes: bool
    best: bool
    identify: bool
    returned: bool

    def __bool__(self) -> bool:
        return self.track != 0


@dataclass(frozen=True, eq=False)
class Track:
    """A track: its number, the frames with its face and since the last of
    them, times, the last `Face`, and the best one with quality, frame (from
    1) and time."""

    track: int
    seen: int
    missed: int
    first_time: float
    last_time: float
    face: Face
    best_quality: float
    best_frame: int
    best_time: float
    best_face: Face
    begun: bool


class Tracker(Worker):
    """Follows faces from frame to frame. None is the library's default:

    - `min_overlap`: intersection over union with the predicted box, above 0
      and at most 1 (0.3).
    - `max_distance`: without such an overlap, of the centres, in sides of
      the larger box (0.6).
    - `max_missed`: frames in a row without the face after which its track
      ends (10).
    - `min_seen`: frames with the face after which its track has begun, 1 or
      more (2).
    - `identify_every`: time between identifications, in the unit of
      `update`; 0: time is no reason (0).
    - `identify_better`: identify again at this many times the quality of
      the last time, above 1 (1.5).
    - `identify_gap`: frames in a row without the face after which to
      identify again, as another person may stand there; 0: never, also not
      when tracks part that may have been exchanged (1).
    - `max_tracks`: at a time, 1 to 1024 (64).
    """

    _destroy = _c.fs_tracker_destroy

    def __init__(
        self, *, min_overlap: float | None = None, max_distance: float | None = None, max_missed: int | None = None,
        min_seen: int | None = None, identify_every: float | None = None, identify_better: float | None = None,
        identify_gap: int | None = None, max_tracks: int | None = None,
    ) -> None:
        options = defaults(_c.fs_tracker_options, _c.fs_tracker_options_init)
        fill(
            options, min_overlap=min_overlap, max_distance=max_distance, max_missed=max_missed, min_seen=min_seen,
            identify_every=identify_every, identify_better=identify_better, identify_gap=identify_gap, max_tracks=max_tracks)
        out = ctypes.POINTER(_c.fs_tracker)()
        check(_c.fs_tracker_create(ctypes.byref(out), ctypes.byref(options)))
        super().__init__(out)

    def update(self, faces: Iterable[Face], time: float, qualities: ArrayLike | None = None) -> list[Tracked]:
        """The next frame's faces, at a time that is never less than the last
        one's: a `Tracked` for each. `qualities` [faces] are their
        `Quality.score`s."""
        given, time = faces_as_c(faces), number(time, "time")
        array, tracked = (_c.fs_face * len(given))(*given), (_c.fs_tracked * len(given))()
        scores = None if qualities is None else floats(qualities, (len(given),), "qualities")
        ranks = None if scores is None else pointer(scores)
        with self._alone():
            check(_c.fs_tracker_update(self.handle, array, ranks, len(given), time, tracked, len(tracked)))
        return [
            Tracked(
                t.track, bool(t.begun), *(bool(t.events & e) for e in _EVENTS))
            for t in tracked
        ]

    def identify_again(self, track: int) -> None:
        """The photo was of no use: the next frame with the face of `track`, a
        number, is the time to identify again."""
        with self._alone():
            check(_c.fs_tracker_identify_again(self.handle, integer(track, "track", 64)))

    def replace(self, track: int) -> int:
        """Another person has taken the place of the one who was followed, as
        their embeddings say: `track`, a number, ends, and its face goes on as a
        new track, whose number is returned."""
        new = ctypes.c_uint64()
        with self._alone():
            check(_c.fs_tracker_replace(self.handle, integer(track, "track", 64), ctypes.byref(new)))
        return new.value

    @property
    def ended(self) -> list[Track]:
        """The tracks that the last `update` or `finish`, and `replace` since,
        ended."""
        return self._list(_c.fs_tracker_ended)

    @property
    def tracks(self) -> list[Track]:
        """The tracks that go on, begun or not."""
        return self._list(_c.fs_tracker_tracks)

    def finish(self) -> list[Track]:
        """Ends all tracks, and returns those that had begun."""
        with self._alone():
            check(_c.fs_tracker_finish(self.handle))
        return self.ended

    def _list(self, function: Callable[..., int]) -> list[Track]:
        count = ctypes.c_size_t()
        with self._alone():
            check(function(self.handle, None, 0, ctypes.byref(count)))
            tracks = (_c.fs_track * count.value)()
            check(function(self.handle, tracks, len(tracks), ctypes.byref(count)))
        return [
            Track(
                t.track, t.seen, t.missed, t.first_time, t.last_time, Face._of(t.face), t.best_quality, t.best_frame,
                t.best_time, Face._of(t.best_face), bool(t.begun))
            for t in tracks
        ]
