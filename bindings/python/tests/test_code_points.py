"""PNG files with a cICP chunk, beside the formulas of ITU-T H.273, BT.2100 and IEC 61966-2-1 in numpy."""

import io
import struct

import numpy as np
import PIL.Image
import pytest

import facestyle as fs
import icc
import pngs
import tolerances

D65, C, DCI = (0.3127, 0.3290), (0.310, 0.316), (0.314, 0.351)
# ITU-T H.273, table 2: red, green, blue, white.
PRIMARIES = {
    1: [(0.640, 0.330), (0.300, 0.600), (0.150, 0.060), D65],
    4: [(0.670, 0.330), (0.210, 0.710), (0.140, 0.080), C],
    5: [(0.640, 0.330), (0.290, 0.600), (0.150, 0.060), D65],
    6: [(0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65],
    7: [(0.630, 0.340), (0.310, 0.595), (0.155, 0.070), D65],
    8: [(0.681, 0.319), (0.243, 0.692), (0.145, 0.049), C],
    9: [(0.708, 0.292), (0.170, 0.797), (0.131, 0.046), D65],
    11: [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060), DCI],
    12: [(0.680, 0.320), (0.265, 0.690), (0.150, 0.060), D65],
    22: [(0.630, 0.340), (0.295, 0.605), (0.155, 0.077), D65],
}


def srgb(v):
    return np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)


def encoded(v):
    v = np.clip(v, 0, 1)
    return np.where(v <= 0.0031308, 12.92 * v, 1.055 * v ** (1 / 2.4) - 0.055)


def pq(v):
    """cd/m2. BT.2100-2, table 4."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    root = v ** (1 / m2)
    return 10000 * (np.maximum(root - c1, 0) / (c2 - c3 * root)) ** (1 / m1)


def hlg(v):
    """cd/m2 on a display of 1000, whose gamma is 1.2. BT.2100-2, table 5."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(v <= 0.5, v**2 / 3, (np.exp((v - c) / a) + b) / 12)
    luminance = scene @ [0.2627, 0.6780, 0.0593]
    return 1000 * np.maximum(luminance, 1e-30)[..., None] ** 0.2 * scene


CURVES = {code: srgb for code in (1, 6, 11, 13, 14, 15)}
CURVES |= {4: lambda v: v**2.2, 5: lambda v: v**2.8, 8: lambda v: v, 16: lambda v: pq(v) / 203, 18: lambda v: hlg(v) / 203}


def wanted(values, primaries, transfer):
    """sRGB of numbers from 0 to 1; adaptation of white by way of D50, as icc.py has it."""
    *points, white = PRIMARIES[primaries]
    light = CURVES[transfer](values) @ (np.linalg.inv(icc.SRGB) @ icc._columns(points, white)).T
    return encoded(light)


def cicp(*codes):
    return pngs.chunk(b"cICP", bytes(codes))


def gama(value):
    return pngs.chunk(b"gAMA", struct.pack(">I", value))


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(5).integers(0, np.iinfo(dtype).max + 1, shape, dtype)


def decoded(file, *arguments):
    with fs.Image.decode(file) as image:
        return image.to_array(*arguments)


def greys(*levels, dtype=np.uint8):
    return np.repeat(np.array(levels, dtype)[None, :, None], 3, 2)


# ---- Which chunk counts ----

FFMPEG_7 = gama(50994)  # what it writes beside cICP 1 1 0 1


def test_a_frame_of_bt709_video_keeps_its_numbers():
    array = noise(24, 32, 3)
    for codes in ([1, 1, 0, 1], [1, 6, 0, 1], [1, 13, 0, 1], [1, 14, 0, 1], [2, 1, 0, 1]):  # 2: primaries not specified
        for extra in ([cicp(*codes), FFMPEG_7], [FFMPEG_7, cicp(*codes)], [cicp(*codes)]):
            assert np.array_equal(decoded(pngs.written(array, *extra)), array)
    deep = noise(24, 32, 3, dtype=np.uint16)
    assert np.array_equal(decoded(pngs.written(deep, cicp(1, 1, 0, 1), FFMPEG_7), "rgb", np.uint16), deep)
    assert not np.array_equal(decoded(pngs.written(array, FFMPEG_7)), array)


def test_code_points_go_before_a_profile_and_a_profile_before_gamma():
    array = noise(24, 32, 3)
    display_p3 = decoded(pngs.written(array, cicp(12, 13, 0, 1)))
    assert not np.array_equal(display_p3, array)
    standard = pngs.chunk(b"sRGB", b"\0")
    for extra in ([standard], [standard, FFMPEG_7], [gama(100000)]):
        assert np.array_equal(decoded(pngs.written(array, cicp(12, 13, 0, 1), *extra)), display_p3)
        assert np.array_equal(decoded(pngs.written(array, *extra, cicp(12, 13, 0, 1), icc=icc.rgb())), display_p3)
    assert np.array_equal(decoded(pngs.written(array, cicp(1, 13, 0, 1), icc=icc.rgb())), array)
    profiled = decoded(pngs.written(array, icc=icc.rgb()))
    assert np.array_equal(decoded(pngs.written(array, gama(100000), icc=icc.rgb())), profiled)
    # A profile that moves nothing is a profile all the same.
    for value in (100000, 50994, 45455):
        assert np.array_equal(decoded(pngs.written(array, gama(value), icc=icc.srgb())), array)
        assert np.array_equal(decoded(pngs.written(array, standard, gama(value))), array)
        assert np.array_equal(decoded(pngs.written(array, gama(value), standard)), array)


@pytest.mark.parametrize(
    "data",
    [b"", b"\1\1\0", b"\1\1\0\1\0"]
    + [bytes([primaries, 13, 0, 1]) for primaries in (0, 3, 10, 13, 255)]
    + [bytes([12, transfer, 0, 1]) for transfer in (0, 2, 3, 7, 12, 17, 19, 255)]
    + [b"\x0c\x0d\1\1", b"\x0c\x0d\x09\1", b"\x0c\x0d\0\2"],
)
def test_code_points_that_are_not_known_are_none(data):
    array, chunk = noise(24, 32, 3), pngs.chunk(b"cICP", data)
    assert np.array_equal(decoded(pngs.written(array, chunk)), array)
    assert np.array_equal(decoded(pngs.written(array, chunk, gama(100000))), decoded(pngs.written(array, gama(100000))))
    assert np.array_equal(decoded(pngs.written(array, chunk, icc=icc.rgb())), decoded(pngs.written(array, icc=icc.rgb())))


def test_a_chunk_that_is_broken_or_late_is_none():
    array, chunk = noise(24, 32, 3), cicp(12, 13, 0, 1)
    for broken in (chunk[:-1] + bytes([chunk[-1] ^ 1]), chunk[:8] + b"\x09" + chunk[9:]):
        assert np.array_equal(decoded(pngs.written(array, broken)), array)
    plain = pngs.written(array)
    assert np.array_equal(decoded(plain[:-12] + chunk + plain[-12:]), array)
    # The first one counts.
    both = decoded(pngs.written(array, chunk, cicp(9, 13, 0, 1)))
    assert np.array_equal(both, decoded(pngs.written(array, chunk)))


# ---- What the numbers become ----


@pytest.mark.parametrize("primaries, transfer", [(p, t) for p in PRIMARIES for t in CURVES if t != 18 or p == 9])
def test_colours_become_srgb(primaries, transfer):
    array, deep = noise(40, 50, 3), noise(40, 50, 3, dtype=np.uint16)
    array[0, :2], deep[0, :2] = [[0], [255]], [[0], [65535]]
    chunk = cicp(primaries, transfer, 0, 1)
    seen = decoded(pngs.written(array, chunk))
    assert np.abs(seen - 255 * wanted(array / 255, primaries, transfer)).max() <= tolerances.LEVEL
    seen = decoded(pngs.written(deep, chunk), "rgb", np.uint16)
    assert np.abs(seen - 65535 * wanted(deep / 65535, primaries, transfer)).max() <= tolerances.COLOUR_16
    assert not seen[0, 0].any() and (seen[0, 1] == 65535).all()


def test_greys_of_pq_and_hlg_are_light_of_which_203_is_white():
    # BT.2100's formulas: PQ 0.25, 0.5 and 0.58 are 5.15, 92.25 and 201.7 cd/m2; HLG 0.25, 0.5, 0.58 and 0.75 are 9.6, 50.7,
    # 76.1 and 203.1 on a display of 1000. Divided by 203 and through sRGB's curve: 255 (1.055 L^(1 / 2.4) - 0.055).
    codes = [round(65535 * share) for share in (0, 0.25, 0.5, 0.58, 0.75, 1)]
    for transfer, levels in ((16, [0, 44, 180, 254, 255, 255]), (18, [0, 61, 137, 165, 255, 255])):
        seen = decoded(pngs.written(greys(*codes, dtype=np.uint16), cicp(9, transfer, 0, 1)))
        assert seen[0, :, 0].tolist() == seen[0, :, 1].tolist() == seen[0, :, 2].tolist() == levels
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for transfer in (16, 18):
        seen = decoded(pngs.written(levels, cicp(9, transfer, 0, 1)))  # a grey file
        assert np.array_equal(seen, decoded(pngs.written(np.repeat(levels[..., None], 3, 2), cicp(9, transfer, 0, 1))))
        assert (np.diff(seen[..., 0].ravel().astype(int)) >= 0).all() and seen.max() == 255


@pytest.mark.parametrize("codes", [(1, 1), (12, 13), (9, 16)])
def test_a_narrow_range_lies_between_16_and_235(codes):
    array = noise(24, 32, 3)
    narrow = np.clip((array - 16.0) / 219, 0, 1)
    seen = decoded(pngs.written(array, cicp(*codes, 0, 0)))
    assert np.abs(seen - 255 * wanted(narrow, *codes)).max() <= tolerances.LEVEL
    deep = noise(24, 32, 3, dtype=np.uint16)
    narrow = np.clip((deep / 256 - 16) / 219, 0, 1)  # H.273, 8.3: 219 and 16 times 2^(bits - 8)
    seen = decoded(pngs.written(deep, cicp(*codes, 0, 0)), "rgb", np.uint16)
    assert np.abs(seen - 65535 * wanted(narrow, *codes)).max() <= tolerances.COLOUR_16
    assert decoded(pngs.written(greys(0, 16, 235, 255), cicp(*codes, 0, 0)))[0, :, 0].tolist() == [0, 0, 255, 255]


def test_alpha_palettes_and_many_pixels():
    rgba = noise(24, 32, 4)
    seen = decoded(pngs.written(rgba, cicp(9, 16, 0, 1)), "rgba")
    assert np.array_equal(seen[..., 3], rgba[..., 3])
    assert np.abs(seen[..., :3] - 255 * wanted(rgba[..., :3] / 255, 9, 16)).max() <= tolerances.LEVEL
    file = io.BytesIO()
    palette = PIL.Image.fromarray(noise(24, 32, 3)).quantize(16)
    palette.save(file, "PNG")
    plain = file.getvalue()
    seen = decoded(plain[:33] + cicp(12, 13, 0, 1) + plain[33:])
    assert np.abs(seen - 255 * wanted(np.asarray(palette.convert("RGB")) / 255, 12, 13)).max() <= tolerances.LEVEL
    large = noise(500, 700, 3)  # many slices, each on a thread of its own
    seen = decoded(pngs.written(large, cicp(12, 13, 0, 1)))
    assert np.abs(seen - 255 * wanted(large / 255, 12, 13)).max() <= tolerances.LEVEL
