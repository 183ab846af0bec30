"""Writes ../images.json: what Pillow, NumPy and OpenCV make of a small picture, and small files with their pixels.

    python3 -m venv v
    v/bin/pip install pillow==12.3.0 numpy==2.4.6 opencv-python-headless==5.0.0.93
    v/bin/python images_reference.py

Pillow up to 12 resizes along the rows first, always; Pillow 13 begins with the columns when the picture becomes wider
and lower, which moves bilinear by 1 level and bicubic by a few at edges. The library keeps the older order.

Pixels are written as hexadecimal, R G B, row after row. The picture is worked out from a formula, so that the
tests make the same one: value(x, y, c) = (37 x + 59 y + 83 c + 11 x y) mod 256.
"""
import base64, io, json, math, pathlib
import cv2, numpy as np
from PIL import Image

W, H = 13, 9
picture = np.fromfunction(lambda y, x, c: (37 * x + 59 * y + 83 * c + 11 * x * y) % 256, (H, W, 3), dtype=int).astype(np.uint8)
pil = Image.fromarray(picture)
hexadecimal = lambda a: np.ascontiguousarray(a, dtype=np.uint8).tobytes().hex()


def area_mean(a, width, height):
    """torch.nn.functional.interpolate(mode="area"), in double."""
    rows, cols = a.shape[:2]
    out = np.zeros((height, width, 3))
    for j in range(height):
        for i in range(width):
            part = a[j * rows // height : -(-(j + 1) * rows // height), i * cols // width : -(-(i + 1) * cols // width)]
            out[j, i] = part.reshape(-1, 3).astype(float).mean(0)
    return out


sizes = [(5, 4), (29, 17), (13, 9), (1, 1), (7, 17), (29, 4), (13, 4), (5, 9)]
resized = [
    {
        "width": w, "height": h,
        "bilinear": hexadecimal(np.asarray(pil.resize((w, h), Image.BILINEAR))),
        "bicubic": hexadecimal(np.asarray(pil.resize((w, h), Image.BICUBIC))),
        "area": hexadecimal(np.floor(area_mean(picture, w, h) + 0.5)),
    }
    for w, h in sizes
]

part = area_mean(picture[2:8, 3:12], 5, 4)
floats = [round(float(v), 6) for v in ((part - 127.5) * 0.0078125).ravel()]


def turn(degrees, scale, dx, dy):
    c, s = scale * math.cos(math.radians(degrees)), scale * math.sin(math.radians(degrees))
    return [c, -s, dx, s, c, dy]


warped = []
smooth = np.fromfunction(lambda y, x, c: 40 + 12 * x + 6 * y + 10 * c, (H, W, 3)).astype(np.uint8)
for m in [turn(0, 1, 2, 1), turn(30, 1.3, 3.25, -1.5), turn(-75, 0.6, 2, 9), [1, 0.2, -1.3, -0.1, 0.8, 0.7]]:
    m = [round(v, 6) for v in m]
    out = cv2.warpAffine(smooth, np.array(m).reshape(2, 3), (17, 11), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    warped.append({"matrix": m, "pixels": hexadecimal(out)})


def file(name, data, wanted):
    return {"name": name, "file": base64.b64encode(data).decode(), "width": wanted.shape[1], "height": wanted.shape[0],
            "pixels": hexadecimal(wanted)}


def saved(image, kind, **options):
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


smooth_pil = Image.fromarray(smooth)
grey = smooth_pil.convert("L")
alpha = picture[:, :, 0]
rgba = np.dstack([picture, alpha])
over_white = np.floor((picture * (alpha[..., None] / 255.0) + 255 * (1 - alpha[..., None] / 255.0)) + 0.5)
palette = smooth_pil.quantize(16)
clear = saved(palette, "PNG", transparency=0)
shown = Image.open(io.BytesIO(clear)).convert("RGBA")
shown = Image.alpha_composite(Image.new("RGBA", shown.size, "white"), shown).convert("RGB")
deep = cv2.imencode(".png", picture[:, :, ::-1].astype(np.uint16) * 257)[1].tobytes()
cmyk = saved(smooth_pil.convert("CMYK"), "JPEG", quality=95)
at = cmyk.index(b"\xff\xee")
plain_cmyk = cmyk[:at] + cmyk[at + 2 + int.from_bytes(cmyk[at + 2 : at + 4], "big") :]
def decoded(data):
    """Ink by ink, then (255 - C)(255 - K) / 255. Pillow takes inks for inverted with Adobe's marker and without, as OpenCV,
    ffmpeg, libvips and libjpeg-turbo's djpeg do."""
    inks = np.asarray(Image.open(io.BytesIO(data))).astype(int)
    return ((255 - inks[..., :3]) * (255 - inks[..., 3:]) + 127) // 255
exif = Image.Exif()
exif[274] = 6
turned_jpeg = saved(smooth_pil, "JPEG", quality=95, progressive=True, exif=exif)
turned_png = saved(pil, "PNG", exif=exif)
rgb = lambda data: np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
files = [
    file("grey png", saved(grey, "PNG"), np.asarray(grey.convert("RGB"))),
    file("alpha png", saved(Image.fromarray(rgba), "PNG"), over_white),
    file("palette png", saved(palette, "PNG"), np.asarray(palette.convert("RGB"))),
    file("palette png with a clear colour", clear, np.asarray(shown)),
    file("1 bit png", saved(grey.point(lambda v: 255 * (v > 128)).convert("1"), "PNG"), np.repeat((np.asarray(grey) > 128)[..., None] * 255, 3, 2)),
    file("16 bit png", deep, picture),
    file("turned png", turned_png, np.rot90(picture, -1)),
    file("grey jpeg", saved(grey, "JPEG", quality=95), rgb(saved(grey, "JPEG", quality=95))),
    file("4:2:0 jpeg", saved(smooth_pil, "JPEG", quality=90, subsampling=2), rgb(saved(smooth_pil, "JPEG", quality=90, subsampling=2))),
    file("progressive turned jpeg", turned_jpeg, np.rot90(rgb(turned_jpeg), -1)),
    file("Adobe CMYK jpeg", cmyk, decoded(cmyk)),
    file("plain CMYK jpeg", plain_cmyk, decoded(plain_cmyk)),
]

target = pathlib.Path(__file__).parent.parent / "images.json"
target.write_text(json.dumps({"resized": resized, "areaFloats": floats, "warped": warped, "files": files}, indent=0) + "\n")
print(target, target.stat().st_size)
