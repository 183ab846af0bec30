"""How much a painted film flickers: a still is panned, and its frames are painted one by one, and each after the frame before.

    python3 benchmarks/style_video.py still.jpg style.jpg --model build/models/vgg19.safetensors --out build/film

A window of --width x --height moves over the still by --pan pixels a frame, so the flow is known exactly. Flicker is the
mean difference, in levels, of a painted frame from the one before moved along (`facestyle.flow_warp`), where that is known. Of
the frames without their style it would be 0. Writes the frames, and prints a table in Markdown: flicker, and the last frame's
costs, which tell what steadiness takes from the style.
"""

import argparse
import os

import numpy as np

import facestyle as fs


def frames(still, width, height, pan, count):
    """Windows of the still along its middle, and the flow from each to the one before."""
    top = (still.height - height) // 2
    reach = still.width - width
    if top < 0 or reach < pan * (count - 1):
        raise SystemExit(
            f"a still of {still.width}x{still.height}; expected at least {width + pan * (count - 1)}x{height}")
    flow = np.zeros((height, width, 2), np.float32)
    flow[..., 0] = pan  # what is at x now was at x + pan in the window before
    return [still.crop(pan * i, top, width, height) for i in range(count)], flow


def difference(frame, before, flow):
    moved, mask = fs.flow_warp(before, flow)
    with moved, mask:
        known = mask.to_array()[..., 0] > 0
        return np.abs(frame.to_array().astype(float) - moved.to_array())[known].mean()


def film(styler, contents, style, flow, steps, weight, options):
    """Painted frames; with a weight, each after the one before. And the last frame's costs."""
    painted, progress = [], None
    for content in contents:
        extra = {}
        if weight and painted:
            moved, mask = fs.flow_warp(painted[-1], flow)
            extra = dict(before=moved, before_mask=mask, temporal_weight=weight, start="image", start_image=moved, coarsest=0)
        with styler.job(content, style, steps=steps, **{**options, **extra}) as job:
            while (progress := job.step(50)).ending is None:
                pass
            painted.append(job.result())
    return painted, progress


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("still")
    parser.add_argument("style")
    parser.add_argument("--model", required=True, help="the VGG-19")
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--height", type=int, default=288)
    parser.add_argument("--pan", type=int, default=8, help="pixels a frame")
    parser.add_argument("--frames", type=int, default=5)
    parser.add_argument("--steps", type=int, default=150, help="evaluations a frame")
    parser.add_argument("--weights", type=float, nargs="*", default=[0, 500, 5000], help="of the temporal cost; 0: frame by frame")
    parser.add_argument("--out", required=True, help="a folder for the frames")
    given = parser.parse_args()

    os.makedirs(given.out, exist_ok=True)
    with fs.Model.open(given.model) as model, fs.Image.open(given.still) as still, fs.Image.open(given.style) as style:
        contents, flow = frames(still, given.width, given.height, given.pan, given.frames)
        print("| temporal weight | flicker, levels | content | style | seconds a frame |")
        print("|---|---|---|---|---|")
        with fs.Styler(model) as styler:
            for weight in given.weights:
                painted, progress = film(styler, contents, style, flow, given.steps, weight, {})
                flickers = [difference(b, a, flow) for a, b in zip(painted, painted[1:])]
                for i, frame in enumerate(painted):
                    frame.save(os.path.join(given.out, f"{weight:g}-{i:02d}.png"))
                    frame.close()
                print(
                    f"| {weight:g} | {np.mean(flickers):.1f} | {progress.content:.4g} | {progress.style:.4g}"
                    f" | {progress.seconds:.1f} |", flush=True)
        for content in contents:
            content.close()


if __name__ == "__main__":
    main()
