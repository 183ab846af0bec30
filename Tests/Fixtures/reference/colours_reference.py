"""Writes ../colours.json: small files with ICC profiles, and what they are in sRGB.

    python3 -m venv v
    v/bin/pip install pillow==13.0.0 numpy==2.4.6
    v/bin/python colours_reference.py

8-bit files: by Pillow's ImageCms (Little CMS), relative colorimetric with black point compensation. 16-bit ones and greys: by the
formulas, in numpy. The profiles are made by hand in bindings/python/tests/icc.py, the PNG files in pngs.py beside it.

Pixels are written as hexadecimal, R G B, row after row; 16-bit ones as numbers.
"""
import base64, io, json, pathlib, sys
import numpy as np
from PIL import Image, ImageCms

here = pathlib.Path(__file__).parent
sys.path.insert(0, str(here.parents[2] / "bindings/python/tests"))
import icc, pngs

W, H = 13, 9
picture = np.fromfunction(lambda y, x, c: (37 * x + 59 * y + 83 * c + 11 * x * y) % 256, (H, W, 3), dtype=int).astype(np.uint8)
smooth = np.fromfunction(lambda y, x, c: 40 + 12 * x + 6 * y + 10 * c, (H, W, 4)).astype(np.uint8)
deep = (picture.astype(np.uint16) * 251 + 1234).astype(np.uint16)


def by_pillow(image, profile):
    standard = ImageCms.createProfile("sRGB")
    return np.asarray(ImageCms.profileToProfile(image, io.BytesIO(profile), standard, renderingIntent=1, outputMode="RGB", flags=0x2000))


def jpeg(image, profile):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95, icc_profile=profile)
    return out.getvalue()


def file(name, data, pixels, samples=None):
    found = {"name": name, "file": base64.b64encode(data).decode(), "pixels": pixels.astype(np.uint8).tobytes().hex()}
    return found | ({} if samples is None else {"samples": samples.ravel().tolist()})


grey = np.repeat(np.round(255 * icc.grey_from_gamma(picture[..., :1] / 255, 1.0)), 3, 2)
exact = np.round(65535 * icc.from_gamma(deep / 65535, 1.8)).astype(np.uint16)
wide_jpeg = jpeg(Image.fromarray(smooth[..., :3].copy()), icc.rgb())
ink_jpeg = jpeg(Image.fromarray(smooth, "CMYK"), icc.cmyk())
files = [
    file("wide png", pngs.written(picture, icc=icc.rgb()), by_pillow(Image.fromarray(picture), icc.rgb())),
    file("sRGB png", pngs.written(picture, icc=icc.srgb()), picture),
    file("grey png", pngs.written(picture[..., 0], icc=icc.grey(1.0)), grey),
    file("16-bit png", pngs.written(deep, icc=icc.rgb(tone=icc.curve(1.8))), np.round(exact / 257), exact),
    file("wide jpeg", wide_jpeg, by_pillow(Image.open(io.BytesIO(wide_jpeg)), icc.rgb())),
    file("cmyk jpeg", ink_jpeg, by_pillow(Image.open(io.BytesIO(ink_jpeg)), icc.cmyk())),
]
profiles = {"wide": base64.b64encode(icc.rgb()).decode(), "grey": base64.b64encode(icc.grey(1.0)).decode(),
            "cmyk": base64.b64encode(icc.cmyk()).decode()}
target = here.parent / "colours.json"
target.write_text(json.dumps({"files": files, "profiles": profiles}, indent=0) + "\n")
print(target, target.stat().st_size)
