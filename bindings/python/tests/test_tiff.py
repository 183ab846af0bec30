"""TIFF files of all kinds, by Pillow and by hand, against Pillow and against what the format says."""

import io
import struct

import numpy as np
import PIL.Image
import PIL.ImageOps
import pytest

import facestyle as fs
import icc
import pngs
import tiffs
import tolerances
from facestyle import _c

WIDTH, HEIGHT = 21, 17


def noise(*shape, below=256, kind=np.uint8):
    return np.random.default_rng(12).integers(0, below, shape, np.int64).astype(kind)


PIXELS = noise(HEIGHT, WIDTH, 3)
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
SMOOTH = np.stack([10 * x, 12 * y, 255 - 5 * x - 6 * y], -1).astype(np.uint8)


def decoded(file, form="rgb", dtype=np.uint8):
    with fs.Image.decode(file) as image:
        return image.to_array(form, dtype)


def saved(array, **options):
    file = io.BytesIO()
    (array if isinstance(array, PIL.Image.Image) else PIL.Image.fromarray(array)).save(file, "TIFF", **options)
    return file.getvalue()


def by_pillow(file, mode="RGB"):
    return np.asarray(PIL.Image.open(io.BytesIO(file)).convert(mode))


def refused(words, file):
    with pytest.raises(fs.FaceStyleError, match=words) as failure:
        decoded(file)
    assert failure.value.status == _c.FS_BAD_DATA and str(failure.value).startswith("TIFF: ")


# ---- What Pillow writes ----


@pytest.mark.parametrize("compression", [None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "tiff_deflate"])
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA"])
def test_what_pillow_writes_is_read_as_pillow_reads_it(mode, compression):
    picture = PIL.Image.fromarray(noise(HEIGHT, WIDTH, 4), "RGBA")
    picture = picture.convert("RGB").quantize(9) if mode == "P" else picture.convert(mode)
    file = saved(picture, compression=compression)
    assert np.array_equal(decoded(file, "rgba"), by_pillow(file, "RGBA"))


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_faxes(compression):
    file = saved(PIL.Image.fromarray(SMOOTH).convert("1"), compression=compression)
    assert np.array_equal(decoded(file), by_pillow(file))


def test_a_jpeg_inside_becomes_rgb():
    for picture in (PIL.Image.fromarray(SMOOTH), PIL.Image.fromarray(SMOOTH).convert("L")):
        file = saved(picture, compression="jpeg", quality=90)
        assert np.abs(decoded(file).astype(int) - by_pillow(file)).max() <= tolerances.DECODER


def test_luma_and_chroma_become_rgb():
    file = saved(PIL.Image.fromarray(SMOOTH).convert("YCbCr"))
    assert np.abs(decoded(file).astype(int) - SMOOTH).max() <= 3  # roundings of three numbers, times 1.8


def test_inks_are_mixed_as_those_of_a_jpeg():
    inks = noise(HEIGHT, WIDTH, 4)
    file = saved(PIL.Image.fromarray(inks, "CMYK"))
    light = 255 - inks.astype(int)
    assert np.array_equal(decoded(file), (light[..., :3] * light[..., 3:] + 127) // 255)
    deep = tiffs.written(inks.astype(np.uint16) * 257, 16, tiffs.INKS)
    assert np.array_equal(decoded(deep), decoded(file))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["strips", "tiles", "jpeg", "grey 16"])
def test_all_eight_orientations(kind, orientation):
    if kind == "strips":
        file = saved(SMOOTH, tiffinfo={274: orientation})
    elif kind == "tiles":
        file = tiffs.written(SMOOTH, tile=16, orientation=orientation)
    elif kind == "grey 16":
        file = tiffs.written(SMOOTH[..., 0].astype(np.uint16) * 257, 16, tiffs.MIN_IS_BLACK, orientation=orientation)
    else:
        file = saved(SMOOTH, tiffinfo={274: orientation}, compression="jpeg", quality=95)
    source = SMOOTH[..., [0, 0, 0]] if kind == "grey 16" else SMOOTH
    exif = PIL.Image.Exif()
    exif[274] = orientation
    upright = PIL.Image.fromarray(source)
    upright.getexif()[274] = orientation
    wanted = np.asarray(PIL.ImageOps.exif_transpose(upright))
    apart = tolerances.JPEG if kind == "jpeg" else 0
    assert decoded(file).shape == wanted.shape
    assert np.abs(decoded(file).astype(int) - wanted).max() <= apart
    if kind != "grey 16":
        assert np.abs(by_pillow(file).astype(int) - wanted).max() <= apart  # Pillow turns when it loads


# ---- By hand ----


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("layout", [{}, {"rows": 5}, {"tile": 16}, {"compression": tiffs.DEFLATE, "rows": 4}])
@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 12, 16])
def test_rgb_of_every_depth(bits, planes, layout, order):
    samples = noise(HEIGHT, WIDTH, 3, below=1 << bits, kind=np.uint16)
    file = tiffs.written(samples, bits, planes=planes, order=order, **layout)
    white = 255 if bits <= 8 else 65535
    wanted = np.floor(samples * (white / ((1 << bits) - 1)) + 0.5).astype(int)
    with fs.Image.decode(file) as image:
        assert image.bits == (8 if bits <= 8 else 16)
        assert np.array_equal(image.to_array(dtype=np.uint8 if bits <= 8 else np.uint16), wanted)
        exact = np.floor(samples * 255.0 / ((1 << bits) - 1) + 0.5)  # also of 12 bits, not by way of 16 rounded twice
        assert np.array_equal(image.to_array(), exact)


@pytest.mark.parametrize("photometric", [tiffs.MIN_IS_WHITE, tiffs.MIN_IS_BLACK])
@pytest.mark.parametrize("bits", [1, 2, 4, 8, 16])
def test_grey_of_either_sense_at_every_depth(bits, photometric):
    highest = (1 << bits) - 1
    samples = noise(HEIGHT, WIDTH, below=1 << bits, kind=np.uint16)
    file = tiffs.written(samples, bits, photometric)
    light = samples if photometric == tiffs.MIN_IS_BLACK else highest - samples
    deep = bits == 16
    wanted = light if deep else np.floor(light * (255 / highest) + 0.5)
    seen = decoded(file, dtype=np.uint16 if deep else np.uint8)
    assert all(np.array_equal(seen[..., channel], wanted) for channel in range(3))
    if bits in (1, 8):
        assert np.array_equal(by_pillow(file), seen)


@pytest.mark.parametrize("scale", [256, 257, 1])
def test_palettes_as_programs_write_them(scale):
    indices, colours = noise(HEIGHT, WIDTH, below=16), noise(16, 3)
    colours[0] = 255
    table = [int(level) * scale for channel in range(3) for level in colours[:, channel]]
    file = tiffs.written(indices, 4, tiffs.PALETTE, more=[(320, 3, 48, table)])
    assert np.array_equal(decoded(file), colours[indices])


@pytest.mark.parametrize("planes", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_straight_alpha_is_kept(bits, planes):
    samples = noise(HEIGHT, WIDTH, 4, below=1 << bits, kind=np.uint16)
    kind = np.uint8 if bits == 8 else np.uint16
    for alpha in (tiffs.UNASSOCIATED, None):  # programs leave the field out
        seen = decoded(tiffs.written(samples, bits, alpha=alpha, planes=planes), "rgba", kind)
        assert np.array_equal(seen[..., :3], samples[..., :3])
        assert np.array_equal(seen[..., 3] // (1 if bits == 8 else 257), np.round(samples[..., 3] * (255 / ((1 << bits) - 1))))
    with fs.Image.decode(tiffs.written(samples, bits, alpha=0, planes=planes)) as image:
        assert image.alpha is None  # a fourth sample of an unknown kind


@pytest.mark.parametrize("bits", [8, 16])
def test_associated_alpha_is_undone(bits):
    highest = (1 << bits) - 1
    straight = noise(HEIGHT, WIDTH, 4, below=1 << bits, kind=np.int64)
    straight[0, 0, 3] = 0
    premultiplied = straight.copy()
    premultiplied[..., :3] = (straight[..., :3] * straight[..., 3:] + highest // 2) // highest
    kind = np.uint8 if bits == 8 else np.uint16
    seen = decoded(tiffs.written(premultiplied, bits, alpha=tiffs.ASSOCIATED), "rgba", kind).astype(int)
    again = (seen[..., :3] * straight[..., 3:] + highest // 2) // highest
    assert np.array_equal(again, premultiplied[..., :3])
    some = straight[..., 3] > highest // 2
    assert np.abs(seen[..., :3] - straight[..., :3])[some].max() <= 1
    over = np.full((3, 3, 4), highest)
    over[..., 3] = highest // 4  # brighter than its alpha allows
    assert (decoded(tiffs.written(over, bits, alpha=tiffs.ASSOCIATED), "rgba", kind)[..., :3] == highest).all()


def test_grey_with_alpha():
    samples = noise(HEIGHT, WIDTH, 2)
    file = tiffs.written(samples, 8, tiffs.MIN_IS_BLACK, alpha=tiffs.UNASSOCIATED)
    assert np.array_equal(decoded(file, "rgba"), samples[..., [0, 0, 0, 1]])


def test_big_tiffs_and_files_of_several_pictures():
    assert np.array_equal(decoded(tiffs.written(PIXELS, big=True)), PIXELS)
    assert np.array_equal(decoded(tiffs.written(PIXELS, big=True, order=">")), PIXELS)
    file = io.BytesIO()
    first = PIL.Image.fromarray(PIXELS)
    first.save(file, "TIFF", save_all=True, append_images=[PIL.Image.fromarray(SMOOTH)])
    assert np.array_equal(decoded(file.getvalue()), PIXELS)


def test_a_reduced_picture_is_passed_over():
    """Cameras' raw files, and others, put a thumbnail before the picture."""
    file = io.BytesIO()
    PIL.Image.fromarray(PIXELS[:4, :4]).save(
        file, "TIFF", save_all=True, append_images=[PIL.Image.fromarray(SMOOTH)], tiffinfo={254: 1})
    pages = PIL.Image.open(io.BytesIO(file.getvalue()))
    assert pages.tag_v2[254] == 1
    data = bytearray(file.getvalue())
    pages.seek(1)
    if pages.tag_v2.get(254) == 1:  # Pillow gives both the field: take it from the second
        place = struct.unpack("<I", data[4:8])[0]
        count = struct.unpack("<H", data[place : place + 2])[0]
        second = struct.unpack("<I", data[place + 2 + 12 * count : place + 6 + 12 * count])[0]
        data[second + 2 + 8 : second + 2 + 12] = bytes(4)
    assert np.array_equal(decoded(bytes(data)), SMOOTH)
    refused("only reduced pictures", tiffs.written(PIXELS, reduced=True))


@pytest.mark.parametrize("bits", [8, 16])
def test_a_profile_is_applied_as_to_a_png(bits):
    samples = noise(HEIGHT, WIDTH, 3, below=1 << bits, kind=np.uint8 if bits == 8 else np.uint16)
    profile = icc.rgb()
    file = tiffs.written(samples, bits, more=[(34675, 7, len(profile), profile)])
    wanted = decoded(pngs.written(samples, icc=profile), dtype=samples.dtype)
    assert not np.array_equal(wanted, samples) and np.array_equal(decoded(file, dtype=samples.dtype), wanted)
    grey = icc.grey()
    file = tiffs.written(samples[..., 0], bits, tiffs.MIN_IS_BLACK, more=[(34675, 7, len(grey), grey)])
    wanted = decoded(pngs.written(samples[..., :1], icc=grey), dtype=samples.dtype)
    assert np.array_equal(decoded(file, dtype=samples.dtype), wanted)
    file = tiffs.written(samples, bits, more=[(34675, 7, 40, profile[:40])])  # damaged
    assert np.array_equal(decoded(file, dtype=samples.dtype), samples)


# ---- What is refused ----


def test_what_is_not_read_is_refused_by_name():
    ones = np.ones((4, 4, 3))
    refused("floating-point samples", tiffs.written(ones, 32, more=[(339, 3, 3, [3, 3, 3])]))
    refused("floating-point samples", saved(PIL.Image.fromarray(ones[..., 0].astype(np.float32))))
    refused("signed samples", tiffs.written(ones, 16, more=[(339, 3, 3, [2, 2, 2])]))
    refused("32 bits per sample; expected 1 to 16", tiffs.written(ones, 32, more=[(339, 3, 3, [1, 1, 1])]))
    refused("Lab colours; expected grey", tiffs.written(ones, 8, tiffs.LAB))
    refused("Lab colours", saved(PIL.Image.fromarray(PIXELS).convert("LAB")))
    refused("a mask; expected grey", tiffs.written(ones[..., 0], 1, tiffs.MASK))
    refused("raw samples", tiffs.written(ones[..., 0], 16, 32803))
    refused("no palette of 16 bits", tiffs.written(ones[..., 0], 16, tiffs.PALETTE, more=[(320, 3, 3 << 16, bytes(6 << 16))]))
    refused("inks other than", tiffs.written(noise(4, 4, 4), 8, tiffs.INKS, more=[(332, 3, 1, 2)]))
    refused("2 samples per pixel; expected 3", tiffs.written(ones[..., :2], 8))


def test_a_header_that_promises_too_much_is_refused_at_once():
    for width, height, words in (
        (65501, 1, "sides of at most 65500"), (20000, 20000, "at most 268435456"), (2**32 - 1, 2**32 - 1, "TIFF"),
        (16000, 16000, "TIFF"), (0, 5, "TIFF"),
    ):
        for layout in ({}, {"tile": 16}, {"planes": True}):
            file = bytearray(tiffs.written(PIXELS, **layout))
            place = struct.unpack("<I", file[4:8])[0] + 2
            for field in range(place, place + 24, 12):
                tag = struct.unpack("<H", file[field : field + 2])[0]
                if tag in (256, 257):
                    file[field + 8 : field + 12] = struct.pack("<I", width if tag == 256 else height)
            refused(words if not layout.get("tile") else "TIFF", bytes(file))  # of tiles there are too few


def test_truncated_files_are_refused():
    for file in (saved(SMOOTH), saved(SMOOTH, compression="tiff_lzw"), saved(SMOOTH, compression="jpeg"), tiffs.written(SMOOTH)):
        for count in range(4, len(file), 7):
            refused("TIFF: ", file[:count])
