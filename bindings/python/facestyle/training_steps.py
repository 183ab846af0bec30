"""What a training tells of its steps."""

from __future__ import annotations

from dataclasses import dataclass

from .detection import DetectionParts
from .losses import MiningStatistics


@dataclass(frozen=True)
class TrainingStep:
    """What a step did: `loss`, the `rate` it took, the length of all
    gradients before it was shortened, what mining found, for a loss that
    mines, and the parts of a detector's loss."""

    loss: float
    rate: float
    gradient_norm: float
    statistics: MiningStatistics | None = None
    detection: DetectionParts | None = None


@dataclass(frozen=True)
class TrainingProgress:
    """What `run` tells: `step` of `steps` done, in `epoch` (from 0), and
    what this step did; `photos` is how many there are to learn from. While
    photos are read, before the first step (`is_reading`), it counts them,
    and all others are 0."""

    step: int
    steps: int
    epoch: int
    photos: int
    is_reading: bool
    loss: float
    rate: float
    gradient_norm: float
    photos_per_second: float
    statistics: MiningStatistics | None = None
    detection: DetectionParts | None = None
    faces_per_second: float = 0.0
