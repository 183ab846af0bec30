#!/usr/bin/env bash
# Which YUV does `ffmpeg ... -pix_fmt nv12` pipe into a program?
#
# One would expect: HD is BT.709, small pictures are BT.601, and NV12 has limited range (Y from 16 to 235).
#
# What happens:
# - Of RGB (a PNG, a screen, a generated picture) ffmpeg makes BT.601 at every size, 1920x1080 too.
# - The YUV of a decoded video passes through as it is: HD video that is tagged BT.709 stays BT.709, also when it is scaled
#   to 640x480.
# - Of MJPEG, which most webcams send, the same command makes limited range with ffmpeg 7 and full range with ffmpeg 9. Nothing
#   is printed about it. `-vf scale=out_range=tv` gives limited range with both.
#
# Why it matters: a frame read with the wrong matrix has other greens and reds; a full range read as a limited one burns out
# what is brighter than 235, loses what is darker than 16, and has more contrast between.
# A camera that worked looks different after an update of ffmpeg. Who describes a frame (fs_frame's `matrix` and `range`) must
# know what made it; the size says nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

for version in 0.6.0 0.8.1; do # static builds of ffmpeg 7.0.2 and 9.0.2
  python3 -m venv "v$version"
  "v$version/bin/pip" install --quiet --disable-pip-version-check "imageio-ffmpeg==$version"
done

# Y, U and V of the first pixel of an NV12 frame of so many luma bytes.
first() { python3 -c "
data = open('frame.nv12', 'rb').read()
print(data[0], data[$1], data[$1 + 1])"; }

# One green: BT.601 has Y = 0.587 and BT.709 Y = 0.7152 of it, times 219 and 16 more, or times 255. Two levels of tolerance:
# codecs round.
check() { # what, expected, seen
  python3 - "$1" "$2" "$3" <<'PYTHON'
import sys
what, expected, seen = sys.argv[1], *(list(map(int, words.split())) for words in sys.argv[2:])
print(f"  {what}: Y U V = {seen}, expected {expected}")
sys.exit(any(abs(a - b) > 2 for a, b in zip(expected, seen)))
PYTHON
}
limited601='145 54 34' limited709='173 42 26' full601='150 44 21'

for version in 0.6.0 0.8.1; do
  ffmpeg=$("v$version/bin/python" -c 'import imageio_ffmpeg; print(imageio_ffmpeg.get_ffmpeg_exe())')
  "$ffmpeg" -version | head -1 | cut -d' ' -f1-3
  run() { "$ffmpeg" -v error -nostdin -y "$@"; }

  for size in 640x480 1920x1080; do
    run -f lavfi -i "color=c=0x00ff00:s=$size,format=rgb24" -frames:v 1 -f rawvideo -pix_fmt nv12 frame.nv12
    check "RGB of $size" "$limited601" "$(first $((${size%x*} * ${size#*x})))"
  done

  tags=setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709
  made="color=c=0x00ff00:s=1920x1080,format=rgb24,scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,$tags"
  run -f lavfi -i "$made" -frames:v 2 -c:v libx264 -qp 1 hd.mp4
  run -i hd.mp4 -frames:v 1 -f rawvideo -pix_fmt nv12 frame.nv12
  check "BT.709 video of 1920x1080" "$limited709" "$(first $((1920 * 1080)))"
  run -i hd.mp4 -frames:v 1 -s 640x480 -f rawvideo -pix_fmt nv12 frame.nv12
  check "the same scaled to 640x480" "$limited709" "$(first $((640 * 480)))"

  run -f lavfi -i "color=c=0x00ff00:s=1280x720,format=rgb24" -frames:v 1 -c:v mjpeg camera.avi
  run -i camera.avi -f rawvideo -pix_fmt nv12 frame.nv12
  if [[ $version == 0.6.0 ]]; then expected=$limited601; else expected=$full601; fi
  check "MJPEG of 1280x720" "$expected" "$(first $((1280 * 720)))"
  run -i camera.avi -vf scale=out_range=tv -f rawvideo -pix_fmt nv12 frame.nv12
  check "the same with -vf scale=out_range=tv" "$limited601" "$(first $((1280 * 720)))"
done
echo "as described"
