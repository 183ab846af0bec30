#!/usr/bin/env bash
# Pillow reads strong blue of an AVIF in limited range up to 16 levels too dark; libheif does not.
#
# One would expect: at quality 100 and without chroma subsampling a colour comes back within two or three levels, whatever the range of
# the luma, as it does in full range.
#
# What happens (Pillow 13.0.0 with its libavif 1.4.2; Debian's heif-convert is asked too where it is installed): (10, 10, 250) written with range="limited" is read by Pillow as about (10, 10, 237). Written with
# range="full" it comes back as (10, 10, 250). The file is right: heif-convert (libheif 1.15.1) reads blue rightly from the
# same bytes.
#
# Why it matters: phones and cameras that encode video write AVIF in limited range. Blue clothes and skies become other colours, and
# skin's blue moves by 3 to 5 levels, in programs that decode by libavif as Pillow does. libfacestyle reads AVIF through libheif.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
"$folder/venv/bin/python" - "$folder" <<'PYTHON'
import io
import sys

import numpy as np
import PIL
import PIL.features
import PIL.Image

print(f"Pillow {PIL.__version__}, libavif {PIL.features.version('avif')}")
colour = (10, 10, 250)
for kind in ("full", "limited"):
    file = io.BytesIO()
    PIL.Image.new("RGB", (64, 64), colour).save(file, "AVIF", quality=100, subsampling="4:4:4", range=kind)
    open(f"{sys.argv[1]}/{kind}.avif", "wb").write(file.getvalue())
    read = np.asarray(PIL.Image.open(file)).reshape(-1, 3).mean(0).round().astype(int)
    print(f"  {kind} range: {colour} is read as {tuple(read.tolist())}")
    apart = np.abs(read - colour)
    assert apart[:2].max() <= 3
    assert apart[2] <= 3 if kind == "full" else 10 <= apart[2] <= 18, read
PYTHON
if command -v heif-convert >/dev/null; then
  heif-convert "$folder/limited.avif" "$folder/limited.png" >/dev/null
  "$folder/venv/bin/python" - "$folder/limited.png" <<'PYTHON'
import sys

import numpy as np
import PIL.Image

read = np.asarray(PIL.Image.open(sys.argv[1]).convert("RGB")).reshape(-1, 3).mean(0).round().astype(int)
print(f"  the file of limited range by heif-convert: {tuple(read.tolist())}")
assert np.abs(read - (10, 10, 250)).max() <= 3, read
PYTHON
fi
