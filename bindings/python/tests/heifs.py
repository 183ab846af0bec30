"""Properties (clap, irot, imir) added to HEIC and AVIF files that others wrote. Source: ISO/IEC 14496-12, 8.11."""

import struct


def box(name, data):
    return struct.pack(">I", 8 + len(data)) + name + data


def irot(turns):
    """Quarters of a turn against the clock."""
    return box(b"irot", bytes([turns]))


def imir(axis):
    """0: top and bottom exchanged; 1: left and right."""
    return box(b"imir", bytes([axis]))


def clap(width, height, right, down):
    """The middle part, moved by these halves of a pixel."""
    return box(b"clap", struct.pack(">8i", width, 1, height, 1, right, 2, down, 2))


def boxes(data):
    """[(name, content)]"""
    place, found = 0, []
    while place < len(data):
        size = int.from_bytes(data[place : place + 4], "big")
        found.append((data[place + 4 : place + 8], data[place + 8 : place + size]))
        place += size
    return found


def joined(parts):
    return b"".join(box(name, data) for name, data in parts)


def with_properties(file, *properties):
    """The file whose primary picture has these properties behind its own."""
    parts = dict(boxes(file))
    version, meta = parts[b"meta"][:4], dict(boxes(parts[b"meta"][4:]))
    (primary,) = struct.unpack(">H", meta[b"pitm"][4:6])
    iprp = dict(boxes(meta[b"iprp"]))
    first = len(boxes(iprp[b"ipco"])) + 1
    iprp[b"ipco"] += b"".join(properties)
    iprp[b"ipma"] = _associated(iprp[b"ipma"], primary, range(first, first + len(properties)))
    before, meta[b"iprp"] = len(meta[b"iprp"]), joined(iprp.items())
    meta[b"iloc"] = _moved(meta[b"iloc"], len(meta[b"iprp"]) - before)
    parts[b"meta"] = version + joined(meta.items())
    return joined(parts.items())


def _associated(ipma, item, numbers):
    (count,) = struct.unpack(">I", ipma[4:8])
    place, out = 8, ipma[:8]
    for _ in range(count):
        number, known = struct.unpack(">HB", ipma[place : place + 3])
        entry = ipma[place + 3 : place + 3 + known]
        place += 3 + known
        if number == item:
            entry += bytes(0x80 | number for number in numbers)  # essential
        out += struct.pack(">HB", number, len(entry)) + entry
    return out


def _moved(iloc, distance):
    """Places in the file, behind a box that grew."""
    version, base_size = iloc[0], iloc[5] >> 4
    assert version in (0, 1) and iloc[4] == 0x44 and base_size in (0, 4)
    (count,) = struct.unpack(">H", iloc[6:8])
    place, out = 8, bytearray(iloc)
    for _ in range(count):
        in_file = version == 0 or iloc[place + 3] & 15 == 0
        place += 4 + 2 * version + base_size
        (extents,) = struct.unpack(">H", iloc[place : place + 2])
        place += 2
        for _ in range(extents):
            (offset,) = struct.unpack(">I", iloc[place : place + 4])
            if in_file:
                out[place : place + 4] = struct.pack(">I", offset + distance)
            place += 8
    return bytes(out)
