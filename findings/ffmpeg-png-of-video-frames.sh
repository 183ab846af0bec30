#!/usr/bin/env bash
# A frame of ordinary HD video (BT.709), saved by ffmpeg as PNG: does a grey of 128 stay 128?
#
# One would expect: yes. The PNG has the level 128, players show the video's 128 as sRGB's 128, and Pillow reads 128.
#
# What happens: ffmpeg 7 also writes a gAMA chunk of 0.50994 (a camera's mean exponent, which no screen has), beside cICP
# 1 1 0 1. By the PNG specification (third edition) cICP counts and gAMA must be ignored. Readers without cICP - libpng 1.6's
# own conversion to sRGB, which its simplified interface does too - obey gAMA: the 128 becomes 138, every frame is brighter.
# ffmpeg 9 writes 0.45455, which moves nothing. Pillow ignores both chunks: the two readers differ by 10 levels on one file.
#
# Why it matters: faces enrolled from frames in one program and compared in another are lit differently; training sets
# extracted from videos by ffmpeg depend on who reads them. libfacestyle heeds cICP.
#
# Needs a C compiler and libpng-dev.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

python3 -m venv seven
seven/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.6.0 pillow==12.3.0
python3 -m venv nine
nine/bin/pip install --quiet --disable-pip-version-check imageio-ffmpeg==0.8.1

cat > read.c <<'C'
#include <png.h>
#include <stdio.h>
#include <stdlib.h>
int main(int count, char **paths) {
  png_image image = {.version = PNG_IMAGE_VERSION};
  if (count < 2 || !png_image_begin_read_from_file(&image, paths[1])) return 1;
  image.format = PNG_FORMAT_RGB; /* 8 bits: sRGB */
  unsigned char *pixels = malloc(PNG_IMAGE_SIZE(image));
  if (!png_image_finish_read(&image, NULL, pixels, 0, NULL)) return 1;
  printf("%d\n", pixels[0]);
  return 0;
}
C
cc -o read read.c $(pkg-config --cflags --libs libpng)
echo "libpng $(pkg-config --modversion libpng), Pillow $(seven/bin/python -c 'import PIL; print(PIL.__version__)')"

for which in seven nine; do
  ffmpeg=$($which/bin/python -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
  "$ffmpeg" -version | head -1 | cut -d' ' -f1-3
  "$ffmpeg" -v error -nostdin -y -f lavfi -i \
    "color=c=gray:s=64x48,format=yuv420p,setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709" \
    -frames:v 2 -c:v libx264 -qp 1 video.mp4
  "$ffmpeg" -v error -nostdin -y -i video.mp4 -frames:v 1 frame.png
  seven/bin/python - "$which" "$(./read frame.png)" <<'PYTHON'
import sys
from PIL import Image
which, by_libpng = sys.argv[1], int(sys.argv[2])
data = open("frame.png", "rb").read()
content = lambda name: data[data.index(name) + 4 :]
gamma, code_points = int.from_bytes(content(b"gAMA")[:4], "big"), list(content(b"cICP")[:4])
by_pillow = Image.open("frame.png").convert("RGB").getpixel((0, 0))[0]
print(f"  cICP {code_points}, gAMA {gamma}: Pillow reads {by_pillow}, libpng {by_libpng}")
assert code_points == [1, 1, 0, 1] and abs(by_pillow - 128) <= 1
assert gamma == {"seven": 50994, "nine": 45455}[which]
assert abs(by_libpng - {"seven": 138, "nine": 128}[which]) <= 2, by_libpng
PYTHON
done
echo "as described"
