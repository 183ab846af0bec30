"""Pictures that change in a notebook."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .style import Progress


class Preview:
    """The picture so far, shown after every so many steps in place of the one before."""

    def __init__(self, every: int) -> None:
        if every < 1:
            raise ValueError(f"preview is {every}; expected steps, 1 or more")
        try:
            ipython: Any = importlib.import_module("IPython")
        except ImportError as error:
            raise ImportError("a preview is shown in a notebook: pip install ipykernel; elsewhere use on_step") from error
        if getattr(ipython.get_ipython(), "kernel", None) is None:
            raise RuntimeError("preview outside of a notebook; expected on_step, and Progress.preview() in it")
        self._every, self._shown = every, 0
        self._place: Any = None

    def step(self, now: Progress) -> None:
        display: Any = importlib.import_module("IPython.display")

        if now.step < self._shown + self._every:
            return
        self._shown = now.step
        with now.preview() as picture:
            shown = display.Image(data=picture.encode("png"))
        if self._place is None:
            self._place = display.display(shown, display_id=True)
        else:
            self._place.update(shown)
