"""Teaches a small network to enlarge pictures, from folders of photos, and measures it on photos that are held back.

    python examples/training/enlarger.py PHOTOS ... [--out FOLDER] [--factor 2] [--vgg VGG] [--start MODEL] [--steps 4000]
    python examples/training/enlarger.py PHOTOS ... --measure MODEL ...

With VGG, the model that `make models` fetches, the network learns its features too. Written are the network (a model for
`facestyle enlarge`), a log of the costs, and a checkpoint from which the same command goes on. A photo whose name's SHA-1 begins
with 0 or 1 is held back. Measured are PSNR and SSIM of Y, without a border of `factor` pixels, as papers do; the photos are
reduced by bicubic interpolation, which is what the network is compared with.
"""

import argparse
import contextlib
import hashlib
import json
import random
import time
from pathlib import Path

import numpy as np

import facestyle as fs

BETWEEN = 250  # steps from one checkpoint to the next


def split(folders):
    """The photos to learn from, and those that are held back."""
    paths = sorted(path for folder in folders for path in folder.rglob("*") if path.suffix.lower() in fs.picture_endings())
    if not paths:
        raise SystemExit(f"no photos in {', '.join(map(str, folders))}; expected {', '.join(fs.picture_endings())}")
    held = [path for path in paths if hashlib.sha1(path.name.encode()).hexdigest()[0] in "01"]
    return [path for path in paths if path not in set(held)], held


def batches(photos, count, seed, done):
    """Photos in a seeded order, over and over, from the batch after the first `done`."""
    photos, order, number = list(photos), random.Random(seed), 0
    while True:
        order.shuffle(photos)
        for first in range(0, len(photos) - count + 1, count) or [0]:
            if number >= done:
                yield photos[first : first + count]
            number += 1


def luma(picture):
    """Y of BT.601 from 16 to 235, in floats."""
    return 16 + picture.to_array().astype(np.float64) @ np.array([65.481, 128.553, 24.966]) / 255


def psnr(a, b):
    """Decibels between two arrays of levels."""
    return 10 * np.log10(255**2 / np.mean((a - b) ** 2))


def ssim(a, b):
    """Structural similarity (Wang, Bovik, Sheikh and Simoncelli 2004): windows of 11 pixels, a Gaussian of 1.5."""
    window = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window /= window.sum()

    def blurred(x):
        down = sum(window[i] * x[i : x.shape[0] - 10 + i] for i in range(11))
        return sum(window[i] * down[:, i : x.shape[1] - 10 + i] for i in range(11))

    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    ma, mb = blurred(a), blurred(b)
    va, vb, cov = blurred(a * a) - ma * ma, blurred(b * b) - mb * mb, blurred(a * b) - ma * mb
    return np.mean((2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2)))


def reduced(photo, factor):
    """The photo, with sides that are multiples of the factor, and the same reduced."""
    width, height = photo.width // factor, photo.height // factor
    whole = photo.crop(0, 0, factor * width, factor * height)
    return whole, whole.resize(width, height)


def measured(enlarger, paths):
    """Means of PSNR and SSIM over photos: by bicubic interpolation, and by the enlarger."""
    factor, rows = enlarger.factor, []
    for path in paths:
        with fs.Image.open(path) as photo:
            whole, small = reduced(photo, factor)
            inside = np.s_[factor:-factor, factor:-factor]
            true = luma(whole)[inside]
            pictures = [luma(small.resize(whole.width, whole.height))[inside], luma(enlarger.run(small))[inside]]
            rows.append([measure(true, y) for y in pictures for measure in (psnr, ssim)])
    values = np.mean(rows, axis=0)
    return {"photos": len(rows), "bicubic": tuple(values[:2]), "network": tuple(values[2:])}


def report(path, paths):
    with fs.Model.open(path) as model, fs.Enlarger(model) as enlarger:
        result, factor = measured(enlarger, paths), enlarger.factor
    (p0, s0), (p1, s1) = result["bicubic"], result["network"]
    return (
        f"{path}: factor {factor}, {result['photos']} photos: PSNR {p1:.2f} dB, SSIM {s1:.4f}; "
        f"bicubic {p0:.2f} dB, {s0:.4f}; gain {p1 - p0:+.2f} dB"
    )


def opened(path):
    return fs.Model.open(path) if path else contextlib.nullcontext()


def train(options, photos, held):
    options.out.mkdir(parents=True, exist_ok=True)
    name = f"enlarge{options.factor}" + ("-sharp" if options.vgg else "")
    settings = {key: getattr(options, key) for key in ("factor", "filters", "blocks", "side", "steps", "rate", "seed")}
    if options.feature_weight is not None:
        settings["feature_weight"] = options.feature_weight
    model_path = options.out / f"{name}.safetensors"
    checkpoint, log_path = model_path.with_suffix(".checkpoint"), model_path.with_suffix(".jsonl")
    with opened(options.vgg) as vgg, opened(options.start) as start:
        trainer = fs.EnlargerTrainer(vgg, start=start, **settings)
    earlier = log_path.read_text().splitlines() if checkpoint.exists() and log_path.exists() else []
    started, begun = time.monotonic(), 0
    # All are kept in memory: reading one takes longer than learning from it.
    pictures = [picture for picture in map(fs.Image.open, photos) if min(picture.width, picture.height) >= options.side]
    with trainer, open(log_path, "w") as log:
        if earlier:
            trainer.resume(checkpoint)
            begun = len(earlier) // BETWEEN * BETWEEN  # what came after the last checkpoint is done again
            log.writelines(line + "\n" for line in earlier[:begun])
        order = batches(pictures, options.batch, options.seed, begun)
        for done, batch in zip(range(begun + 1, options.steps + 1), order):
            step = trainer.step(batch)
            seconds = (time.monotonic() - started) / (done - begun)
            print(json.dumps({**step._asdict(), "seconds": round(seconds, 3)}), file=log, flush=True)
            print(f"\r{done}/{options.steps}  J {step.total:.5f}  {seconds:.2f} s a step ", end="", flush=True)
            if done % BETWEEN == 0:
                trainer.save(checkpoint)
            if done % (4 * BETWEEN) == 0 or done == options.steps:
                trainer.save_model(model_path, note=f"{done} steps of {options.batch} squares")
                print("\n" + (report(model_path, held) if held else f"{model_path}: no photo is held back"), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("photos", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("enlarger"))
    parser.add_argument("--factor", type=int, default=2)
    parser.add_argument("--vgg", type=Path)
    parser.add_argument("--feature-weight", type=float)
    parser.add_argument("--steps", type=int, default=4000)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--filters", type=int, default=32)
    parser.add_argument("--blocks", type=int, default=4)
    parser.add_argument("--rate", type=float, default=1e-3, help="of Adam, at the beginning")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="a model whose weights to begin with; of another factor all but the last")
    parser.add_argument("--measure", type=Path, nargs="+", default=[], help="models to measure; nothing is trained")
    options = parser.parse_args()
    photos, held = split(options.photos)
    if not options.measure:
        return train(options, photos, held)
    if not held:
        raise SystemExit(f"none of {len(photos)} photos is held back, by its name; expected one or more")
    for path in options.measure:
        print(report(path, held))


if __name__ == "__main__":
    main()
