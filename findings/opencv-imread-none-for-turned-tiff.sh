#!/usr/bin/env bash
# cv2.imread returns None for a valid TIFF that lies on its side; cv2.imdecode and cv2.imreadmulti read it.
#
# One would expect: imread, imdecode and imreadmulti read the same files; or, of a file that none can read, an exception or a message.
#
# What happens (OpenCV 4.11.0 to 5.0.0): of a TIFF whose orientation is 5 to 8 (a quarter turn), imread returns None, no exception,
# unless the picture is square (the log has "Internal imread issue"); with orientation 1 to 4 it reads it. imdecode of the same bytes and imreadmulti of the same file
# return it, turned. IMREAD_IGNORE_ORIENTATION does not help: imread still returns None.
#
# Why it matters: scanners and cameras write such files. A program that skips what imread cannot read leaves out every portrait of a
# folder of TIFFs. libfacestyle reads all eight orientations (fs_image_open).
set -euo pipefail
export OPENCV_LOG_LEVEL=SILENT
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

for opencv in 4.11.0.86 4.14.0.94 5.0.0.93; do
  python3 -m venv "$folder/$opencv"
  "$folder/$opencv/bin/pip" install --quiet --disable-pip-version-check "opencv-python-headless==$opencv" pillow==13.0.0 numpy==2.4.6
  "$folder/$opencv/bin/python" - "$folder" <<'PYTHON'
import sys

import cv2
import numpy as np
import PIL.Image

rows, columns = np.mgrid[0:40, 0:60]
lying = np.stack([4 * columns, 6 * rows, 0 * rows], -1).astype(np.uint8)
seen = {}
for name, pixels in {"60x40": lying, "40x40": lying[:, :40]}.items():
    for orientation in range(1, 9):
        path = f"{sys.argv[1]}/{name}-{orientation}.tif"
        PIL.Image.fromarray(pixels).save(path, tiffinfo={274: orientation})
        read = cv2.imread(path)
        ignoring = cv2.imread(path, cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
        decoded = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
        several = cv2.imreadmulti(path)[1]
        seen[name, orientation] = (read is not None, ignoring is not None, decoded.shape[:2], several[0].shape[:2])
print(f"OpenCV {cv2.__version__}")
for (name, orientation), (read, ignoring, decoded, several) in seen.items():
    print(f"  {name}, orientation {orientation}: imread {'a picture' if read else 'None'}, ignoring orientation "
          f"{'a picture' if ignoring else 'None'}, imdecode {decoded}, imreadmulti {several}")
for (name, orientation), (read, ignoring, decoded, several) in seen.items():
    is_lost = name == "60x40" and orientation >= 5
    assert read == ignoring == (not is_lost), (name, orientation)
    upright = (60, 40) if is_lost else (40, int(name[:2]))
    assert decoded == several == upright, (name, orientation, decoded, several)
PYTHON
done
