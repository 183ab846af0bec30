"""Alpha and 16 bits come back as they went in, through files and through what is done with pictures."""

import io

import numpy as np
import PIL.Image
import pytest

import facestyle as fs
import pngs
import tolerances


def noise(*shape, dtype=np.uint8):
    return np.random.default_rng(7).integers(0, np.iinfo(dtype).max + 1, shape, dtype)


def over_white(rgba):
    alpha = rgba[..., 3:].astype(float) / np.iinfo(rgba.dtype).max
    return rgba[..., :3] * alpha + np.iinfo(rgba.dtype).max * (1 - alpha)


# ---- Alpha ----


def test_a_file_with_alpha_is_written_as_it_was():
    rgba = noise(9, 13, 4)
    with fs.Image.decode(pngs.written(rgba)) as image:
        assert np.array_equal(image.alpha, rgba[..., 3])
        assert np.array_equal(image.to_array("rgba"), rgba)
        assert np.abs(image.to_array() - over_white(rgba)).max() <= 0.5
        assert np.array_equal(pngs.read(image.encode()), rgba)
        pillow = PIL.Image.open(io.BytesIO(image.encode()))
        assert pillow.mode == "RGBA" and np.array_equal(np.asarray(pillow), rgba)
        with fs.Image.decode(image.encode("jpeg", 100)) as flat:
            assert flat.alpha is None


def test_grey_and_palette_files_have_alpha_too():
    grey = noise(5, 6, 2)
    with fs.Image.decode(pngs.written(grey)) as image:
        assert np.array_equal(image.to_array("rgba"), grey[..., [0, 0, 0, 1]])
    file = io.BytesIO()
    palette = PIL.Image.fromarray(noise(5, 6, 3)).quantize(8)
    palette.save(file, "PNG", transparency=0)
    with fs.Image.decode(file.getvalue()) as image:
        assert np.array_equal(image.to_array("rgba"), np.asarray(PIL.Image.open(file).convert("RGBA")))


def test_what_is_opaque_has_no_alpha(picture):
    opaque = np.dstack([noise(4, 5, 3), np.full((4, 5), 255, np.uint8)])
    with fs.Image.decode(pngs.written(opaque)) as image:
        assert image.alpha is None
        assert np.array_equal(image.to_array("rgba"), opaque)
        assert pngs.read(image.encode()).shape == (4, 5, 3)
    assert picture.alpha is None


@pytest.mark.parametrize("format, order", [("rgba", [0, 1, 2, 3]), ("bgra", [2, 1, 0, 3])])
def test_an_array_with_alpha_is_a_picture_with_alpha(format, order):
    rgba = noise(5, 8, 4)
    with fs.Image.from_array(rgba[..., order], format, rotation=90) as image:
        assert np.array_equal(image.to_array("rgba"), np.rot90(rgba, -1))


def test_a_part_of_a_picture_keeps_alpha():
    rgba = noise(9, 13, 4)
    rgba[:4, :4, 3] = 255
    with fs.Image.from_array(rgba) as image:
        with image.crop(2, 3, 7, 5) as part:
            assert np.array_equal(part.to_array("rgba"), rgba[3:8, 2:9])
        with image.crop(0, 0, 4, 4) as part:
            assert part.alpha is None
        with image.warp([[1, 0, 0], [0, 1, 0]], 13, 9) as moved:
            assert moved.alpha is None and np.array_equal(moved.to_array(), image.to_array())


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("filter", ["bilinear", "area"])
def test_a_clear_pixel_lends_no_colour(filter, dtype):
    """Halves: means of four pixels by the area, each weighed by its alpha. The triangle is compared with Pillow's."""
    white = np.iinfo(dtype).max
    rgba = noise(12, 16, 4, dtype=dtype)
    rgba[..., 3] = (noise(12, 16) // 128).astype(dtype) * white  # clear or not
    rgba[:2, :2, 3] = 0
    with fs.Image.from_array(rgba) as image, image.resize(8, 6, filter) as half:
        assert half.bits == image.bits
        seen = half.to_array("rgba", dtype).astype(float)
        assert (seen[0, 0] == [white, white, white, 0]).all() or filter == "bilinear"
        weight = rgba[..., 3:] / white
        if filter == "area":
            weights = weight.reshape(6, 2, 8, 2, 1).mean((1, 3))
            colours = (rgba[..., :3] * weight).reshape(6, 2, 8, 2, 3).mean((1, 3))
            colours = np.where(weights > 0, colours / np.maximum(weights, 0.1), white)
            # A quarter of a 16-bit step remains of the smallest weight that there is here, 1/4.
            assert np.abs(seen[..., :3] - colours).max() <= (0.51 if dtype == np.uint8 else 4)
            assert np.abs(seen[..., 3] - white * weights[..., 0]).max() <= white / 255 / 2 + 0.01
        else:
            levels = (rgba // (white // 255)).astype(np.uint8)
            theirs = np.asarray(PIL.Image.fromarray(levels).resize((8, 6), PIL.Image.BILINEAR)).astype(float)
            # Where next to nothing is left, Pillow's 8 bits of colour times alpha say little.
            theirs, ours = over_white(theirs.astype(np.uint8)), over_white(seen.astype(dtype)) * 255 / white
            assert np.abs(ours - theirs).max() <= tolerances.ALPHA


def test_resizing_looks_the_same_before_and_after_the_blend():
    rgba = noise(20, 30, 4)
    with fs.Image.from_array(rgba) as image, fs.Image.from_array(image.to_array()) as flat:
        for filter in ("bilinear", "bicubic", "area"):
            with image.resize(11, 25, filter) as ours, flat.resize(11, 25, filter) as theirs:
                apart = np.abs(ours.to_array().astype(int) - theirs.to_array()).max()
                # A cubic overshoots, and what is cut off then is not the same.
                assert apart <= tolerances.ALPHA or filter == "bicubic" and apart <= 30


def test_alpha_is_put_on_another_picture(picture):
    rgba = noise(30, 40, 4)
    with fs.Image.from_array(rgba) as source, picture.with_alpha(source) as both:
        assert np.array_equal(both.to_array("rgba"), np.dstack([picture.to_array(), rgba[..., 3]]))
        with both.with_alpha(picture) as again, both.unblended() as colours:
            assert again.alpha is None and colours.alpha is None
            assert np.array_equal(again.to_array(), picture.to_array())
            assert np.array_equal(colours.to_array(), picture.to_array())
        with picture.resize(20, 15) as small, small.with_alpha(source) as both:
            alpha = PIL.Image.fromarray(rgba[..., 3]).resize((20, 15), PIL.Image.BILINEAR)
            assert np.array_equal(both.alpha, np.asarray(alpha))
    with fs.Image.from_array(noise(4, 4, 3)) as opaque, picture.unblended() as same:
        assert np.array_equal(same.to_array(), picture.to_array())
        with picture.with_alpha(opaque) as same:
            assert same.alpha is None


# ---- 16 bits ----


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_file_of_16_bits_keeps_them(channels):
    deep = noise(9, 13, channels, dtype=np.uint16)
    rgb = deep[..., :3] if channels >= 3 else deep[..., [0, 0, 0]]
    with fs.Image.decode(pngs.written(deep)) as image:
        assert image.bits == 16
        with image.unblended() as colours:
            assert np.array_equal(colours.to_array(dtype=np.uint16), rgb)
            assert np.array_equal(colours.to_array(), np.round(rgb / 257))
        again = pngs.read(image.encode())
        assert again.dtype == np.uint16 and np.array_equal(again[..., :3], rgb)
        if channels in (2, 4):
            assert np.abs(image.alpha - deep[..., -1] / 257).max() <= 0.5
            assert np.array_equal(again[..., 3], image.alpha * np.uint16(257))
            rounded = np.dstack([rgb, again[..., 3]])
            assert np.abs(image.to_array(dtype=np.uint16) - over_white(rounded)).max() <= 0.51
        else:
            assert np.array_equal(image.to_array(dtype=np.uint16), rgb)
        with fs.Image.decode(image.encode("jpeg")) as shallow:
            assert shallow.bits == 8


def test_an_array_of_16_bits_is_a_picture_of_16_bits():
    deep = noise(5, 8, 4, dtype=np.uint16)
    deep[..., 3] = noise(5, 8).astype(np.uint16) * 257
    with fs.Image.from_array(deep) as image:
        assert np.array_equal(image.to_array("rgba", np.uint16), deep)
    with fs.Image.from_array(deep[..., [2, 1, 0]], "bgr", rotation=270) as image:
        assert np.array_equal(image.to_array(dtype=np.uint16), np.rot90(deep[..., :3]))
    with fs.Image.from_array(deep[..., 0]) as image:
        assert np.array_equal(image.to_array(dtype=np.uint16), deep[..., [0, 0, 0]])
    with fs.Image.from_array(noise(5, 8, 3)) as image:
        assert image.bits == 8
        assert np.array_equal(image.to_array(dtype=np.uint16), image.to_array() * np.uint16(257))
    with pytest.raises(TypeError, match="float32"):
        image.to_array(dtype=np.float32)
    with pytest.raises(ValueError, match="'bgr'"):
        image.to_array("bgr")


def test_parts_and_sizes_keep_16_bits():
    deep = noise(12, 16, 3, dtype=np.uint16)
    with fs.Image.from_array(deep) as image:
        with image.crop(2, 3, 7, 5) as part:
            assert np.array_equal(part.to_array(dtype=np.uint16), deep[3:8, 2:9])
        with image.resize(8, 6, "area") as half:
            mean = deep.reshape(6, 2, 8, 2, 3).mean((1, 3))
            assert np.abs(half.to_array(dtype=np.uint16) - mean).max() <= 0.5 + 1e-6
        for filter, pillow in (("bilinear", PIL.Image.BILINEAR), ("bicubic", PIL.Image.BICUBIC)):
            with image.resize(7, 19, filter) as other:
                seen = other.to_array(dtype=np.uint16).astype(float)
                for channel in range(3):
                    plane = PIL.Image.fromarray(deep[..., channel].astype(np.float32))
                    # Rounded between rows and columns, and again: half a level, times what a cubic's weights sum to, and half.
                    wanted = np.clip(np.asarray(plane.resize((7, 19), pillow)), 0, 65535)
                    assert np.abs(seen[..., channel] - wanted).max() <= 1.3 or filter == "bicubic"
                    assert np.percentile(np.abs(seen[..., channel] - wanted), 75) <= 1.3
        with image.warp([[1, 0, 0], [0, 1, 0]], 16, 12) as moved:
            assert moved.bits == 8 and np.array_equal(moved.to_array(), image.to_array())
