"""BMP files written by hand, of kinds that Pillow does not write. Source: Microsoft, "Bitmap Storage"."""

import struct

import numpy as np

NONE, RLE8, RLE4, MASKS, JPEG, PNG, ALPHA_MASKS = range(7)


def packed(indices, bits):
    """Rows of indices, the first in the highest bits, each row of whole words of 32 bits."""
    out = b""
    for row in indices:
        ones = (row[:, None].astype(int) >> np.arange(bits)[::-1] & 1).reshape(-1)
        line = np.packbits(ones.astype(np.uint8)).tobytes()
        out += line + b"\0" * (-len(line) % 4)
    return out


def words(pixels, bits):
    """Rows of whole pixels of 16 or 32 bits."""
    out = b""
    for row in pixels:
        line = row.astype("<u2" if bits == 16 else "<u4").tobytes()
        out += line + b"\0" * (-len(line) % 4)
    return out


def written(
    width, height, bits, data, compression=NONE, header=40, colours=None, masks=None, used=0, profile=None, gap=0
):
    """`data`: the rows, the lowest first, the highest if `height` is negative. `colours`: [count, 3]."""
    if header == 12:
        head = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        head = struct.pack("<IiiHHIIiiII", header, width, height, 1, bits, compression, len(data), 2835, 2835, used, 0)
    head = head[:header]
    masks = struct.pack(f"<{len(masks)}I", *masks) if masks else b""
    if header > 40:
        head = (head + masks).ljust(header, b"\0")
        masks = b""
    palette = b""
    for red, green, blue in colours if colours is not None else ():
        palette += bytes([blue, green, red]) + (b"" if header == 12 else b"\0")
    pixels = 14 + len(head) + len(masks) + len(palette) + gap
    if profile is not None:
        assert header == 124
        head = head[:56] + b"DEBM" + head[60:112] + struct.pack("<III", pixels - 14 + len(data), len(profile), 0)
    size = pixels + len(data) + len(profile or b"")
    return b"BM" + struct.pack("<IHHI", size, 0, 0, pixels) + head + masks + palette + b"\0" * gap + data + (profile or b"")
