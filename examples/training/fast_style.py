"""Teaches a small network one style, from a painting and a folder of photos, and paints a photo with it.

    python examples/training/fast_style.py VGG STYLE PHOTOS PHOTO [--out FOLDER] [--steps 2000] [--scales 2]

VGG is the model that `make models` fetches. Written are the network (a model for `facestyle restyle`), a log of the costs,
a checkpoint from which the same command goes on, and PHOTO as the network painted it on the way. A progress line is shown.
"""

import argparse
import contextlib
import json
import random
import time
from pathlib import Path

import facestyle as fs

BETWEEN = 250  # steps from one checkpoint to the next


def batches(folder, count, seed, done):
    """Photos in a seeded order, over and over, from the batch after the first `done`."""
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in fs.picture_endings())
    if not paths:
        raise SystemExit(f"{folder}: no photos; expected {', '.join(fs.picture_endings())}")
    order, number = random.Random(seed), 0
    while True:
        order.shuffle(paths)
        for first in range(0, len(paths) - count + 1, count) or [0]:
            if number >= done:
                yield paths[first : first + count]
            number += 1


def opened(path):
    return fs.Model.open(path) if path else contextlib.nullcontext()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("vgg", "style", "photos", "photo"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--out", type=Path, default=Path("fast-style"))
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--filters", type=int, default=16)
    parser.add_argument("--blocks", type=int, default=3)
    parser.add_argument("--scales", type=int, default=1)
    parser.add_argument("--style-weight", type=float)
    parser.add_argument("--rate", type=float, help="of Adam, at the beginning")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="a model of another style, to begin with its weights: fewer steps do")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    settings = {key: getattr(options, key) for key in ("side", "filters", "blocks", "scales", "steps", "seed")}
    settings.update({key: value for key in ("style_weight", "rate") if (value := getattr(options, key)) is not None})

    started, model_path = time.monotonic(), options.out / f"{options.style.stem}.safetensors"
    checkpoint, log_path = model_path.with_suffix(".checkpoint"), model_path.with_suffix(".jsonl")
    with fs.Model.open(options.vgg) as vgg, fs.Image.open(options.style) as style, opened(options.start) as start:
        trainer = fs.FastStyleTrainer(vgg, style, start=start, **settings)
    earlier = log_path.read_text().splitlines() if checkpoint.exists() and log_path.exists() else []
    with trainer, fs.Image.open(options.photo) as photo, open(log_path, "w") as log:
        begun = 0
        if earlier:
            trainer.resume(checkpoint)
            begun = len(earlier) // BETWEEN * BETWEEN  # what came after the last checkpoint is done again
            log.writelines(line + "\n" for line in earlier[:begun])
        photos = batches(options.photos, options.batch, options.seed, begun)
        for done, paths in zip(range(begun + 1, options.steps + 1), photos):
            contents = [fs.Image.open(path) for path in paths]
            step = trainer.step(contents)
            for content in contents:
                content.close()
            seconds = (time.monotonic() - started) / (done - begun)
            print(json.dumps({**step._asdict(), "seconds": round(seconds, 2)}), file=log, flush=True)
            print(f"\r{done}/{options.steps}  J {step.total:.4g}  {seconds:.2f} s a step ", end="", flush=True)
            if done % BETWEEN == 0:
                trainer.save(checkpoint)
            if done % BETWEEN == 0 or done == options.steps:
                trainer.save_model(model_path, note=f"{done} steps on {options.photos.name}")
                with fs.Model.open(model_path) as model, fs.FastStyler(model) as styler, styler.run(photo) as picture:
                    picture.save(options.out / f"{options.photo.stem}-{options.style.stem}-{done:05d}.png")
    print(f"\n{model_path}")


if __name__ == "__main__":
    main()
