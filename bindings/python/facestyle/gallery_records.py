"""What a gallery answers."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Match:
    """Who it is: `name`, or None for a stranger; as a truth value, whether
    it is `known`. `nearest` is the nearest person, who is it if near
    enough, and far enough before the next; `ambiguous` if near enough
    alone. `nearest` and `photo`, the number of that person's nearest photo,
    are None in an empty gallery, `runner_up` where there is nobody else;
    `votes` are of the rule "vote". `reasons` are texts: why the face of the
    photo is too bad for a sure answer."""

    known: bool
    name: str | None
    nearest: str | None
    distance: float
    threshold: float
    ambiguous: bool
    runner_up: str | None
    runner_up_distance: float
    margin: float
    photo: int | None
    votes: int
    reasons: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.known


@dataclass(frozen=True)
class Neighbour:
    """A photo near to an embedding. `photo` counts from 0 in the order of
    adding, and is the photo's for good."""

    name: str
    distance: float
    photo: int


@dataclass(frozen=True)
class Enrolment:
    """What adding a photo told, as a truth value whether it was added: its
    number, None if it was not; and, if a photo of somebody else is so near
    that it may be the same person's, whose it is and how near."""

    photo: int | None
    other: str | None
    distance: float

    def __bool__(self) -> bool:
        return self.photo is not None  # the first photo's number is 0


@dataclass(frozen=True)
class GalleryReport:
    """What adding many photos told: how many came, how many were there
    already, and how many of those that came may be the same person's as
    photos under other names."""

    added: int
    present: int
    conflicts: int


@dataclass(frozen=True)
class Person:
    """`created` is when the first photo came, in seconds since 1970."""

    name: str
    photos: int
    created: int


@dataclass(frozen=True)
class GalleryPhoto:
    """A photo of a gallery: its number, whose it is, when it came in
    seconds since 1970, and its note."""

    photo: int
    name: str
    created: int
    note: str
