"""Trains a Siamese network on twenty people of the AT&T face database, with the contrastive loss and with triplets, and
measures on ten others how well each tells one person from two, beside the distance of raw pixels.

    python examples/training/att.py FOLDER_OF_PEOPLE [--out FOLDER]

The folder has one for each person (s1, s2, ...) with ten photos of 92x112 pixels. Written are a log of each training,
loss curves, the ROC of all, a map of the unseen people, and the table as JSON. Needs matplotlib; a progress bar is
shown where tqdm is installed.
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np

import facestyle as fs
from facestyle import plots

PEOPLE, SEEN = 30, 20

# The network's answers have no fixed length. The margins are such as lie between random weights' answers to different people
# at the start, where there is much to learn; that of triplets is a squared distance.
LOSSES = {"contrastive": fs.Loss("contrastive", margin=10), "triplets": fs.Loss("batch-hard", margin=40)}


def unseen_photos(folder):
    """The photos of the people that are not learned from, uint8 [photos, 112, 92, 3], and who is on each."""
    people = sorted(path for path in folder.iterdir() if path.is_dir())[SEEN:PEOPLE]
    photos, names = [], []
    for person in people:
        for path in sorted(person.iterdir()):
            with fs.Image.open(path) as photo:
                photos.append(photo.to_array())
            names.append(person.name)
    return np.stack(photos), names


def all_pairs(vectors, names):
    """Distances of all pairs of rows, and whether each pair is of one person."""
    first, second = np.triu_indices(len(vectors), 1)
    names = np.array(names)
    return np.linalg.norm(vectors[first] - vectors[second], axis=1), names[first] == names[second]


def balanced(distances, same, seed=1):
    """All pairs of one person and as many of two, drawn at random but always the same: guessing is right for half."""
    strangers = np.random.default_rng(seed).choice(np.flatnonzero(~same), same.sum(), replace=False)
    chosen = np.random.default_rng(seed).permutation(np.concatenate([np.flatnonzero(same), strangers]))
    return distances[chosen], same[chosen]


def row_of(name, distances, same, seconds=None):
    everything, even = fs.evaluate(distances, same), fs.evaluate(*balanced(distances, same))
    return {
        "name": name, "accuracy": even.accuracy, "accuracy_sd": even.accuracy_sd, "auc": everything.auc,
        "eer": everything.eer, "tar at far 0.01": everything.tar[0.01].value, "seconds": seconds}  # fmt: skip


def train(folder, name, loss, options):
    """The unseen people's embeddings by a network that has learned with `loss`, and the seconds that it took."""
    photos = fs.Photos().add_people(folder).keep_people(0, SEEN)
    with photos, fs.Trainer("siamese", loss, "adam", "one-cycle", steps=options.steps, rate=options.rate, seed=options.seed) as trainer:
        start = time.time()
        # Two hundred photos are soon known by heart: only strong augmentation makes what is learned serve for strangers.
        trainer.run(photos, batch=options.batch, photos_of_person=4, augmentation="strong", seed=options.seed,
                    log=log_of(options, name), progress=True)  # fmt: skip
        return trainer.embed(unseen_photos(folder)[0]), time.time() - start


def log_of(options, name):
    return options.out / f"att-{name}.jsonl"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("folder", type=Path, help="a folder for each person")
    parser.add_argument("--out", type=Path, default=Path("build/training/att"))
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)

    photos, names = unseen_photos(options.folder)
    raw = photos[..., 0].reshape(len(photos), -1).astype(np.float32) / 255
    curves = {"raw pixels": all_pairs(raw, names)}
    rows, embeddings = [row_of("raw pixels", *curves["raw pixels"])], {}
    for name, loss in LOSSES.items():
        embeddings[name], seconds = train(options.folder, name, loss, options)
        curves[name] = all_pairs(embeddings[name], names)
        rows.append(row_of(name, *curves[name], seconds))
        print(json.dumps(rows[-1]), flush=True)

    plots.roc(curves, options.out / "att-roc.png", title=f"AT&T, {PEOPLE - SEEN} unseen people")
    plots.losses({name: log_of(options, name) for name in LOSSES}, options.out / "att-losses.png", title="AT&T, twenty people")
    best = max(embeddings, key=lambda name: next(row["auc"] for row in rows if row["name"] == name))
    plots.embedding_map(fs.tsne(embeddings[best], 9)[0], names, options.out / "att-map.png", title=f"Unseen people, {best}")

    (options.out / "att.json").write_text(json.dumps(rows, indent=1) + "\n")
    print("| distance of | accuracy | AUC | EER | TAR at FAR 0.01 | training |\n|---|---|---|---|---|---|")
    for row in rows:
        took = "" if row["seconds"] is None else f"{row['seconds']:.0f} s"
        print(f"| {row['name']} | {100 * row['accuracy']:.1f} % ± {100 * row['accuracy_sd']:.1f} | {100 * row['auc']:.2f} %"
              f" | {100 * row['eer']:.1f} % | {100 * row['tar at far 0.01']:.1f} % | {took} |")  # fmt: skip


if __name__ == "__main__":
    main()
