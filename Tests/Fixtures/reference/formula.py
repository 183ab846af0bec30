"""Weights that a script and a Swift test both compute, in place of storing them."""
import numpy as np


def value(name, count):
    """Numbers in -1..<1 that depend on a name and an index."""
    seed = 0
    for byte in name.encode():
        seed = (31 * seed + byte) % 2**32
    z = (seed + np.arange(count, dtype=np.uint64) * np.uint64(2654435761)) % np.uint64(2**32)
    z ^= z >> np.uint64(16)
    z = z * np.uint64(0x45D9F3B) % np.uint64(2**32)
    z ^= z >> np.uint64(16)
    return z.astype(np.float64) / 2**31 - 1
