#!/usr/bin/env bash
# Pillow 13 does not resize to the same pixels as Pillow 12.
#
# One would expect: Image.resize with a named filter, on the same 8-bit picture, gives the same bytes in every release, so
# that a model's preprocessing and a test's expected numbers need no Pillow version beside them.
#
# What happens: both make two passes and round to 8 bits between them. Up to 12.3.0 the rows are always resampled first. From
# 13.0.0 on the columns come first where the height shrinks and the width does not, so about a quarter of the bytes move: by
# one level with the bilinear filter, and by up to 19 on noise with the bicubic one, whose overshoots are cut to 0 to 255
# between the passes. A face crop of 90x120 that goes to 112x112 is such a case; shrinking both sides, or enlarging both, is not.
#
# Why it matters: embeddings computed beside each other by programs with two Pillow versions are not bit-equal, golden files
# break on an upgrade that no changelog of theirs mentions, and "equals Pillow" means nothing without a version. (FS_BILINEAR and
# FS_BICUBIC equal Pillow 12.)
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for version in 12.3.0 13.0.0; do
  python3 -m venv "$folder/$version"
  "$folder/$version/bin/pip" install --quiet --disable-pip-version-check "pillow==$version" numpy==2.4.6
  "$folder/$version/bin/python" - "$folder" <<'PYTHON'
import sys
import numpy as np
import PIL
from PIL import Image

made = {}
for name, (width, height), size in [
    ("both sides shrink", (640, 480), (160, 160)),
    ("both sides grow", (90, 100), (112, 112)),
    ("only the width shrinks", (120, 90), (112, 112)),
    ("only the height shrinks", (90, 120), (112, 112)),
]:
    noise = np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)
    for kind in (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC):
        made[f"{name}, {kind.name}"] = np.asarray(Image.fromarray(noise).resize(size, kind))
np.savez(f"{sys.argv[1]}/{PIL.__version__}.npz", **made)
PYTHON
done

"$folder/13.0.0/bin/python" - "$folder" <<'PYTHON'
import sys
import numpy as np

old, new = (np.load(f"{sys.argv[1]}/{version}.npz") for version in ("12.3.0", "13.0.0"))
print("Pillow 12.3.0 beside 13.0.0")
for name in old:
    apart = np.abs(old[name].astype(int) - new[name].astype(int))
    print(f"  {name}: {(apart > 0).mean():.1%} of the bytes differ, by at most {apart.max()}")
    if name.startswith("only the height"):
        most = {"BILINEAR": 1, "BICUBIC": 19}[name.split()[-1]]
        assert 0.1 < (apart > 0).mean() < 0.5 and apart.max() == most, "the releases agree, or differ otherwise"
    else:
        assert apart.max() == 0, "more kinds of resizing differ than this comment says"
PYTHON
