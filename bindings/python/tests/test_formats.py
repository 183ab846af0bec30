"""WebP and JPEG XL; and what holds for all formats: recognised by content, refused when broken, without their libraries."""

import base64
import concurrent.futures
import io
import os
import subprocess
import sys

import numpy as np
import PIL.Image
import PIL.ImageOps
import pillow_jxl  # noqa: F401
import pytest

import bmps
import facestyle as fs
import icc
import pngs
import test_heif
import tiffs
import tolerances
from conftest import memory_of
from facestyle import _c

WIDTH, HEIGHT = 80, 64
y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
SMOOTH = np.stack([3 * x, 4 * y - 2, 255 - x - 2 * y], -1).clip(0, 255).astype(np.uint8)


def noise(*shape):
    return np.random.default_rng(13).integers(0, 256, shape, np.uint8)


def saved(array, form, **options):
    file = io.BytesIO()
    (array if isinstance(array, PIL.Image.Image) else PIL.Image.fromarray(array)).save(file, form, **options)
    return file.getvalue()


def webp(array, **options):
    return saved(array, "WEBP", **({"lossless": True, "exact": True} | options))


def jxl(array, **options):
    return saved(array, "JXL", **({"lossless": True} | options))


def decoded(file, form="rgb", dtype=np.uint8):
    with fs.Image.decode(file) as image:
        return image.to_array(form, dtype)


def by_pillow(file, mode="RGB"):
    return np.asarray(PIL.Image.open(io.BytesIO(file)).convert(mode))


def near(a, b, apart):
    return a.shape == b.shape and np.abs(a.astype(int) - b).max() <= apart


def refused(words, file, status=_c.FS_BAD_DATA):
    with pytest.raises(fs.FaceStyleError, match=words) as failure:
        decoded(file)
    assert failure.value.status == status


exif, upright = test_heif.exif, test_heif.upright


# ---- WebP ----


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_lossless_webp_is_read_exactly(mode):
    picture = PIL.Image.fromarray(noise(HEIGHT, WIDTH, 4)).convert(mode)
    assert np.array_equal(decoded(webp(picture), "rgba"), np.asarray(picture.convert("RGBA")))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_lossy_webp_is_read_as_pillow_reads_it(mode):
    alpha = (255 - 3 * x).astype(np.uint8)
    file = webp(PIL.Image.fromarray(np.dstack([SMOOTH, alpha])).convert(mode), lossless=False, quality=70)
    assert np.array_equal(decoded(file, "rgba"), by_pillow(file, "RGBA"))


def test_colours_under_no_alpha_are_kept():
    rgba = np.dstack([SMOOTH, np.zeros((HEIGHT, WIDTH), np.uint8)])
    rgba[0, 0, 3] = 9
    assert np.array_equal(decoded(webp(rgba), "rgba"), rgba)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("note", ["exif", "exif with its head", "xmp"])
def test_a_webp_is_turned_as_a_jpeg_is(note, orientation):
    block = exif(orientation).tobytes()
    assert block.startswith(b"Exif\0\0")
    packet = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><a tiff:Orientation="{orientation}"/></x:xmpmeta>'.encode()
    options = {"exif": {"exif": block[6:]}, "exif with its head": {"exif": block}, "xmp": {"xmp": packet}}[note]
    file = webp(SMOOTH, **options)
    assert np.array_equal(decoded(file), upright(SMOOTH, orientation))
    assert np.array_equal(decoded(webp(SMOOTH, lossless=False, quality=100, **options)).shape, upright(SMOOTH, orientation).shape)
    assert np.array_equal(np.asarray(PIL.ImageOps.exif_transpose(PIL.Image.open(io.BytesIO(file)))), decoded(file))


def test_a_profile_of_a_webp_is_applied_as_of_a_png():
    wanted = decoded(pngs.written(SMOOTH, icc=icc.rgb()))
    assert np.array_equal(decoded(webp(SMOOTH, icc_profile=icc.rgb())), wanted)
    assert np.array_equal(decoded(webp(SMOOTH, icc_profile=icc.rgb()[:99])), SMOOTH)


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("alpha", [False, True])
def test_the_first_frame_of_an_animation_is_the_picture(alpha, lossless):
    frames = [np.dstack([SMOOTH, np.full((HEIGHT, WIDTH), 255)]).astype(np.uint8), noise(HEIGHT, WIDTH, 4)]
    if alpha:
        frames[0][..., 3] = 60 + 2 * x
    first, second = (PIL.Image.fromarray(frame).convert("RGBA" if alpha else "RGB") for frame in frames)
    file = webp(first, save_all=True, append_images=[second], lossless=lossless, quality=90)
    assert b"ANMF" in file
    assert np.array_equal(decoded(file, "rgba"), by_pillow(file, "RGBA"))


def test_a_first_frame_that_is_smaller_lies_on_a_transparent_canvas():
    first = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    first[10:30, 20:50, :3], first[10:30, 20:50, 3] = SMOOTH[10:30, 20:50], 255
    still = webp(first[10:30, 20:50, :3])
    chunk = still[12:]
    frame = b"".join((number).to_bytes(3, "little") for number in (10, 5, 29, 19, 100)) + b"\0" + chunk
    canvas = b"\x02\0\0\0" + (WIDTH - 1).to_bytes(3, "little") + (HEIGHT - 1).to_bytes(3, "little")
    body = b"WEBPVP8X\x0a\0\0\0" + canvas + b"ANIM\x06\0\0\0" + bytes(6)
    body += b"ANMF" + len(frame).to_bytes(4, "little") + frame
    file = b"RIFF" + len(body).to_bytes(4, "little") + body
    assert np.array_equal(decoded(file, "rgba"), first)
    outside = file.replace(b"\x0a\0\0\x05\0\0", b"\x1e\0\0\x05\0\0")
    refused("a frame of 30x20 at \\(60, 10\\); expected one inside 80x64", outside)


def test_what_follows_a_webp_is_not_its_own():
    assert np.array_equal(decoded(webp(SMOOTH) + b"more"), SMOOTH)


# ---- JPEG XL ----


@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA"])
def test_a_lossless_jpeg_xl_is_read_exactly(mode):
    picture = PIL.Image.fromarray(noise(HEIGHT, WIDTH, 4)).convert(mode)
    assert np.array_equal(decoded(jxl(picture), "rgba"), np.asarray(picture.convert("RGBA")))


def test_a_lossy_jpeg_xl_is_read_as_pillow_reads_it():
    file = jxl(SMOOTH, lossless=False, quality=85)
    assert near(decoded(file), by_pillow(file), tolerances.DECODER)


# Of cjxl 0.7.0, `-d 0`: 16x12, 16 bits; the second with alpha, `--premultiply=1`.
DEEP = base64.b64decode(
    "AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAAAJanhsbAoAAAEwanhsY/8KWDD8ABQXAggCAQBkBEsoNcZeHShIKChJRhEjmnYbY7ABx+DN"
    "MZiWyEOMwZKRMUZEREfeSUdovxABBgAiXswOAPz/iy666KKn/4suuuiiT/+LLrroGpS4PBSVZqizw35AxkNm7v9/ZWXFzH1lZWXlzH1lZWXFx31lZWVl"
    "tJf7CunErzy5gvUcJlx42bdw4cKFDHE/VgQ2OOEQT1cm3R0AjcvKysrKysM/14q9xlHKr8FWmvoUR2BmZWVlZQVm5HtFaHl/TOSxFbCTGg64WVlZWVmB"
    "WendlJq+H99/bEVrA25SrVdWVlZWYFaqPt+i7x+z/F7J2oCblZWVlZVnH5gVRBD5/0cEEUQQ+f9HBBFEEDn+RwQRRBBR7UFENwhuL3mctVgjEasX"
)
PREMULTIPLIED = base64.b64decode(
    "AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAAAJanhsbAoAAAFJanhsY/8KWDD8KCguBAgIEADIBEs4QHUL9EOvBgavl1AYfL+CgoKSTREj"
    "I5CHGIMlI2OMiIiOpP2EjsEWAjEGg9FY6BjMQQxuYgzeQtwbG2PMGBwXYy5EgAGAiA+P3ABT/YpOdNFFF1100UWn7hNddNEJ6+GUCctDKADn/8/ctbKy"
    "srKysrKysrKysuLrs7LCfeXsnXSCXMF6Fn4OEy5cuHAhkO9ChisCJzgZiKcruH0OgMZlZeV0amVlhWvFXuMf6ihgK4qPOiEws7KysrKyzQmzIrS8/1Ta"
    "2ArYB9yM46ysrKyswKxI3cJM3z+2IuKntQE3KysrK34XKzArVdP3/6CMrWT95mnAzcrKysoKzMr/v4hABBFEEAn2RwQRRBBBBBFEEMFuRQSRXrBMaYho"
    "CZnrqixrVHHreIGtNgCwbAMAvwg4Iw=="
)
# Of `cjxl` without options, of a JPEG with EXIF orientation 6: kept inside, and turned by the header.
TURNED_JPEG = base64.b64decode(
    "AAAADEpYTCANCocKAAAAFGZ0eXBqeGwgAAAAAGp4bCAAAAATanhscAAAAAD/ClgwC8QEAAAB42picmTAcNsAgiAILQMCQCIAoUaBkKtKAABAyFHZgqE4"
    "/yeIjBHKOKcUtB8hQ5ilDjLMQOkONVgfMpx8zIBDDiosctCwA9tHDf37I8scdtyBhqL7X4xxxiSXbPLJKKc8M80123wzzjkLPTTRRRt9NNJJSz011VVb"
    "fTXWWYs9Ntllm3022mnLPTfdddt9N955Cz444YUbfjjiiUcu+eSUV2755ZhnHrroo5Neuumno5567LLPTnvttt+Oe+7BCz888cUbfzzyyUcv/fTUV2/9"
    "9dhnD3744o9Pfvnmn49++vDHL//89Ndv//345/+vYKqqBABAyFHZgqE4/y+IhFJGWacUifGAkM2oQYZJdaCherDh3EOOGVCQDxpy0GEHNhZZ5qjf7cOO"
    "G1rRH3lm8EmG978Y44xLNvlklFOmuWabb8Y5Z6GHJrpoo49GOmmpp6a6aquvxjprsccmu2yzz0Y7bbnnprtuu+/GO+/ABR+c8MINPxzxxCOXfHLKK7f8"
    "cswzD1300Ukv3fTTUU89dtlnp71222/HPffghR+e+OKNPx755KOXfnrqq7f+euyzD1/88ckv3/zz0U8/fvnnp79+++/HP/9/gR8AqCwACwiA4AAQSkZJ"
    "RgABAQAAAQABAAADAAAAK2Jyb2JFeGlmGx0AAAR0YxsHMVuiqb8TCWWUWLSAJA/Qlv+LHikZAAAAAQlqeGxwgAAAAeBbAhAA2AMIYAhgCGD+/w4AABgA"
    "CAABAAAAAACAgCWJIuPYCWnuWAEARqSgoCsQEcPo6OgYg4WiYnAoNkaFhBisFB0dDTEr9E0AO/i3wbXgAvwDMxsEkAIBCuEEEGO5cgcwfgcAIAoDQN0B"
    "AAAAAAAAAAAASBGSRPHBWLVo0wzYciIpApICKCBWADAIwj6AqhgCwAMHAAkcAAAAGAEAAAAAAAAAAAAAAAAAoJACCwBHNUoiyRiDJEYqxkZSUcz++wGH"
    "v8mC7Al24vI//GBCqaLumbCpA4GS7yA7/O7bq658SxZsZ/L0/oJ7Ik97u4H4EXQzGv71Bin1kTADOQY="
)


def test_16_bits_of_a_jpeg_xl_are_kept():
    columns, rows = np.meshgrid(range(16), range(12))
    source = np.stack([columns * 4369, rows * 5957, 65535 - columns * 1111 - rows * 3000], -1).clip(0, 65535)
    with fs.Image.decode(DEEP) as image:
        assert image.bits == 16 and np.array_equal(image.to_array(dtype=np.uint16), source)
    with fs.Image.decode(PREMULTIPLIED) as image:
        seen, alpha = image.to_array("rgba", np.uint16).astype(int), columns * 4369
        assert np.array_equal(image.alpha, columns * 17)
        some = alpha > 0
        # Half a level, divided by alpha; colours under none are lost.
        assert (np.abs(seen[..., :3] - source)[some] <= (0.5 * 65535 / alpha[some] + 1)[:, None]).all()


def columns_and_rows():
    """What the files above show."""
    columns, rows = np.meshgrid(range(16), range(12))
    return np.stack([16 * columns, 20 * rows, 255 - 8 * columns - 8 * rows], -1).clip(0, 255).astype(np.uint8)


def with_header_orientation(orientation):
    """TURNED_JPEG with another in its header: behind FF 0A 15 bits of the size, "not all defaults", "more fields", 3 bits."""
    place = TURNED_JPEG.index(b"\xff\x0a") + 2
    bits = int.from_bytes(TURNED_JPEG[place : place + 4], "little")
    assert bits >> 15 & 3 == 2 and bits >> 17 & 7 == 6 - 1
    bits = bits & ~(7 << 17) | (orientation - 1) << 17
    return TURNED_JPEG[:place] + bits.to_bytes(4, "little") + TURNED_JPEG[place + 4 :]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_jpeg_xl_is_turned_by_its_header_alone(orientation):
    lying = decoded(with_header_orientation(1))
    assert near(lying, columns_and_rows(), 40)  # chroma of half the size
    assert np.array_equal(decoded(with_header_orientation(orientation)), upright(lying, orientation))
    # EXIF without the header.
    assert np.array_equal(decoded(jxl(SMOOTH, exif=exif(orientation).tobytes())), SMOOTH)


# Of `cjxl -d 0`, of pngs.written(columns_and_rows(), icc=icc.rgb()).
PROFILED = base64.b64decode(
    "/wpYMBDCmcKAhHkAbLoKG1y1lS+WvNQ+fSVUeEWVKLcNnrpCif2aiQo5UgNXH1N1AQCgPwBPnI1SFH/IQNqEIVMuiJk38oKEC0KnzBz6dwK+59OulQJw"
    "ug3kDEIeS3CQD0ttgKBlcG8F1myEgX2gzw1QbScACAIBAIgBSygkxvcVFEwxUmCp2xiDZWNjMByDidl9IQIMAER8IZcVU5//VU//VesFKTgTqWLpE9pU"
    "yTY7973/vvez97M3v3fEI/jIsfCIk1fg/x/g/x8A/x/gCxp9rFPbrFBZA6YqRE0="
)


def test_a_profile_of_a_jpeg_xl_is_applied_as_of_a_png():
    wanted = decoded(pngs.written(columns_and_rows(), icc=icc.rgb()))
    assert not np.array_equal(wanted, columns_and_rows()) and np.array_equal(decoded(PROFILED), wanted)


def test_a_jpeg_xl_that_promises_too_much_is_refused_at_once():
    for width, height, words in ((65501, 1, "at most 65500"), (20000, 20000, "at most 268435456"), (1 << 30, 1 << 30, "JPEG XL")):
        bits = 0
        # SizeHeader: not small; height and width of 30 bits less 1; no ratio. Then all defaults, of the header and of the rest.
        fields = ((0, 1), (3, 2), (height - 1, 30), (0, 3), (3, 2), (width - 1, 30), (1, 1), (1, 1))
        place = 0
        for value, count in fields:
            bits |= value << place
            place += count
        refused(words, b"\xff\x0a" + bits.to_bytes(12, "little") + bytes(40))


# ---- All formats ----

LITTLE = noise(11, 7, 3)
FILES = {
    "PNG": pngs.written(LITTLE), "JPEG": saved(LITTLE, "JPEG"), "WebP": webp(LITTLE), "WebP lossy": webp(LITTLE, lossless=False),
    "HEIC": test_heif.heic(LITTLE), "AVIF": test_heif.avif(LITTLE), "TIFF": tiffs.written(LITTLE, rows=4),
    "TIFF LZW": saved(LITTLE, "TIFF", compression="tiff_lzw"), "TIFF JPEG": saved(LITTLE, "TIFF", compression="jpeg"),
    "TIFF tiles": tiffs.written(LITTLE, tile=16, compression=tiffs.DEFLATE), "TIFF fax": saved(
        PIL.Image.fromarray(LITTLE).convert("1"), "TIFF", compression="group4"),
    "TIFF YCbCr": saved(PIL.Image.fromarray(LITTLE).convert("YCbCr"), "TIFF"),
    "JPEG XL": jxl(LITTLE), "JPEG XL lossy": jxl(LITTLE, lossless=False), "JPEG XL in boxes": jxl(LITTLE, exif=exif(6).tobytes()),
    "BMP": saved(LITTLE, "BMP"),
    "BMP runs": bmps.written(7, 3, 8, bytes([3, 7, 0, 3, 1, 2, 3, 0, 0, 0, 0, 2, 2, 1, 2, 9, 0, 1]), bmps.RLE8, colours=LITTLE[0]),
    "WebP film": webp(LITTLE, save_all=True, append_images=[PIL.Image.fromarray(255 - LITTLE)]),
    "HEIC 10": test_heif.heic(LITTLE, exif=exif(6).tobytes()), "AVIF PQ": test_heif.PQ,
    "AVIF alpha": test_heif.avif(noise(11, 7, 4)), "JPEG XL 16": PREMULTIPLIED,
}


@pytest.mark.parametrize("name", FILES)
def test_content_counts_and_not_the_name(name, tmp_path):
    for ending in (".png", ".jpg", ".heic", ".bmp", ""):
        path = tmp_path / f"picture{ending}"
        path.write_bytes(FILES[name])
        with fs.Image.open(path) as image:
            assert np.array_equal(image.to_array(), decoded(FILES[name]))


_BROKEN = """
import sys, base64, random
import facestyle as fs
from facestyle import _c

file = base64.b64decode(sys.stdin.read())
pictures = [0, 0]

def tried(data, kind):
    try:
        with fs.Image.decode(data) as image:
            assert image.width * image.height > 0
        pictures[kind] += 1
        return True
    except fs.FaceStyleError as error:
        assert error.status in (_c.FS_BAD_DATA, _c.FS_NO_MEMORY), error
        assert error.args[0] and "\\n" not in str(error), error
        return False

whole = [count for count in range(len(file)) if tried(file[:count], 0)]
random = random.Random(2026)
for turn in range(400):
    data = bytearray(file)
    for _ in range(random.choice((1, 1, 4))):
        end = len(data) if random.random() < 0.5 else min(len(data), 200)
        data[random.randrange(end)] = random.choice((0, 255, 128, random.randrange(256)))
    tried(bytes(data), 1)
print(whole, pictures[1])
"""


# What libjxl 0.7 and dav1d, behind libheif, print of broken files on the error stream, and cannot be told not to.
TALKATIVE = ("JPEG XL", "AVIF")


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_is_refused_or_read_but_harms_nobody(name):
    """Every beginning of the file, and changed bytes, in a process of its own: it must not end, nor print."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", _BROKEN], input=base64.b64encode(FILES[name]).decode(), env=environment, capture_output=True,
        text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]
    assert name.startswith(TALKATIVE) or done.stderr == "", done.stderr[-2000:]
    lines = done.stdout.splitlines()
    assert len(lines) == 1  # of this program's own
    beginnings = eval(lines[0].rsplit(" ", 1)[0])
    assert all(count > len(FILES[name]) - 40 for count in beginnings), beginnings


NEEDED = {
    "WebP": (["libwebp.so.7"], "libwebp7"), "HEIC": (["libheif.so.1"], "libheif1"), "AVIF": (["libheif.so.1"], "libheif1"),
    "TIFF": (["libtiff.so.6"], "libtiff6"), "JPEG XL": ([f"libjxl.so.0.{minor}" for minor in range(7, 12)], "libjxl0.7"),
}


@pytest.mark.parametrize("name", NEEDED)
def test_without_a_library_its_package_is_named(name, tmp_path):
    files, package = NEEDED[name]
    for file in files:
        (tmp_path / file).write_bytes(b"no library")
    picture, png = tmp_path / "a picture", tmp_path / "a.png"
    picture.write_bytes(FILES[name]), png.write_bytes(FILES["PNG"])
    program = f"import facestyle as fs\nfs.Image.open({str(png)!r}).close()\nfs.Image.open({str(picture)!r})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "LD_LIBRARY_PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    last = done.stderr.splitlines()[-1]
    assert done.returncode == 1 and "SystemRefusal" in last and package in last
    assert f"{picture}: {name} needs {files[0]}" in last and "cannot be loaded; install" in last


def test_other_files_are_refused_with_what_is_expected():
    refused("picture begins with 6E 6F 20 70 69 63 74 75; expected a PNG, JPEG, WebP, HEIC, AVIF, TIFF, JPEG XL or BMP file",
            b"no picture")
    for name, beginning in {
        "a GIF file": b"GIF89a\1\0\1\0", "a Photoshop file": b"8BPS\0\1", "a PDF file": b"%PDF-1.7",
        "a JPEG 2000 file": b"\0\0\0\x0cjP  \r\n\x87\n", "an SVG file": b"<svg xmlns", "a portable map": b"P6\n2 2\n255\n",
        "a Windows icon": b"\0\0\1\0\1\0", "a movie": b"RIFF\x24\0\0\0AVI LIST",
    }.items():  # fmt: skip
        refused(f"{name}", beginning)
        refused("which is not read; expected a PNG, JPEG, WebP, HEIC, AVIF, TIFF, JPEG XL or BMP file", beginning)
    refused("picture of 0 bytes; expected a PNG, JPEG", b"")
    for beginning in (b"RIFF", b"RIFF\0\0\0\0WAVE", b"II*", b"\xff", b"B", b"\0\0\0\x0cJXL "):
        refused("picture begins with", beginning)


def test_endings_are_of_what_is_read_and_written():
    assert fs.picture_endings(written=True) == (".png", ".jpg", ".jpeg")
    assert fs.picture_endings() == (
        ".png", ".jpg", ".jpeg", ".webp", ".heic", ".heif", ".hif", ".avif", ".tif", ".tiff", ".jxl", ".bmp", ".dib")


@pytest.mark.parametrize("ending", ["webp", "heic", "avif", "tif", "jxl", "bmp"])
def test_other_formats_are_not_written(ending, tmp_path):
    with fs.Image.from_array(LITTLE) as image:
        with pytest.raises(fs.FaceStyleError, match="expected a name that ends in .png, .jpg or .jpeg") as failure:
            image.save(tmp_path / f"a.{ending}")
        assert failure.value.status == _c.FS_INVALID_ARGUMENT and not list(tmp_path.iterdir())


# ---- Frames of Motion JPEG ----


def as_cameras_send_it(jpeg):
    """The file with "AVI1" in place of "JFIF", and without its Huffman tables."""
    place, frame = 2, b"\xff\xd8\xff\xe0\0\x10AVI1" + bytes(10)
    while jpeg[place + 1] != 0xDA:  # up to the scan
        end = place + 2 + int.from_bytes(jpeg[place + 2 : place + 4])
        if jpeg[place + 1] not in (0xC4, 0xE0):
            frame += jpeg[place:end]
        place = end
    return frame + jpeg[place:]


@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_a_frame_as_cameras_send_it_is_the_picture_that_pillow_reads(sampling):
    rows, columns = np.mgrid[0:120, 0:160]
    smooth = np.stack([columns, rows * 2, 200 - columns], -1).clip(0, 255).astype(np.uint8)
    jpeg = saved(smooth, "JPEG", quality=90, subsampling=sampling)
    frame = as_cameras_send_it(jpeg)
    assert len(frame) < len(jpeg) - 300  # the tables
    with fs.Image.decode(frame + b"\0\xff\0") as image, fs.Image.decode(frame, 160 * 120 // 4) as half:
        assert np.abs(image.to_array().astype(int) - decoded_by_pillow(jpeg)).max() <= 1
        assert half.reduction == 2 and np.abs(half.to_array().astype(int) - smooth.reshape(60, 2, 80, 2, 3).mean((1, 3))).max() <= tolerances.JPEG
    for count in range(3, len(frame), 7):
        with pytest.raises(fs.FaceStyleError, match="^JPEG: ") as failure:
            fs.Image.decode(frame[:count], 160 * 120 // 4)
        assert failure.value.status == _c.FS_BAD_DATA


def decoded_by_pillow(file):
    return np.asarray(PIL.Image.open(io.BytesIO(file)).convert("RGB")).astype(int)


# ---- Large photos ----


def reduced(path, max_pixels):
    with fs.Image.open(path, max_pixels=max_pixels) as image, fs.Image.decode(path.read_bytes(), max_pixels=max_pixels) as same:
        seen = image.to_array()
        assert np.array_equal(seen, same.to_array()) and image.reduction == same.reduction
        return seen, image.reduction


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_photo_is_read_reduced(orientation, tmp_path):
    rows, columns = np.mgrid[0:301, 0:403]
    smooth = np.stack([columns // 2, rows // 2, 200 - columns // 4], -1).clip(0, 255).astype(np.uint8)
    for form in ("JPEG", "PNG", "WEBP"):
        path = tmp_path / form
        path.write_bytes(saved(smooth, form, exif=exif(orientation), **({"quality": 95} if form == "JPEG" else {"lossless": True})))
        with fs.Image.open(path) as image:
            full = image.to_array()
            assert image.reduction == 1
        for max_pixels, reduction in (
            (403 * 301, 1), (403 * 301 - 1, 2), (202 * 151, 2), (202 * 151 - 1, 4), (101 * 76, 4), (101 * 76 - 1, 8), (1, 8),
            (1 << 63, 1),
        ):
            seen, factor = reduced(path, max_pixels)
            assert factor == reduction and seen.shape == tuple(-(-side // reduction) for side in full.shape[:2]) + (3,)
            inner = tuple(slice(0, side // reduction) for side in full.shape[:2])
            cut = full[: inner[0].stop * reduction, : inner[1].stop * reduction]
            mean = cut.reshape(inner[0].stop, reduction, inner[1].stop, reduction, 3).mean((1, 3))
            assert np.abs(seen[inner] - mean).max() <= (tolerances.JPEG if form == "JPEG" else 3)
    for read in (fs.Image.open, lambda path, max_pixels: fs.Image.decode(path.read_bytes(), max_pixels)):
        with pytest.raises(fs.FaceStyleError, match="max_pixels is 0; expected 1 or more"):
            read(path, max_pixels=0)
        with pytest.raises(ValueError, match="max_pixels is -1"):
            read(path, max_pixels=-1)


def test_a_photo_of_200_megapixels_is_read_and_reduced_in_a_fraction_of_the_memory(tmp_path):
    width, height = 16384, 12288  # more than 2^27
    path = tmp_path / "phone.jpg"
    PIL.Image.linear_gradient("L").resize((width, height), PIL.Image.NEAREST).save(path, quality=50)
    setup = """
def needed():
    return 0

def work():
    limit = int(sys.argv[2])
    with fs.Image.open(sys.argv[1], max_pixels=limit) as image:
        factor = 1 if limit > 1 << 28 else 2
        assert (image.width, image.height, image.reduction) == (16384 // factor, 12288 // factor, factor)
        assert image.reduction == factor
"""
    full, half = (list(memory_of(setup, path, limit))[1] for limit in (1 << 29, 1 << 26))
    print(full / (width * height), half / (width * height))
    assert 3 * width * height <= full < 3.3 * width * height
    assert half < 1.1 * width * height  # a quarter of that, and the file


def test_pictures_of_all_formats_are_read_on_many_threads():
    wanted = {name: decoded(file) for name, file in FILES.items()}

    def read(turn):
        name = list(FILES)[turn % len(FILES)]
        return np.array_equal(decoded(FILES[name]), wanted[name])

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert all(pool.map(read, range(20 * len(FILES))))
