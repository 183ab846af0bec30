"""What a training writes of its steps."""

from __future__ import annotations

import json
import math
import os
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ._types import PathLike

if TYPE_CHECKING:
    from .training_steps import TrainingProgress


class Log:
    """Lines of JSON, as `plots.read_log` takes them: "step", "loss", "rate", "gradient_norm", "images_per_second", "epoch",
    of a loss that mines "triplets" and "active", of a detector "box", "points", "score", "faces", "cells" and "overlap"."""

    def __init__(self, path: PathLike, done: int) -> None:
        place, kept = Path(os.fsdecode(path)), list[str]()
        # Of a training that was interrupted behind its checkpoint, the steps that are done again go.
        if done and place.exists():
            kept = [line for line in place.read_text().splitlines() if _step_of(line) <= done]
        self.file = open(place, "w", encoding="utf-8", buffering=1)
        self.file.writelines(line + "\n" for line in kept)

    def __enter__(self) -> Log:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.file.close()

    def write(self, now: TrainingProgress) -> None:
        row: dict[str, Any] = {
            "step": now.step, "loss": now.loss, "rate": now.rate, "gradient_norm": now.gradient_norm,
            "images_per_second": round(now.photos_per_second, 2), "epoch": now.epoch,
        }  # fmt: skip
        if now.statistics is not None:
            row.update(triplets=now.statistics.triplets, active=now.statistics.active)
        if now.detection is not None:
            row.update(asdict(now.detection))
        self.file.write(json.dumps(row) + "\n")


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return math.inf  # a line that was cut off
