"""BMP files, of every kind that there is, against Pillow and against what the format says."""

import io
import struct

import numpy as np
import PIL.Image
import pytest

import bmps
import facestyle as fs
import icc
import pngs
from facestyle import _c

WIDTH, HEIGHT = 13, 9


def noise(*shape, below=256):
    return np.random.default_rng(11).integers(0, below, shape, np.uint32)


PIXELS = noise(HEIGHT, WIDTH, 3).astype(np.uint8)


def decoded(file, form="rgb"):
    with fs.Image.decode(file) as image:
        return image.to_array(form)


def by_pillow(file):
    return np.asarray(PIL.Image.open(io.BytesIO(file)).convert("RGB"))


def refused(words, file):
    with pytest.raises(fs.FaceStyleError, match=words) as failure:
        decoded(file)
    assert failure.value.status == _c.FS_BAD_DATA and str(failure.value).startswith("BMP: ")


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA"])
def test_what_pillow_writes_is_read_as_pillow_reads_it(mode):
    picture, file = PIL.Image.fromarray(PIXELS), io.BytesIO()
    (picture.quantize(7) if mode == "P" else picture.convert(mode)).save(file, "BMP")
    assert np.array_equal(decoded(file.getvalue()), by_pillow(file.getvalue()))
    with fs.Image.decode(file.getvalue()) as image:
        assert image.alpha is None  # 32 bits without a mask have none


@pytest.mark.parametrize("header", [12, 16, 40, 52, 56, 64, 108, 124])
@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_indices_of_every_size_under_every_header(bits, header):
    indices, colours = noise(HEIGHT, WIDTH, below=1 << bits), noise(1 << bits, 3).astype(np.uint8)
    data = bmps.packed(indices[::-1], bits)
    file = bmps.written(WIDTH, HEIGHT, bits, data, header=header, colours=colours)
    assert np.array_equal(decoded(file), colours[indices])
    if header in (12, 40, 52, 56, 64, 108, 124) and bits != 2:
        assert np.array_equal(by_pillow(file), colours[indices])


def test_rows_from_the_top_and_the_bottom():
    rows = [row[:, ::-1].tobytes() + b"\0" * (-3 * WIDTH % 4) for row in PIXELS]
    for height, order in ((HEIGHT, rows[::-1]), (-HEIGHT, rows)):
        file = bmps.written(WIDTH, height, 24, b"".join(order))
        assert np.array_equal(decoded(file), PIXELS) and np.array_equal(by_pillow(file), PIXELS)
        assert np.array_equal(decoded(bmps.written(WIDTH, height, 24, b"".join(order), gap=77)), PIXELS)
    # Some programs leave out what fills the last row up.
    assert np.array_equal(decoded(bmps.written(WIDTH, -HEIGHT, 24, b"".join(rows)[: -(-3 * WIDTH % 4)])), PIXELS)


@pytest.mark.parametrize(
    "bits, compression, header, masks",
    [
        (16, bmps.NONE, 40, None), (32, bmps.NONE, 40, None), (32, bmps.NONE, 108, [0xFF, 0xFF00, 0xFF0000, 0xFF000000]),
        (16, bmps.MASKS, 40, [0xF800, 0x7E0, 0x1F]), (16, bmps.MASKS, 52, [0x1F, 0x7E0, 0xF800]),
        (16, bmps.MASKS, 56, [0xF00, 0xF0, 0xF, 0xF000]), (16, bmps.ALPHA_MASKS, 40, [0x7C00, 0x3E0, 0x1F, 0x8000]),
        (32, bmps.MASKS, 40, [0xFF, 0xFF00, 0xFF0000]), (32, bmps.MASKS, 108, [0xFF0000, 0xFF00, 0xFF, 0xFF000000]),
        (32, bmps.MASKS, 124, [0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000]), (32, bmps.MASKS, 108, [0xFF0000, 0, 0xFF, 0]),
    ],
)
def test_masks_say_where_samples_are(bits, compression, header, masks):
    pixels = noise(HEIGHT, WIDTH, below=1 << bits)
    file = bmps.written(WIDTH, HEIGHT, bits, bmps.words(pixels[::-1], bits), compression, header, masks=masks)
    if compression == bmps.NONE:
        masks = [0x7C00, 0x3E0, 0x1F] if bits == 16 else [0xFF0000, 0xFF00, 0xFF]
    levels = []
    for mask in masks:
        highest = mask // (mask & -mask) if mask else 1
        levels.append(np.floor((pixels & mask) // max(mask & -mask, 1) * 255 / highest + 0.5).astype(np.uint8))
    if len(masks) < 4 or not masks[3]:
        levels[3:] = [np.full((HEIGHT, WIDTH), 255)]
    assert np.array_equal(decoded(file, "rgba"), np.dstack(levels))


def test_an_alpha_of_which_all_is_zero_is_none():
    pixels = noise(HEIGHT, WIDTH, below=1 << 24)
    masks = [0xFF0000, 0xFF00, 0xFF, 0xFF000000]
    with fs.Image.decode(bmps.written(WIDTH, HEIGHT, 32, bmps.words(pixels, 32), bmps.MASKS, 108, masks=masks)) as image:
        assert image.alpha is None
    pixels[0, 0] |= 0x01000000
    with fs.Image.decode(bmps.written(WIDTH, HEIGHT, 32, bmps.words(pixels, 32), bmps.MASKS, 108, masks=masks)) as image:
        assert image.alpha.max() == 1


def test_run_lengths():
    colours = noise(256, 3).astype(np.uint8)
    # Of the lowest row: 3 times 7, then 1, 2, 3 as they are, filled up; its end. A step to (2, 3). 2 times 9. The end.
    data = bytes([3, 7, 0, 3, 1, 2, 3, 0, 0, 0, 0, 2, 2, 2, 2, 9, 0, 1])
    indices = np.zeros((5, 7), int)
    indices[4, :6], indices[1, 2:4] = [7, 7, 7, 1, 2, 3], 9
    file = bmps.written(7, 5, 8, data, bmps.RLE8, colours=colours)
    assert np.array_equal(decoded(file), colours[indices])
    # Of 4 bits: 5 times 1, 2 by turns; then 3, 4, 5, 6, 7 as they are.
    data = bytes([5, 0x12, 0, 5, 0x34, 0x56, 0x70, 0, 0, 0, 3, 0xF0, 0, 1])
    indices = np.zeros((2, 10), int)
    indices[1], indices[0, :3] = [1, 2, 1, 2, 1, 3, 4, 5, 6, 7], [15, 0, 15]
    file = bmps.written(10, 2, 4, data, bmps.RLE4, colours=colours[:16])
    assert np.array_equal(decoded(file), colours[indices])


def test_run_lengths_of_a_whole_picture_as_pillow_reads_them():
    colours, indices = noise(256, 3).astype(np.uint8), np.sort(noise(HEIGHT, WIDTH, below=5), axis=1)
    data = b""
    for row in indices[::-1]:
        for index in range(5):
            if count := int((row == index).sum()):
                data += bytes([count, index])
        data += b"\0\0"
    for end in (b"\0\1", b""):
        file = bmps.written(WIDTH, HEIGHT, 8, (data if end else data[:-2]) + end, bmps.RLE8, colours=colours)
        assert np.array_equal(decoded(file), colours[indices])
    assert np.array_equal(by_pillow(bmps.written(WIDTH, HEIGHT, 8, data + b"\0\1", bmps.RLE8, colours=colours)), colours[indices])


def test_runs_that_leave_the_picture_are_cut_off():
    colours = noise(256, 3).astype(np.uint8)
    data = bytes([200, 1, 0, 2, 255, 200, 3, 2, 0, 0, 0, 0, 9, 9])
    assert np.array_equal(decoded(bmps.written(7, 1, 8, data, bmps.RLE8, colours=colours)), colours[np.ones((1, 7), int)])


def test_a_profile_is_applied():
    rows = [row[:, ::-1].tobytes() + b"\0" * (-3 * WIDTH % 4) for row in PIXELS[::-1]]
    file = bmps.written(WIDTH, HEIGHT, 24, b"".join(rows), header=124, profile=icc.rgb())
    wanted = decoded(pngs.written(PIXELS, icc=icc.rgb()))
    assert not np.array_equal(wanted, PIXELS) and np.array_equal(decoded(file), wanted)
    damaged = file[:126] + b"\xff\xff\xff\x7f" + file[130:]  # where it is
    assert np.array_equal(decoded(damaged), PIXELS)


def test_what_is_not_read_is_refused_by_name():
    rows = bytes(4 * HEIGHT * WIDTH)
    refused("header of 41 bytes; expected 12", bmps.written(WIDTH, HEIGHT, 24, rows)[:14] + b"\x29" + bytes(99))
    refused("a JPEG inside", bmps.written(WIDTH, HEIGHT, 0, rows, bmps.JPEG))
    refused("a PNG inside", bmps.written(WIDTH, HEIGHT, 0, rows, bmps.PNG))
    refused("3 bits per pixel", bmps.written(WIDTH, HEIGHT, 3, rows))
    refused("8 bits per pixel with compression 2", bmps.written(WIDTH, HEIGHT, 8, rows, bmps.RLE4))
    refused("32 bits per pixel with compression 3", bmps.written(WIDTH, HEIGHT, 32, rows, 3, header=64))
    refused("from the top", bmps.written(WIDTH, -HEIGHT, 8, rows, bmps.RLE8))
    refused("mask f0f of 16 bits", bmps.written(WIDTH, HEIGHT, 16, rows, bmps.MASKS, masks=[0xF0F, 0x10, 0x20]))
    refused("mask 10000 of 16 bits", bmps.written(WIDTH, HEIGHT, 16, rows, bmps.MASKS, masks=[0x10000, 0x10, 0x20]))
    file = bytearray(bmps.written(WIDTH, HEIGHT, 24, rows))
    file[10:14] = struct.pack("<I", 50)
    refused("begin at byte 50; expected 54", bytes(file))


def test_a_header_that_promises_too_much_is_refused_at_once():
    for width, height, words in (
        (65501, 1, "sides of at most 65500"), (20000, 20000, "at most 268435456"), (0, 1, "at least 1x1"),
        (-5, 1, "at least 1x1"), (1, -(2**31), "sides of at most"), (16000, 16000, "truncated"),
    ):
        refused(words, bmps.written(width, height, 24, bytes(100)))
    refused("truncated", bmps.written(16000, 16000, 8, bytes([255, 1]), bmps.RLE8, colours=PIXELS[0]))


def test_every_truncated_file_is_refused():
    rows = b"".join(row[:, ::-1].tobytes() + b"\0" * (-3 * WIDTH % 4) for row in PIXELS)
    file = bmps.written(WIDTH, HEIGHT, 24, rows)
    for count in range(2, len(file) - (-3 * WIDTH % 4)):
        refused("truncated", file[:count])
    runs = bmps.written(7, 3, 8, bytes([3, 7, 0, 3, 1, 2, 3, 0, 0, 0, 0, 2, 2, 1, 2, 9, 0, 1]), bmps.RLE8, colours=PIXELS[0])
    for count in range(2, len(runs)):
        refused("truncated", runs[:count])
