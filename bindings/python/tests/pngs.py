"""PNG files written and read by zlib and numpy alone, 8 or 16 bits, grey to RGBA: Pillow has no 16-bit colours.

Source: PNG specification (third edition), 5, 9 and 11.
"""

import struct
import zlib

import numpy as np

COLOURS = {1: 0, 3: 2, 2: 4, 4: 6}  # channels to colour types


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def written(array, *extra, icc=None):
    """`extra`: chunks before the pixels."""
    array = array if array.ndim == 3 else array[..., None]
    height, width, channels = array.shape
    bits = 8 * array.dtype.itemsize
    rows = array.astype(array.dtype.newbyteorder(">")).reshape(height, -1).view(np.uint8)
    data = zlib.compress(np.hstack([np.zeros((height, 1), np.uint8), rows]).tobytes(), 1)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, COLOURS[channels], 0, 0, 0))
    if icc is not None:
        extra = (chunk(b"iCCP", b"a name\0\0" + zlib.compress(icc)), *extra)
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def chunks(file):
    """[(name, data)]"""
    place, found = 8, []
    while place < len(file):
        (count,) = struct.unpack(">I", file[place : place + 4])
        found.append((file[place + 4 : place + 8], file[place + 8 : place + 8 + count]))
        place += 12 + count
    return found


def read(file):
    """The samples of a file without interlacing, [height, width, channels]."""
    parts = chunks(file)
    width, height, bits, colour, _, _, interlaced = struct.unpack(">IIBBBBB", parts[0][1])
    assert not interlaced and bits in (8, 16)
    channels = {kind: count for count, kind in COLOURS.items()}[colour]
    size = channels * bits // 8  # bytes of a pixel
    data = zlib.decompress(b"".join(data for name, data in parts if name == b"IDAT"))
    rows = np.frombuffer(data, np.uint8).reshape(height, 1 + size * width)
    out = np.zeros((height + 1, size * (width + 1)), np.uint8)  # a row above and a pixel to the left, of zeros
    for y in range(height):
        kind, line = rows[y, 0], rows[y, 1:].astype(int)
        above = out[y].astype(int)
        if kind in (0, 2):
            out[y + 1, size:] = line + (above[size:] if kind == 2 else 0) & 255
            continue
        for x in range(size, size * (width + 1)):
            left, up, corner = int(out[y + 1, x - size]), above[x], above[x - size]
            if kind == 1:
                guess = left
            elif kind == 3:
                guess = (left + up) // 2
            else:
                guess = min((left, up, corner), key=lambda value: abs(left + up - corner - value))
            out[y + 1, x] = line[x - size] + guess & 255
    samples = np.ascontiguousarray(out[1:, size:])
    return samples.view(f">u{bits // 8}").astype(f"u{bits // 8}").reshape(height, width, channels)
