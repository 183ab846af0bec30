"""HEIC and AVIF files, of pillow-heif, Pillow and libavif, with properties of our own."""

import base64
import io

import numpy as np
import PIL.Image
import PIL.ImageOps
import pillow_heif
import pytest

import facestyle as fs
import heifs
import icc
import pngs
import tolerances
from facestyle import _c

pillow_heif.register_heif_opener()

WIDTH, HEIGHT = 80, 64  # beyond 64, so that the encoder does not fill it up and crop it
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
SMOOTH = np.stack([3 * x, 4 * y - 2, 255 - x - 2 * y], -1).clip(0, 255).astype(np.uint8)
LOSSLESS = {"quality": -1, "chroma": 444, "matrix_coefficients": 0}


def heic(array, **options):
    file = io.BytesIO()
    (array if isinstance(array, PIL.Image.Image) else PIL.Image.fromarray(array)).save(file, "HEIF", **(LOSSLESS | options))
    return file.getvalue()


def avif(array, **options):
    file = io.BytesIO()
    options = {"quality": 100, "subsampling": "4:4:4"} | options
    (array if isinstance(array, PIL.Image.Image) else PIL.Image.fromarray(array)).save(file, "AVIF", **options)
    return file.getvalue()


WRITERS = {"HEIC": heic, "AVIF": avif}


def decoded(file, form="rgb", dtype=np.uint8):
    with fs.Image.decode(file) as image:
        return image.to_array(form, dtype)


def near(a, b, apart):
    return a.shape == b.shape and np.abs(a.astype(int) - b).max() <= apart


def by_pillow(file, mode="RGB"):
    return np.asarray(PIL.Image.open(io.BytesIO(file)).convert(mode))


def exif(orientation):
    block = PIL.Image.Exif()
    block[274] = orientation
    return block


def upright(array, orientation):
    picture = PIL.Image.fromarray(array)
    picture.getexif()[274] = orientation
    return np.asarray(PIL.ImageOps.exif_transpose(picture))


# ---- Pixels ----


def test_a_lossless_heic_is_read_exactly():
    assert np.array_equal(decoded(heic(SMOOTH)), SMOOTH)
    grey = decoded(heic(PIL.Image.fromarray(SMOOTH).convert("L")))
    assert near(grey, np.asarray(PIL.Image.fromarray(SMOOTH).convert("L"))[..., None].repeat(3, 2), tolerances.DECODER)


@pytest.mark.parametrize("name, options, apart", [
    ("HEIC", {"quality": 60, "chroma": 420, "matrix_coefficients": 6}, tolerances.DECODER),
    ("HEIC", {"quality": 90, "chroma": 444, "matrix_coefficients": 6}, tolerances.DECODER),
    ("AVIF", {"quality": 90}, tolerances.DECODER), ("AVIF", {"quality": 60, "subsampling": "4:2:0"}, tolerances.CHROMA),
])
def test_a_lossy_one_is_read_as_pillow_reads_it(name, options, apart):
    file = WRITERS[name](SMOOTH, **options)
    assert near(decoded(file), by_pillow(file), apart)


# Of avifenc 0.11.1, `-d 8 --cicp 1/13/1 -r limited -y 444 --min 0 --max 0`, 16x12: (10, 10, 250) by the matrix of BT.709.
BLUE = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYAAAAA"
    "DnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAACEAAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IAAAAAamlw"
    "cnAAAABLaXBjbwAAABRpc3BlAAAAAAAAABAAAAAMAAAAEHBpeGkAAAAAAwgICAAAAAxhdjFDgSAAAAAAABNjb2xybmNseAABAA0AAQAAAAAXaXBtYQAA"
    "AAAAAAABAAEEAQKDBAAAACltZGF0EgAKCDgM/thAQ0BEMhMQAAAAFLm4CgYTRErNXlVutYu5"
)


def test_blue_of_a_limited_range_is_read_rightly():
    """libavif's own conversion, Pillow's, reads about (10, 10, 237)."""
    wanted = np.full((12, 16, 3), (10, 10, 250))
    assert near(decoded(BLUE), wanted, 3)
    assert not near(by_pillow(BLUE), wanted, 9)
    limited = avif(SMOOTH, range="limited")
    assert near(decoded(limited), SMOOTH, 5)


@pytest.mark.parametrize("name", WRITERS)
def test_alpha_is_kept(name):
    rgba = np.dstack([SMOOTH, 255 - 3 * x.astype(np.uint8)])
    file = WRITERS[name](rgba)
    assert near(decoded(file, "rgba"), rgba, 0 if name == "HEIC" else 3)


def test_premultiplied_alpha_is_undone():
    rgba = np.dstack([SMOOTH, (60 + 2 * x).astype(np.uint8)])
    file = avif(PIL.Image.fromarray(rgba), alpha_premultiplied=True)
    assert b"prem" in file
    # Divided by an alpha of 60 at least, a level becomes four.
    assert near(decoded(file, "rgba"), by_pillow(file, "RGBA"), 8)
    assert near(decoded(file, "rgba"), rgba, 8)


@pytest.mark.parametrize("bits", [10, 12])
def test_more_than_8_bits_are_16(bits):
    highest = (1 << bits) - 1
    levels = np.stack([highest * x // 79, highest * y // 63, highest - 5 * x - 6 * y], -1).astype(np.uint16)
    deep = pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), (levels << 16 - bits).tobytes())
    file, before = io.BytesIO(), pillow_heif.options.SAVE_HDR_TO_12_BIT
    pillow_heif.options.SAVE_HDR_TO_12_BIT = bits == 12
    try:
        deep.save(file, **LOSSLESS)
    finally:
        pillow_heif.options.SAVE_HDR_TO_12_BIT = before
    with fs.Image.decode(file.getvalue()) as image:
        assert image.bits == 16
        assert np.array_equal(image.to_array(dtype=np.uint16), np.round(levels * (65535 / highest)))
        assert np.abs(image.to_array() - levels * (255 / highest)).max() <= 0.502
        assert image.to_array(dtype=np.uint16).max() == 65535  # white is white


# Of avifenc 0.11.1, `-d 10 --cicp 9/16/9 -r limited -y 444 --min 0 --max 0`, 16x12: a picture in PQ.
PQ = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUEAAADybWV0YQAAAAAAAAAoaGRscgAAAAAAAAAAcGljdAAAAAAAAAAAAAAAAGxpYmF2aWYAAAAA"
    "DnBpdG0AAAAAAAEAAAAeaWxvYwAAAABEAAABAAEAAAABAAABGgAAAaQAAAAoaWluZgAAAAAAAQAAABppbmZlAgAAAAABAABhdjAxQ29sb3IAAAAAamlw"
    "cnAAAABLaXBjbwAAABRpc3BlAAAAAAAAABAAAAAMAAAAEHBpeGkAAAAAAwoKCgAAAAxhdjFDgSBAAAAAABNjb2xybmNseAAJABAACQAAAAAXaXBtYQAA"
    "AAAAAAABAAEEAQKDBAAAAaxtZGF0EgAKCDgM/tjCRAJEMpUDEAAAyRz/YHiHmN/wl10TMbkKGQNy58R74ueA1pp+L8EF1kf0biMsbOZ1rbhUCykJ7ian"
    "KeZ8shrn65hl7//S4Fv6Q9A5pI7nUhtCWbSMOjdrW/GhLUH/rEkyNe3F2TCCT+rIXfj7m13+1hZIhDDiaQFFP+Ik26hD2LlmphY0aFOnyaPRTUeMTl/X"
    "9v4lxjUncVpHe7+6lwAq211HV2/OutFPM4RKNZKsuv6ng+GV8OVO80TONx72yj0+l8B81Il5KAL3q/jwPnf4cISVo5hV2T8+71suFSCOi81D1ioM0xne"
    "27dtHc600wtFJVEqStLdi9333nr9HYATuK3o3v2EqHgxi7Q1aMxkT0gSUvu1+9rJPSLp4kGYQFmc94TjGmuo+AC/COYt7DwZNbDMh4YWftJ61gdIKjTf"
    "wapoXom8iLM1+v3GqeASOEhHSDknt4IQawsWrPWEB/YkrQY0x5X/OrQ7CPl9+YRCtptrFRc0I1TJcYzp53xOvM6gb/+148IEiYCzB9d5haJakiqzr+iy"
    "YAgxT2vA"
)


def test_light_of_high_dynamic_range_keeps_its_numbers():
    columns, rows = np.meshgrid(range(16), range(12))
    source = np.stack([columns * 4369, rows * 5957, 65535 - columns * 1111 - rows * 3000], -1).clip(0, 65535)
    with fs.Image.decode(PQ) as image:
        assert image.bits == 16
        assert np.abs(image.to_array(dtype=np.uint16).astype(int) - source).max() <= 500  # of 65535: limited, 10 bits
    assert near(decoded(PQ)[..., :2], by_pillow(PQ)[..., :2], 3)  # of blue see above


@pytest.mark.parametrize("name", WRITERS)
def test_a_profile_is_applied_as_to_a_png(name):
    file = WRITERS[name](SMOOTH, icc_profile=icc.rgb())
    wanted = decoded(pngs.written(decoded(WRITERS[name](SMOOTH)), icc=icc.rgb()))
    assert not near(wanted, SMOOTH, 10) and np.array_equal(decoded(file), wanted)


# ---- Upright, once ----

# Of the orientations: quarters of a turn against the clock, then an axis. (The order is that of the list.)
TURNS = {1: [], 2: [heifs.imir(1)], 3: [heifs.irot(2)], 4: [heifs.imir(0)], 5: [heifs.irot(1), heifs.imir(0)],
         6: [heifs.irot(3)], 7: [heifs.irot(3), heifs.imir(0)], 8: [heifs.irot(1)]}


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("name", WRITERS)
def test_properties_turn_once_whatever_exif_says(name, orientation):
    apart = 0 if name == "HEIC" else 3
    plain = WRITERS[name](SMOOTH)
    turned = heifs.with_properties(plain, *TURNS[orientation])
    assert near(decoded(turned), upright(SMOOTH, orientation), apart)
    noted = WRITERS[name](SMOOTH, exif=exif(orientation).tobytes())  # they write both, as phones do
    assert orientation == 1 or b"irot" in noted or b"imir" in noted
    assert near(decoded(noted), upright(SMOOTH, orientation), apart)


def test_exif_without_a_property_turns_nothing():
    file = heic(SMOOTH, exif=exif(6).tobytes())
    assert b"Exif" in file and b"irot\3" in file
    assert np.array_equal(decoded(file.replace(b"irot\3", b"irot\0")), SMOOTH)


@pytest.mark.parametrize("name", WRITERS)
def test_the_part_that_is_meant_is_cut_out_then_turned(name):
    part = SMOOTH[12:52, 20:70]  # about (45, 32), which is 5 right of the middle
    cut = heifs.with_properties(WRITERS[name](SMOOTH), heifs.clap(50, 40, 10, 0))
    assert near(decoded(cut), part, 0 if name == "HEIC" else 3)
    cut = heifs.with_properties(WRITERS[name](SMOOTH), heifs.clap(50, 40, 10, 0), heifs.irot(3), heifs.imir(1))
    assert near(decoded(cut), np.rot90(part, -1)[:, ::-1], 0 if name == "HEIC" else 3)


# ---- What is refused ----


def refused(words, file, status=_c.FS_BAD_DATA):
    with pytest.raises(fs.FaceStyleError, match=words) as failure:
        decoded(file)
    assert failure.value.status == status


@pytest.mark.parametrize("name", WRITERS)
def test_a_header_that_promises_too_much_is_refused_at_once(name):
    file, place = WRITERS[name](SMOOTH), 0
    size = WIDTH.to_bytes(4, "big") + HEIGHT.to_bytes(4, "big")
    assert size in file
    for width, height in ((65501, 1), (20000, 20000), (2**31, 2**31), (0, 0)):
        refused(name, file.replace(size, width.to_bytes(4, "big") + height.to_bytes(4, "big")))


@pytest.mark.parametrize("name", WRITERS)
def test_truncated_files_are_refused(name):
    file = WRITERS[name](SMOOTH, **({} if name == "AVIF" else {"quality": 80}))
    for count in [*range(40, len(file), 41), len(file) - 1]:
        refused(name, file[:count])


@pytest.mark.parametrize("name, word", [("HEIC", b"hvc1"), ("AVIF", b"av01")])
def test_another_coding_inside_is_refused(name, word):
    refused(name, WRITERS[name](SMOOTH).replace(word, b"vvc1"))


def test_films_are_no_pictures():
    refused("a movie file, which is not read", b"\0\0\0\x18ftypmp42\0\0\0\0isommp42" + bytes(99))


# ---- What is larger inside than its boxes say ----


def packed(*fields):
    """(value, bits), the first in the highest bits; no bits: as many zeros as the value plus one has bits, less one."""
    ones = "".join(f"{value:0{bits}b}" if bits else "0" * (len(f"{value + 1:b}") - 1) + f"{value + 1:b}" for value, bits in fields)
    ones += "1" + "0" * (-len(ones) - 1 & 7)
    return int(ones, 2).to_bytes(len(ones) // 8, "big")


def sps(width, height):
    """A sequence parameter set of HEVC, so far as it says these."""
    return b"\x42\x01" + packed((0xF, 4), (0, 3), (1, 1), ((1 << 96) - 1, 96), (0, 0), (1, 0), (width, 0), (height, 0), (0, 9))


def sequence(width, height):
    """A sequence header of AV1: of a still picture, so far as it says these."""
    data = packed((0, 3), (1, 1), (1, 1), (0, 5), (15, 4), (15, 4), (width - 1, 16), (height - 1, 16), (0, 9))
    return b"\x0a" + bytes([len(data)]) + data


def with_more_data(file, more):
    """The file, of one picture whose bytes are the last, with more of them."""
    parts = heifs.boxes(file)
    assert parts[-1][0] == b"mdat"
    count = len(parts[-1][1])
    at = file.index(count.to_bytes(4, "big"), file.index(b"iloc"))
    return (file[:at] + (count + len(more)).to_bytes(4, "big") + file[at + 4 : -count - 8]
            + heifs.box(b"mdat", parts[-1][1] + more))


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("place", ["properties", "data"])
def test_what_is_too_large_inside_is_refused_before_it_is_decoded(name, place):
    file = WRITERS[name](SMOOTH)
    for width, height in ((20000, 20000), (65535, 65535), (16384, 16384 + 128)) + ((2**32 - 2,) * 2,) * (name == "HEIC"):
        if place == "properties":
            unit = sps(width, height)
            configuration = {
                "HEIC": heifs.box(b"hvcC", bytes(22) + b"\x01\xa1\0\x01" + len(unit).to_bytes(2, "big") + unit),
                "AVIF": heifs.box(b"av1C", bytes(4) + sequence(width, height))}[name]
            larger = heifs.with_properties(file, configuration)
        else:
            more = {"HEIC": len(sps(width, height)).to_bytes(4, "big") + sps(width, height), "AVIF": sequence(width, height)}[name]
            larger = with_more_data(file, more)
        refused(f"{name}: inside, picture of", larger)
        second = dict(heifs.boxes(larger))[b"meta"]
        refused(f"{name}: inside, picture of", file + heifs.box(b"meta", second) if place == "properties" else larger)
    unharmed = with_more_data(file, b"\0\0\0\x03\x46\x01\x10" if name == "HEIC" else b"\x12\0")  # a delimiter
    assert near(decoded(unharmed), SMOOTH, 0 if name == "HEIC" else 3)


# Of Debian 12's heif-enc, 16x12: a grid of one tile, with EXIF orientation 6 of the JPEG that it was made of, and no irot.
GRID = base64.b64decode(
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAeFtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAAAAAAAAAAAAAA5waXRtAAAAAAAC"
    "AAAAEGlkYXQAAAAAABAADAAAAExpbG9jAQAAAERAAAMAAQAAAAAAAAIFAAEAAAAAAAAAWQACAAEAAAAAAAAAAQAAAAAAAAAIAAMAAAAAAAACXgABAAAA"
    "AAAAAB4AAABNaWluZgAAAAAAAwAAABVpbmZlAgAAAQABAABodmMxAAAAABVpbmZlAgAAAAACAABncmlkAAAAABVpbmZlAgAAAQADAABFeGlmAAAAANVp"
    "cHJwAAAAs2lwY28AAABzaHZjQwEDcAAAAAAAAAAAAB7wAPz9+PgAAA8DIAABABhAAQwB//8DcAAAAwCQAAADAAADAB66AkAhAAEAJ0IBAQNwAAADAJAA"
    "AAMAAAMAHqAggQWW6q6a5sCAAAADAIAAAAMAhCIAAQAGRAHBc8GJAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAUaXNwZQAAAAAAAAAQAAAADAAAABBwaXhp"
    "AAAAAAMICAgAAAAaaXBtYQAAAAAAAAACAAECgQIAAgIDhAAAAChpcmVmAAAAAAAAAA5kaW1nAAIAAQABAAAADmNkc2MAAwABAAIAAAB/bWRhdAAAAFUo"
    "Aa8TIaB0aPUkUsUzAAy6vkSynv06MA31RoGi0MAfBZ65p1AwjTcToM02qsVve1GbeZlQ/63VKvD+oq49rtQANRy+fIQroNN1GiaiF0Cv2XPvYTTgAAAA"
    "AE1NACoAAAAIAAEBEgADAAAAAQAGAAAAAAAA"
)


def test_a_grid_is_read_and_a_huge_one_refused():
    columns, rows = np.meshgrid(range(16), range(12))
    assert near(decoded(GRID), np.stack([16 * columns, 20 * rows, 255 - 8 * columns - 8 * rows], -1).clip(0, 255), 40)
    size = b"idat\0\0\0\0\0\x10\0\x0c"
    assert size in GRID
    refused("HEIC: inside, picture of", GRID.replace(size, b"idat\0\0\0\0\xff\xff\xff\xff"))
