"""Pictures with ICC profiles, beside Pillow's ImageCms and beside the formulas in numpy."""

import io
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import PIL.Image
import pytest
from PIL import ImageCms

import facestyle as fs
import icc
import pngs
import tolerances


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(11).integers(0, np.iinfo(dtype).max + 1, shape, dtype)


def smooth(channels):
    return np.fromfunction(lambda y, x, c: 20 + 2 * x + y + 7 * c, (64, 64, channels)).astype(np.uint8)


def jpeg(image, **options):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95, **options)
    return file.getvalue()


def by_pillow(image, profile):
    """Relative colorimetric, black point compensation."""
    standard = ImageCms.createProfile("sRGB")
    out = ImageCms.profileToProfile(image, io.BytesIO(profile), standard, renderingIntent=1, outputMode="RGB", flags=0x2000)
    return np.asarray(out).astype(int)


def apart(file, wanted, dtype=np.uint8):
    with fs.Image.decode(file) as image:
        return np.abs(image.to_array(dtype=dtype) - np.asarray(wanted, float)).max()


@pytest.mark.parametrize("gamma", [1.0, 1.8, 2.2])
def test_colours_of_a_png_become_srgb(gamma):
    array, profile = noise(24, 32, 3), icc.rgb(tone=icc.curve(gamma))
    file = pngs.written(array, icc=profile)
    assert apart(file, 255 * icc.from_gamma(array / 255, gamma)) <= tolerances.COLOUR
    assert apart(file, by_pillow(PIL.Image.fromarray(array), profile)) <= tolerances.COLOUR
    deep = noise(24, 32, 3, dtype=np.uint16)
    wanted = 65535 * icc.from_gamma(deep / 65535, gamma)
    assert apart(pngs.written(deep, icc=profile), wanted, np.uint16) <= tolerances.COLOUR_16


@pytest.mark.parametrize("gamma", [1.0, 2.2])
def test_greys_become_srgb(gamma):
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    wanted = np.repeat(255 * icc.grey_from_gamma(levels / 255, gamma)[..., None], 3, 2)
    assert apart(pngs.written(levels, icc=icc.grey(gamma)), wanted) <= 0.51
    deep = noise(16, 16, dtype=np.uint16)
    wanted = np.repeat(65535 * icc.grey_from_gamma(deep / 65535, gamma)[..., None], 3, 2)
    assert apart(pngs.written(deep, icc=icc.grey(gamma)), wanted, np.uint16) <= tolerances.COLOUR_16
    plain = PIL.Image.fromarray(smooth(1)[..., 0])
    decoded = np.asarray(PIL.Image.open(io.BytesIO(jpeg(plain))))
    wanted = np.repeat(255 * icc.grey_from_gamma(decoded / 255, gamma)[..., None], 3, 2)
    # A level of the decoder's, which a straight curve makes 13 of in the dark; this picture begins at 20.
    assert apart(jpeg(plain, icc_profile=icc.grey(gamma)), wanted) <= 0.51 * 13


def test_colours_of_a_jpeg_become_srgb():
    image = PIL.Image.fromarray(smooth(3))
    file = jpeg(image, icc_profile=icc.rgb())
    assert apart(file, by_pillow(PIL.Image.open(io.BytesIO(file)), icc.rgb())) <= tolerances.COLOUR + 1  # and of the decoder
    assert apart(file, np.asarray(PIL.Image.open(io.BytesIO(file)))) > 10


def test_inks_become_srgb():
    file = jpeg(PIL.Image.fromarray(smooth(4), "CMYK"), icc_profile=icc.cmyk())
    assert apart(file, by_pillow(PIL.Image.open(io.BytesIO(file)), icc.cmyk())) <= tolerances.COLOUR + 1
    # Without Adobe's marker inks are inverted all the same: so Pillow 13.0, OpenCV 5.0, ffmpeg 7.0 and 9.0, libvips 8.18 and
    # libjpeg-turbo's djpeg 2.1.5 show it.
    assert apart(unmarked(file), by_pillow(PIL.Image.open(io.BytesIO(unmarked(file))), icc.cmyk())) <= tolerances.COLOUR + 1


def unmarked(file):
    """The JPEG without Adobe's marker."""
    at = file.index(b"\xff\xee")
    return file[:at] + file[at + 2 + int.from_bytes(file[at + 2 : at + 4], "big") :]


def test_inks_without_a_profile_are_mixed_as_pillow_mixes_them():
    file = jpeg(PIL.Image.fromarray(smooth(4), "CMYK"))
    at = file.index(b"\xff\xee")
    for written in (file, unmarked(file), file[:at] + b"\xff\xfe\x00\x04note of a phone" + file[at:]):
        wanted = np.asarray(PIL.Image.open(io.BytesIO(written)).convert("RGB"))
        assert apart(written, wanted) <= 1
        assert apart(written, 255 - wanted) > 100


def test_srgb_moves_nothing():
    array, deep = noise(24, 32, 3), noise(24, 32, 3, dtype=np.uint16)
    little_cms = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (icc.srgb(), little_cms):
        assert apart(pngs.written(array, icc=profile), array) == 0
        assert apart(pngs.written(deep, icc=profile), deep, np.uint16) == 0
    image = PIL.Image.fromarray(smooth(3))
    with fs.Image.decode(jpeg(image)) as plain, fs.Image.decode(jpeg(image, icc_profile=icc.srgb())) as tagged:
        assert np.array_equal(plain.to_array(), tagged.to_array())


def test_alpha_is_no_colour():
    rgba = noise(24, 32, 4)
    with fs.Image.decode(pngs.written(rgba, icc=icc.rgb())) as image:
        seen = image.to_array("rgba")
        assert np.array_equal(seen[..., 3], rgba[..., 3])
        wanted = 255 * icc.from_gamma(rgba[..., :3] / 255, 2.2)
        assert np.abs(seen[..., :3] - wanted).max() <= tolerances.COLOUR


@pytest.mark.parametrize("orientation, turned", [(3, lambda a: a[::-1, ::-1]), (6, lambda a: np.rot90(a, -1)), (8, np.rot90)])
def test_everything_at_once(orientation, turned):
    """16 bits, alpha, a profile, and a camera that was held on its side."""
    deep = noise(10, 14, 4, dtype=np.uint16)
    exif = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01" + struct.pack(">HH", orientation, 0) + b"\0\0\0\0"
    with fs.Image.decode(pngs.written(deep, pngs.chunk(b"eXIf", exif), icc=icc.rgb())) as image:
        seen, wanted = image.to_array("rgba", np.uint16), turned(deep)
        assert seen.shape == wanted.shape
        assert np.abs(seen[..., 3] - wanted[..., 3].astype(float)).max() <= 128.5
        colours = 65535 * icc.from_gamma(wanted[..., :3] / 65535, 2.2)
        assert np.abs(seen[..., :3] - colours).max() <= tolerances.COLOUR_16
        file = image.encode()
        assert b"sRGB" in [name for name, _ in pngs.chunks(file)]
        assert np.array_equal(pngs.read(file), seen)


def test_a_profile_that_says_nothing_of_the_picture_is_no_profile():
    array, grey = noise(24, 32, 3), smooth(1)[..., 0]
    whole = icc.rgb()
    broken = [b"", whole[:100], whole[:200], whole[:-40], bytes(len(whole)), whole.replace(b"acsp", b"acsq")]
    for profile in [*broken, icc.grey(), icc.cmyk(), icc.rgb(kind=b"link"), icc.rgb(kind=b"abst"), icc.rgb(kind=b"nmcl")]:
        assert apart(pngs.written(array, icc=profile), array) == 0
    bad = pngs.written(array, icc=whole)
    at = bad.index(b"iCCP") + 20
    assert apart(bad[:at] + b"!" + bad[at + 1 :], array) == 0  # another check sum
    assert apart(pngs.written(array, pngs.chunk(b"iCCP", b"a name\0\0no deflate")), array) == 0
    image = PIL.Image.fromarray(smooth(3))
    plain = np.asarray(PIL.Image.open(io.BytesIO(jpeg(image))))
    for profile in [*broken[1:], icc.grey(), icc.cmyk()]:
        assert apart(jpeg(image, icc_profile=profile), plain) <= 1
    for profile in (icc.rgb(), icc.grey()):
        inks = PIL.Image.fromarray(smooth(4), "CMYK")
        with fs.Image.decode(jpeg(inks)) as plain, fs.Image.decode(jpeg(inks, icc_profile=profile)) as tagged:
            assert np.array_equal(plain.to_array(), tagged.to_array())
    # Every grey is a colour of an RGB profile, with three numbers alike.
    with fs.Image.decode(jpeg(PIL.Image.fromarray(grey), icc_profile=whole)) as image:
        assert not np.array_equal(image.to_array()[..., 0], grey)


def test_a_profile_that_promises_too_much_costs_nothing():
    array = noise(24, 32, 3)
    whole = icc.rgb()
    bomb = pngs.written(array, icc=struct.pack(">I", 1 << 30) + whole[4:] + bytes(1 << 26))  # 64 KiB in the file
    begun = time.monotonic()
    assert apart(bomb, array) == 0
    huge = b"\xff\xff\xff\xff"
    for place in (0, 128, 136, 140):  # the size, the number of tags, a tag's place and size
        with fs.Image.decode(pngs.written(array, icc=whole[:place] + huge + whole[place + 4 :])) as image:
            assert image.width == 32
    at = whole.index(b"curv") + 8
    with fs.Image.decode(pngs.written(array, icc=whole[:at] + huge + whole[at + 4 :])) as image:
        assert image.width == 32
    assert time.monotonic() - begun < 5
    begun = time.monotonic()
    deep = noise(300, 300, 3, dtype=np.uint16)
    with fs.Image.decode(pngs.written(deep, icc=whole)) as wanted:
        assert apart(pngs.written(deep, icc=icc.rgb(more=[icc.program(20_000)])), wanted.to_array(dtype=np.uint16), np.uint16) == 0
    assert time.monotonic() - begun < 5


def segments(profile, pieces, order=None, count=None):
    """A JPEG with a profile in so many APP2 segments."""
    size = -(-len(profile) // pieces)
    parts = [profile[i * size : (i + 1) * size] for i in range(pieces)]
    out = b""
    for i in order or range(pieces):
        body = b"ICC_PROFILE\0" + bytes([i + 1, count or pieces]) + parts[i]
        out += b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body
    file = jpeg(PIL.Image.fromarray(smooth(3)))
    return file[:2] + out + file[2:]


def test_a_profile_in_pieces():
    profile = icc.rgb()
    with fs.Image.decode(jpeg(PIL.Image.fromarray(smooth(3)), icc_profile=profile)) as image:
        wanted = image.to_array().astype(int)
    plain = np.asarray(PIL.Image.open(io.BytesIO(jpeg(PIL.Image.fromarray(smooth(3))))))
    for pieces, order in ((2, None), (5, None), (5, [4, 2, 0, 1, 3]), (100, None)):
        assert apart(segments(profile, pieces, order), wanted) == 0
    for order, count in (([0, 1], 3), ([0, 2], 3), ([0, 1, 1], 3), ([0, 1, 2, 2], 3), ([0, 1, 2], 2), ([0, 1, 2], 4), ([0, 1, 2], 255)):
        assert apart(segments(profile, 3, order, count), plain) <= 1
    large = profile + bytes(200_000)  # pieces of 64 KiB, as cameras write
    assert apart(jpeg(PIL.Image.fromarray(smooth(3)), icc_profile=large), wanted) == 0


def test_gamma_without_a_profile_is_heeded_as_before():
    array = noise(24, 32, 3)
    file = pngs.written(array, pngs.chunk(b"gAMA", struct.pack(">I", 100000)))
    assert apart(file, 255 * (array / 255) ** (1 / 2.2)) <= 1  # libpng's power in place of sRGB's curve
    with_profile = pngs.written(array, pngs.chunk(b"gAMA", struct.pack(">I", 100000)), icc=icc.rgb())
    assert apart(with_profile, 255 * icc.from_gamma(array / 255, 2.2)) <= tolerances.COLOUR


def test_many_threads_decode_at_once():
    array = noise(40, 50, 3)
    files = [pngs.written(array, icc=icc.rgb(tone=icc.curve(gamma))) for gamma in (1.0, 1.8, 2.2)]

    def decoded(file):
        with fs.Image.decode(file) as image:
            return image.to_array().tobytes()

    wanted = [decoded(file) for file in files]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(decoded, files * 20)) == wanted * 20
