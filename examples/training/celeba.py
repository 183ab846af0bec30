"""Trains nn4.small2 on celebrities and reports on Labeled Faces in the Wild, of which nothing is learned.

    python examples/training/celeba.py CELEBA --lfw LFW [--architecture mobilefacenet-96] [--out FOLDER]

First a classifier of all people with centre loss (Wen et al. 2016), then from there triplets mined semi-hard (Schroff et al.
2015). CELEBA has a folder for each person, with crops of 160x160 pixels that all have their eyes, nose and mouth in the same
places. LFW has images/, pairs.txt and landmarks.json. Interrupted, the same command goes on from its last checkpoint.
Plots need matplotlib; a progress bar is shown where tqdm is installed.
"""

import argparse
import json
from pathlib import Path

import facestyle as fs

# Eyes, nose and corners of the mouth in the crops.
POINTS = [(59.639, 75.051), (100.162, 74.827), (80.029, 98.097), (63.382, 121.820), (96.939, 121.635)]


def train(photos, stage, steps, loss, start, options, **settings):
    """Trains up to a model, whose path is returned."""
    model, checkpoint, log = (options.out / f"celeba-{stage}.{kind}" for kind in ("safetensors", "checkpoint", "jsonl"))
    trainer = fs.Trainer(options.architecture, loss, steps=steps, weight_decay=5e-4, start=start, seed=options.seed, **settings)
    with trainer:
        if checkpoint.exists():
            trainer.resume(checkpoint)
        if trainer.steps_done < steps:
            trainer.run(photos, batch=options.batch, photos_of_person=8, augmentation="standard", seed=options.seed,
                        checkpoint=checkpoint, checkpoint_every=100, log=log, progress=True)  # fmt: skip
        trainer.save_model(model, threshold=0.9, note=f"CelebA crops, {stage}")
    return model


def report(model, lfw, name):
    """What `facestyle evaluate --pairs LFW/pairs.txt --images LFW/images --landmarks LFW/landmarks.json --model FILE` prints."""
    with fs.Model.open(model) as weights, fs.Embedder(weights) as embedder:
        found = fs.evaluate_lfw(lfw / "pairs.txt", lfw / "images", embedder, lfw / "landmarks.json")
    result = found.evaluation
    row = {"name": name, "pairs": result.pairs, "accuracy": result.accuracy, "accuracy_sd": result.accuracy_sd,
           "threshold": result.threshold, "auc": result.auc, "eer": result.eer,
           "tar at far 0.01": result.tar[0.01].value}  # fmt: skip
    print(json.dumps(row), flush=True)
    return row, (found.distances, found.same)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="a folder for each person")
    parser.add_argument("--lfw", type=Path, help="images/, pairs.txt and landmarks.json to report on")
    parser.add_argument("--out", type=Path, default=Path("build/training/celeba"))
    parser.add_argument("--architecture", default="nn4.small2")
    parser.add_argument("--steps", type=int, nargs=2, default=(1500, 750), metavar=("CENTRE", "TRIPLETS"))
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    with fs.Photos().add_people(options.folder, points=POINTS) as photos:
        print(f"{len(photos)} photos of {photos.people} people, {len(photos.left_out)} left out", flush=True)
        models = {"centre + softmax": train(
            photos, "centre", options.steps[0], "centre", None, options, classes=photos.people, optimizer="adamw", rate=2e-3)}
        # The answers of the first stage have any length; what triplets look at has length 1.
        with fs.Model.open(models["centre + softmax"]) as start:
            models["then triplets, semi-hard"] = train(
                photos, "triplets", options.steps[1], "semi-hard", start, options, optimizer="adamw", rate=5e-4)

    if options.lfw is None:
        return
    rows, curves = [], {}
    for name, model in models.items():
        row, curves[name] = report(model, options.lfw, name)
        rows.append(row)
    (options.out / "celeba.json").write_text(json.dumps(rows, indent=1) + "\n")
    try:
        from facestyle import plots

        plots.roc(curves, options.out / "celeba-roc.png", title="Labeled Faces in the Wild")
        for stage in ("centre", "triplets"):
            plots.losses(options.out / f"celeba-{stage}.jsonl", options.out / f"celeba-{stage}.png", title=f"CelebA, {stage}")
    except ImportError as error:
        print(f"no plots: {error}")
    print("| after | accuracy | AUC | EER | TAR at FAR 0.01 |\n|---|---|---|---|---|")
    for row in rows:
        rate = row["tar at far 0.01"]  # None for a short list of pairs
        print(f"| {row['name']} | {100 * row['accuracy']:.2f} % ± {100 * row['accuracy_sd']:.2f} | {100 * row['auc']:.2f} %"
              f" | {100 * row['eer']:.2f} % | {'' if rate is None else f'{100 * rate:.1f} %'} |")  # fmt: skip


if __name__ == "__main__":
    main()
