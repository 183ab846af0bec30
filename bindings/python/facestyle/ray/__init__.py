"""Many photos on many machines, by Ray: `pip install "ray[data]"`.

    photos = ray.data.read_binary_files("s3://bucket/photos", include_paths=True)
    facestyle.ray.embed_photos(photos, cpus=4).write_parquet("s3://bucket/faces")

Each worker process has a library of its own. docs/many-photos.md is the guide."""

import importlib

try:
    import ray  # noqa: F401: whether it is there
except ImportError:
    raise ImportError("facestyle.ray needs Ray, which is not installed; expected `pip install \"ray[data]\"`") from None

_HOMES = {
    "EmbedPhotos": "photos", "embed_photos": "photos", "GallerySink": "galleries", "write_gallery": "galleries",
    "ShardedGallery": "shards", "parquet_rows": "shards", "AllReduce": "training",
}  # fmt: skip

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'facestyle.ray' has no attribute '{name}'")
    return getattr(importlib.import_module("." + _HOMES[name], __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
