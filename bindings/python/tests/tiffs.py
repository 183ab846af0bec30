"""TIFF files written by hand, of kinds that Pillow does not write. Source: TIFF 6.0; BigTIFF."""

import struct
import zlib

import numpy as np

MIN_IS_WHITE, MIN_IS_BLACK, RGB, PALETTE, MASK, INKS, YCBCR, LAB = 0, 1, 2, 3, 4, 5, 6, 8
ASSOCIATED, UNASSOCIATED = 1, 2
DEFLATE = 8


def packed(rows, bits, order):
    """Samples [rows, count], the first in the highest bits, each row of whole bytes."""
    if bits == 16:
        return rows.astype(order + "u2").tobytes()
    if bits == 32:
        return rows.astype(order + "f4").tobytes()
    out = b""
    for row in rows:
        ones = (row[:, None].astype(int) >> np.arange(bits)[::-1] & 1).reshape(-1)
        out += np.packbits(ones.astype(np.uint8)).tobytes()
    return out


def written(
    samples, bits=8, photometric=RGB, planes=False, tile=None, rows=None, order="<", big=False, compression=1, alpha=None,
    orientation=None, more=(), reduced=False, next=b"",
):
    """`samples`: [height, width, channels], of `bits` each. `tile`: the side of tiles; `rows`: of a strip. `more`: further
    fields (tag, type, count, value or bytes)."""
    samples = samples if samples.ndim == 3 else samples[..., None]
    height, width, channels = samples.shape
    layers = [samples[..., c : c + 1] for c in range(channels)] if planes else [samples]
    blocks = []
    for layer in layers:
        if tile:
            for top in range(0, height, tile):
                for left in range(0, width, tile):
                    part = layer[top : top + tile, left : left + tile]
                    part = np.pad(part, ((0, tile - part.shape[0]), (0, tile - part.shape[1]), (0, 0)), constant_values=1)
                    blocks.append(packed(part.reshape(tile, -1), bits, order))
        else:
            for top in range(0, height, rows or height):
                part = layer[top : top + (rows or height)]
                blocks.append(packed(part.reshape(len(part), -1), bits, order))
    if compression == DEFLATE:
        blocks = [zlib.compress(block) for block in blocks]
    start = 16 if big else 8
    places, data = [], b""
    for block in blocks:
        places.append(start + len(data))
        data += block + b"\0" * (len(block) % 2)
    kind, word = ("Q", 16) if big else ("I", 4)
    fields = [
        (256, 4, 1, width), (257, 4, 1, height), (258, 3, channels, [bits] * channels), (259, 3, 1, compression),
        (262, 3, 1, photometric), (277, 3, 1, channels), (284, 3, 1, 2 if planes else 1), *more]
    if tile:
        fields += [(322, 4, 1, tile), (323, 4, 1, tile), (324, word, len(blocks), places)]
        fields += [(325, 4, len(blocks), [len(block) for block in blocks])]
    else:
        fields += [(273, word, len(blocks), places), (278, 4, 1, rows or height)]
        fields += [(279, 4, len(blocks), [len(block) for block in blocks])]
    if alpha is not None:
        fields.append((338, 3, 1, alpha))
    if orientation is not None:
        fields.append((274, 3, 1, orientation))
    if reduced:
        fields.append((254, 4, 1, 1))
    directory, values = start + len(data), b""
    size, room = (20, 8) if big else (12, 4)
    table = struct.pack(order + ("Q" if big else "H"), len(fields))
    behind = directory + len(table) + size * len(fields) + room
    for tag, form, count, value in sorted(fields, key=lambda field: field[0]):
        if not isinstance(value, bytes):
            letter = {1: "B", 3: "H", 4: "I", 16: "Q"}[form]
            value = struct.pack(f"{order}{count}{letter}", *(value if isinstance(value, list) else [value]))
        if len(value) > room:
            place = behind + len(values)
            values += value + b"\0" * (len(value) % 2)
            value = struct.pack(order + kind, place)
        table += struct.pack(order + "HH" + kind, tag, form, count) + value.ljust(room, b"\0")
    end = struct.pack(order + kind, behind + len(values) if next else 0)
    mark = b"II" if order == "<" else b"MM"
    head = mark + (struct.pack(order + "HHHQ", 43, 8, 0, directory) if big else struct.pack(order + "HI", 42, directory))
    assert not next or not big
    return head + data + table + end + values + next
