"""Verification sets of InsightFace: `lfw.bin`, `cfp_fp.bin`, `agedb_30.bin` and others in their form.

    python3 -m facestyle.verification_sets lfw.bin -o lfw
    facestyle evaluate --pairs lfw/pairs.csv --images lfw --landmarks lfw/landmarks.json

A file is a pickle of two lists: pictures of aligned faces as JPEG files, two for each pair, and for each pair whether both are
one person. Nothing in it is executed: its instructions are read one by one, and those that make anything but lists, pictures
and labels are refused.
"""

from __future__ import annotations

import argparse
import json
import os
import pickletools
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from ._convert import flag, handle, text
from ._types import NDArray, PathLike
from .convert.recognition import ARCFACE
from .evaluation import LfwResult, Pairs, evaluate_photos
from .face import Face
from .image import Image
from .recognition import Embedder

POINTS = np.reshape(ARCFACE, (5, 2))  # of the face in each picture, which InsightFace aligned
SIDE = 112
MOST_BYTES, MOST_INSTRUCTIONS = 1 << 31, 10_000_000


class SetError(ValueError):
    """Why a file is no verification set."""


@dataclass(frozen=True, eq=False)
class VerificationSet:
    """Pictures of aligned faces, encoded: those of pair i are `pictures[2
    i]` and `pictures[2 i + 1]`; `same` [pairs] tells whether they are one
    person."""

    pictures: list[bytes] = field(repr=False)
    same: NDArray[np.bool_]

    @classmethod
    def open(cls, path: PathLike) -> VerificationSet:
        """Of a `.bin` file. SetError if it is none."""
        place = Path(os.fsdecode(text(path, "path")))
        if place.stat().st_size > MOST_BYTES:
            raise SetError(f"{place} has {place.stat().st_size} bytes; expected at most {MOST_BYTES}")
        try:
            with open(place, "rb") as file:
                return cls._of(_read(file))
        except SetError as error:
            raise SetError(f"{place}: {error}") from None

    @classmethod
    def _of(cls, value: Any) -> VerificationSet:
        if not (isinstance(value, (tuple, list)) and len(value) == 2 and all(isinstance(part, list) for part in value)):
            raise SetError("something else than two lists; expected pictures, and a label for each pair")
        pictures, labels = value
        if not all(isinstance(picture, bytes) for picture in pictures):
            raise SetError("pictures that are no bytes; expected JPEG files")
        if not all(label in (0, 1) for label in labels):
            raise SetError("labels that are neither true nor false; expected one for each pair")
        if not labels or len(pictures) != 2 * len(labels):
            raise SetError(f"{len(pictures)} pictures and {len(labels)} labels; expected two pictures for each")
        return cls(pictures, np.array(labels, bool))

    def __len__(self) -> int:
        return len(self.same)

    @property
    def pairs(self) -> Pairs:
        """The `Pairs`: photos by number, ten folds in the order of the file."""
        count = len(self)
        numbers = np.arange(count)
        names = [f"{i:06}.jpg" for i in range(2 * count)]
        return Pairs(names, 2 * numbers, 2 * numbers + 1, self.same, numbers * min(10, count) // count)

    def evaluate(self, embedder: Embedder, *, flip: bool = False, progress: bool | None = None) -> LfwResult:
        """The `LfwResult` of an embedder: each face is aligned from
        InsightFace's template to its own. With `flip` each and its mirror image
        are embedded, and the mean is taken. `progress` is a bar, by tqdm; None:
        where tqdm is installed."""
        handle(embedder, Embedder, "embedder")
        flag(flip, "flip")
        if progress is not None:
            flag(progress, "progress")
        pairs = self.pairs
        places = {name: i for i, name in enumerate(pairs.photos)}

        def opened(name: str) -> Image:
            return Image.decode(self.pictures[places[name]])

        faces = [aligned_face() if embedder.aligns else None] * len(pairs.photos)
        return evaluate_photos(pairs, opened, "the set", faces, embedder, None, flip, progress)

    def unpack(self, folder: PathLike) -> None:
        """Writes each picture as a file, `pairs.csv` and `landmarks.json`,
        which `facestyle evaluate` reads."""
        target = Path(os.fsdecode(text(folder, "folder")))
        target.mkdir(parents=True, exist_ok=True)
        pairs = self.pairs
        for name, picture in zip(pairs.photos, self.pictures):
            (target / name).write_bytes(picture)
        points = {"landmarks": POINTS.tolist()}
        (target / "landmarks.json").write_text(json.dumps({name: points for name in pairs.photos}))
        lines = ["first,second,same,fold"]
        for i, same in enumerate(self.same):
            lines.append(f"{pairs.photos[2 * i]},{pairs.photos[2 * i + 1]},{int(same)},{pairs.folds[i]}")
        (target / "pairs.csv").write_text("\n".join(lines) + "\n")


def aligned_face() -> Face:
    """The face in an aligned picture: InsightFace's points, in a box of the
    whole picture."""
    return Face(POINTS, (0.0, 0.0, float(SIDE), float(SIDE)))


def _read(file: IO[bytes]) -> Any:
    """The object of a pickle that is made of lists, tuples, bytes, numbers
    and truth values alone."""
    stack: list[Any] = []
    marks: list[int] = []
    memo: dict[Any, Any] = {}
    constants = {"NEWTRUE": True, "NEWFALSE": False, "NONE": None}
    values = {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BINSTRING", "SHORT_BINSTRING", "BININT", "BININT1", "BININT2", "LONG1"}
    count = 0
    try:
        for opcode, argument, _ in pickletools.genops(file):
            name, count = opcode.name, count + 1
            if count > MOST_INSTRUCTIONS:
                raise SetError(f"more than {MOST_INSTRUCTIONS} instructions; expected a set of pairs")
            if name in ("PROTO", "FRAME"):
                continue
            if name == "STOP":
                break
            if name in constants:
                stack.append(constants[name])
            elif name in values:  # texts of Python 2 are bytes
                stack.append(argument.encode("latin-1") if isinstance(argument, str) else argument)
            elif name == "EMPTY_LIST":
                stack.append([])
            elif name == "EMPTY_TUPLE":
                stack.append(())
            elif name == "MARK":
                marks.append(len(stack))
            elif name == "APPEND":
                last = stack.pop()
                stack[-1].append(last)
            elif name in ("APPENDS", "TUPLE", "LIST"):
                start = marks.pop()
                items = stack[start:]
                del stack[start:]
                if name == "APPENDS":
                    stack[-1].extend(items)
                else:
                    stack.append(tuple(items) if name == "TUPLE" else items)
            elif name in ("TUPLE1", "TUPLE2", "TUPLE3"):
                size = int(name[-1])
                items = stack[-size:]
                del stack[-size:]
                stack.append(tuple(items))
            elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
                memo[argument] = stack[-1]
            elif name == "MEMOIZE":
                memo[len(memo)] = stack[-1]
            elif name in ("BINGET", "LONG_BINGET", "GET"):
                stack.append(memo[argument])
            else:
                raise SetError(f"pickle instruction {name}; expected lists of pictures and labels alone")
        (value,) = stack
        return value
    except SetError:
        raise
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError) as error:
        raise SetError(f"damaged: {' '.join(str(error).split())[:120]}; expected a pickle of pictures and labels") from None


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python3 -m facestyle.verification_sets", description="Unpack a verification set of InsightFace for `facestyle evaluate`.")
    parser.add_argument("set", type=Path, metavar="FILE", help="a .bin file")
    parser.add_argument("-o", "--output", required=True, type=Path, metavar="FOLDER", help="for photos, pairs.csv and landmarks.json")
    options = parser.parse_args(arguments)
    try:
        opened = VerificationSet.open(options.set)
        opened.unpack(options.output)
    except (SetError, OSError) as error:
        sys.exit(f"facestyle.verification_sets: {error}")
    print(f"{options.output}: {len(opened)} pairs, {int(opened.same.sum())} of one person")


if __name__ == "__main__":
    main()
