"""Faces followed from frame to frame, so that one person who passes is one event."""

import ctypes
from dataclasses import dataclass

from . import _c
from ._convert import floats, integer, number, pointer
from ._handle import Handle
from .errors import check
from .recognition import Face, faces_as_c


_EVENTS = _c.FS_TRACK_BEGUN, _c.FS_TRACK_BEST, _c.FS_TRACK_IDENTIFY, _c.FS_TRACK_RETURNED  # in Tracked's order


@dataclass(frozen=True)
class Tracked:
    """What became of a face of a frame. `track` is its track's number, from 1, or 0 for a face that found no room, and then this is
    false. `begun` is true from the moment on that the track counts; `comes` in that moment. `best`: it is the best photo of the
    track so far; `identify`: it is time to find out who it is, as nobody knows, or another may stand there now; `returned`:
    the face is there again after frames without it."""

    track: int
    begun: bool
    comes: bool
    best: bool
    identify: bool
    returned: bool

    def __bool__(self):
        return self.track != 0


@dataclass(frozen=True, eq=False)
class Track:
    """A track: its number, the frames with its face and since the last of them, times, the last `Face`, and the best one
    with quality, frame (from 1) and time."""

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


class Tracker(Handle):
    """Follows faces. Options that are not given keep the library's defaults: see fs_tracker_options in the header."""

    _destroy = _c.fs_tracker_destroy

    def __init__(
        self, *, min_overlap=None, max_distance=None, max_missed=None, min_seen=None, identify_every=None,
        identify_better=None, identify_gap=None, max_tracks=None,
    ):
        options = _c.fs_tracker_options()
        check(_c.fs_tracker_options_init(ctypes.byref(options), ctypes.sizeof(options)))
        for name, value in {
            "min_overlap": min_overlap, "max_distance": max_distance, "identify_every": identify_every,
            "identify_better": identify_better,
        }.items():
            if value is not None:
                setattr(options, name, number(value, name))
        for name, value in {
            "max_missed": max_missed, "min_seen": min_seen, "identify_gap": identify_gap, "max_tracks": max_tracks,
        }.items():
            if value is not None:
                setattr(options, name, integer(value, name))
        out = ctypes.POINTER(_c.fs_tracker)()
        check(_c.fs_tracker_create(ctypes.byref(out), ctypes.byref(options)))
        super().__init__(out)

    def update(self, faces, time, qualities=None):
        """The next frame's faces, at a time that is never less than the last one's: a `Tracked` for each."""
        faces, time = faces_as_c(faces), number(time, "time")
        array = (_c.fs_face * len(faces))(*faces)
        if qualities is not None:
            qualities = pointer(floats(qualities, (len(faces),), "qualities"))
        tracked = (_c.fs_tracked * len(faces))()
        check(_c.fs_tracker_update(self.handle, array, qualities, len(faces), time, tracked, len(tracked)))
        return [
            Tracked(
                t.track, bool(t.begun), *(bool(t.events & e) for e in _EVENTS))
            for t in tracked
        ]

    def identify_again(self, track):
        """The photo was of no use: the next frame with the face of `track`, a number, is the time to identify again."""
        check(_c.fs_tracker_identify_again(self.handle, integer(track, "track", 64)))

    def replace(self, track):
        """Another person has taken the place of the one who was followed, as their embeddings say: `track`, a number, ends, and its
        face goes on as a new track, whose number is returned."""
        new = ctypes.c_uint64()
        check(_c.fs_tracker_replace(self.handle, integer(track, "track", 64), ctypes.byref(new)))
        return new.value

    @property
    def ended(self):
        """The tracks that the last `update` or `finish`, and `replace` since, ended."""
        return self._list(_c.fs_tracker_ended)

    @property
    def tracks(self):
        """The tracks that go on, begun or not."""
        return self._list(_c.fs_tracker_tracks)

    def finish(self):
        """Ends all tracks, and returns those that had begun."""
        check(_c.fs_tracker_finish(self.handle))
        return self.ended

    def _list(self, function):
        count = ctypes.c_size_t()
        check(function(self.handle, None, 0, ctypes.byref(count)))
        tracks = (_c.fs_track * count.value)()
        check(function(self.handle, tracks, len(tracks), ctypes.byref(count)))
        return [
            Track(
                t.track, t.seen, t.missed, t.first_time, t.last_time, Face._of(t.face), t.best_quality, t.best_frame,
                t.best_time, Face._of(t.best_face), bool(t.begun))
            for t in tracks
        ]
