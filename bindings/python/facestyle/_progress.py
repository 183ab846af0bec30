"""Bars of progress, by tqdm: in terminals as text, in notebooks as widgets."""

from __future__ import annotations

from types import TracebackType
from typing import Any


class _Silent:
    """A bar that nobody sees."""

    n = 0

    def __enter__(self) -> _Silent:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass

    def update(self, count: int) -> None:
        self.n += count

    def set_description_str(self, text: str, refresh: bool = True) -> None:
        pass


def bar(total: int, wanted: bool | None, unit: str = "photo", done: int = 0) -> Any:
    """A bar of `total` units, `done` of them at the start. If None is wanted it is seen where tqdm is installed."""
    if wanted is None or wanted:
        try:
            from tqdm.auto import tqdm
        except ImportError as error:
            if wanted:
                raise ImportError("a bar of progress needs tqdm: pip install tqdm") from error
        else:
            return tqdm(total=total, initial=done, unit=unit)
    return _Silent()
