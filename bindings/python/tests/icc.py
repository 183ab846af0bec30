"""ICC profiles made by hand, and what they mean worked out with numpy: the references of the tests of colours.

Source: ICC.1:2001-04 (version 2.4), 6.1 (header), 6.4 (tags), 6.5 (curv, XYZ, mft1).
"""

import struct

import numpy as np

D50 = (0.9642, 1.0, 0.8249)


def _columns(primaries, white):
    """Where red, green and blue lie in XYZ under D50, as columns: of chromaticities x, y, adapted by Bradford (annex E)."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
    white = np.array([white[0] / white[1], 1, (1 - sum(white)) / white[1]])
    cones = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
    adapt = np.linalg.inv(cones) @ np.diag(cones @ D50 / (cones @ white)) @ cones
    return adapt @ xyz * np.linalg.solve(xyz, white)


D65 = (0.3127, 0.3290)
SRGB = _columns([(0.64, 0.33), (0.30, 0.60), (0.15, 0.06)], D65)  # IEC 61966-2-1
# Adobe RGB (1998), in the 65536ths that a profile has.
WIDE = np.round(_columns([(0.64, 0.33), (0.21, 0.71), (0.15, 0.06)], D65) * 65536) / 65536


def _fixed(*numbers):
    return b"".join(struct.pack(">i", round(number * 65536)) for number in numbers)


def _profile(kind, space, connection, tags):
    start, table, body, places = 128 + 4 + 12 * len(tags), b"", b"", {}
    for name, data in tags:
        if data not in places:  # curves may be shared
            places[data] = start + len(body)
            body += data + b"\0" * (-len(data) % 4)
        table += name + struct.pack(">II", places[data], len(data))
    head = struct.pack(">I4sI4s4s4s", start + len(body), b"\0" * 4, 0x02400000, kind, space, connection)
    head += struct.pack(">6H", 2001, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28 + _fixed(*D50)
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + body


def _common():
    text = b"made for a test\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + b"\0" * (4 + 4 + 2 + 1 + 67)
    return [(b"desc", description), (b"cprt", b"text\0\0\0\0" + text), (b"wtpt", b"XYZ \0\0\0\0" + _fixed(*D50))]


def curve(gamma):
    return b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256))


def sampled(function, count=1024):
    levels = np.round(65535 * function(np.linspace(0, 1, count))).astype(">u2")
    return b"curv\0\0\0\0" + struct.pack(">I", count) + levels.tobytes()


def rgb(columns=WIDE, tone=None, kind=b"mntr", more=()):
    tone = tone or curve(2.2)
    points = [(name, b"XYZ \0\0\0\0" + _fixed(*columns[:, i])) for i, name in enumerate((b"rXYZ", b"gXYZ", b"bXYZ"))]
    return _profile(kind, b"RGB ", b"XYZ ", _common() + points + [(b"rTRC", tone), (b"gTRC", tone), (b"bTRC", tone), *more])


def program(count):
    """A D2B1 tag: `count` times the same matrix, which makes everything darker. Source: ICC.1:2010, 10.14."""
    start = 16 + 8 * count
    matrix = b"matf\0\0\0\0" + struct.pack(">HH12f", 3, 3, *(0.9, 0, 0, 0, 0.9, 0, 0, 0, 0.9, 0, 0, 0))
    return b"D2B1", b"mpet\0\0\0\0" + struct.pack(">HHI", 3, 3, count) + struct.pack(">II", start, len(matrix)) * count + matrix


def grey(gamma=1.0):
    return _profile(b"mntr", b"GRAY", b"XYZ ", _common() + [(b"kTRC", curve(gamma))])


def cmyk():
    """Inks of which each takes its part of the light: L* from 100 down to 10, a* and b* by the inks' opposites."""
    entries = b""
    for c in (0, 1):
        for m in (0, 1):
            for y in (0, 1):
                for k in (0, 1):
                    lightness = (100 - 20 * c - 25 * m - 5 * y) * (1 - 0.9 * k)
                    a, b = (1 - k) * (-35 * c + 60 * m), (1 - k) * (-40 * c + 70 * y)
                    entries += bytes([round(lightness * 2.55), round(a + 128), round(b + 128)])
    identity = _fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    ramp = bytes(range(256))
    table = b"mft1\0\0\0\0" + bytes([4, 3, 2, 0]) + identity + ramp * 4 + entries + ramp * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", _common() + [(b"A2B0", table), (b"A2B1", table)])


def srgb():
    """sRGB as scanners' and cameras' profiles have it: a curve of 1024 points."""
    return rgb(SRGB, sampled(_linear))


def _linear(v):
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def _encoded(v):
    v = np.clip(v, 0, 1)
    return np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)


def from_gamma(values, gamma, columns=WIDE):
    """sRGB, 0 to 1, of numbers, 0 to 1, under `rgb(columns, curve(gamma))`."""
    gamma = round(gamma * 256) / 256
    return _encoded(values**gamma @ (np.linalg.inv(SRGB) @ columns).T)


def grey_from_gamma(values, gamma):
    return _encoded(values ** (round(gamma * 256) / 256))
