"""Frames for the camera daemon, raw or JPEGs, made by ffmpeg from real photos: somebody walks past a wall.

    scenes.py [--pixels mjpeg] [--size 1280x720] [--seconds 9] PHOTO ... > FRAMES
"""

import argparse
import subprocess

WIDTH, HEIGHT, RATE = 640, 480, 30
FRAME = WIDTH * HEIGHT * 3 // 2  # NV12
WALL = "color=c=0x707070"


def ffmpeg(*arguments):
    subprocess.run(["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)], check=True)


def frames(pixels):
    """ffmpeg's options for frames one behind the other: "mjpeg", in 4:2:2 as most cameras send it, or one of its raw formats."""
    jpeg = ["-pix_fmt", "yuvj422p", "-huffman", "default", "-q:v", 3, "-f", "mjpeg"]
    return jpeg if pixels == "mjpeg" else ["-pix_fmt", pixels, "-f", "rawvideo"]


def walk(photo, out, seconds=3, height=800, top=0, size=(WIDTH, HEIGHT), pixels="nv12", turn=None):
    """A photo, `height` pixels high, that crosses the picture from right to left, and half a second of the wall before and after."""
    wall = f"{WALL}:s={size[0]}x{size[1]}:r={RATE}:d={seconds + 1}"
    path = f"[1]scale=-2:{height}[p];[0][p]overlay=x='W-(t-0.5)/{seconds}*(W+w)':y={top}:shortest=1" + (f",{turn}" if turn else "")
    ffmpeg("-f", "lavfi", "-i", wall, "-loop", 1, "-framerate", RATE, "-i", photo, "-filter_complex", path,
           "-t", seconds + 1, *frames(pixels), out)  # fmt: skip
    return out


def still(out, *people, seconds=1, size=(WIDTH, HEIGHT)):
    """People who stand before the wall: of each a photo, x of its left edge, and its height; it hangs from the top."""
    inputs, steps, last = [], [], "0"
    for i, (photo, x, height) in enumerate(people, 1):
        inputs += ["-loop", 1, "-framerate", RATE, "-i", photo]
        steps += [f"[{i}]scale=-2:{height}[p{i}]", f"[{last}][p{i}]overlay=x={x}:y=0:shortest=1[o{i}]"]
        last = f"o{i}"
    ffmpeg("-f", "lavfi", "-i", f"{WALL}:s={size[0]}x{size[1]}:r={RATE}:d={seconds}", *inputs, "-filter_complex",
           ";".join(steps), "-map", f"[{last}]", "-t", seconds, "-pix_fmt", "nv12", "-f", "rawvideo", out)  # fmt: skip
    return out


def wall(out, seconds=1):
    ffmpeg("-f", "lavfi", "-i", f"{WALL}:s={WIDTH}x{HEIGHT}:r={RATE}:d={seconds}", "-pix_fmt", "nv12", "-f", "rawvideo", out)
    return out


if __name__ == "__main__":  # they walk past one after the other
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photos", nargs="+")
    parser.add_argument("--pixels", default="nv12")
    parser.add_argument("--size", default=f"{WIDTH}x{HEIGHT}")
    parser.add_argument("--seconds", type=int, default=3)
    given = parser.parse_args()
    size = tuple(map(int, given.size.split("x")))
    for person in given.photos:
        walk(person, "pipe:1", given.seconds, size=size, pixels=given.pixels)
