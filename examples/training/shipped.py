"""Trains the model that comes with the library, models/faces-nn4.safetensors: nn4.small2, taught by dlib's network.

    make train-model DATA=folder        # an hour and a half on two cores; goes on where it was interrupted

The student never sees a name. Each photo is varied, half of them blended with another face, and the student learns to answer
what the teacher answers to the very same picture: so every blend is one more person. DATA holds

    celeba/PERSON/*.jpg                 160x160 crops of CelebA whose points lie alike
    landmarks/images/*, points.json     photos with five points each
    lfw/images, pairs.txt, landmarks.json     for the report alone: nothing is learned from it
"""

import argparse
import json
import tempfile
from pathlib import Path

import facestyle as fs
from safetensors import safe_open
from safetensors.numpy import save_file

CELEBA_POINTS = [[59.639, 75.051], [100.162, 74.827], [80.029, 98.097], [63.382, 121.820], [96.939, 121.635]]
RISE = 28  # pixels by which the points of some photos lie too high: those with two underscores in their name


def corrected(points):
    return {name: [[x, y + RISE * ("__" in name)] for x, y in face] for name, face in points.items()}


def train(options, teacher, landmarks):
    photos = fs.Photos()
    photos.add_people(options.data / "celeba", points=CELEBA_POINTS)
    photos.add_folder(options.data / "landmarks" / "images", landmarks=landmarks)
    with fs.Trainer(
        "nn4.small2", loss="distillation", optimizer="adamw", schedule="one-cycle", steps=options.steps, rate=4e-3,
        weight_decay=1e-4,
    ) as trainer:
        if options.checkpoint.exists():
            trainer.resume(options.checkpoint)
        trainer.run(
            photos, batch=64, augmentation=fs.augmentation_settings("standard", blend=0.5), teacher=teacher,
            checkpoint=options.checkpoint, checkpoint_every=200, log=options.log, progress=True)
        for left in photos.left_out:
            print(f"left out: {left.path}: {left.reason}")
        trainer.save_model(options.out, half=True, threshold=options.threshold, note="taught by dlib_face_recognition_resnet_model_v1")
    label(options.out)


def label(path):
    """Says in the file what it is and may be used for."""
    with safe_open(path, "np") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}
    save_file(tensors, path, {
        **metadata,
        "name": "faces-nn4",
        "licence": "weights: research and other non-commercial use, as CelebA's photos; see models/README.md",
        "source": "libfacestyle, examples/training/shipped.py",
    })  # fmt: skip


def report(options):
    lfw = options.data / "lfw"
    if not lfw.exists():
        return
    with fs.Model.open(options.out) as model, fs.Embedder(model) as embedder:
        found = fs.evaluate_lfw(lfw / "pairs.txt", lfw / "images", embedder, lfw / "landmarks.json")
    print(found.evaluation)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--teacher", type=Path, default=Path("build/models/dlib-resnet.safetensors"))
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--threshold", type=float, default=0.37)
    parser.add_argument("--out", type=Path, default=Path("build/training/faces-nn4.safetensors"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.checkpoint, options.log = options.out.with_suffix(".checkpoint"), options.out.with_suffix(".jsonl")
    with tempfile.TemporaryDirectory() as folder, fs.Model.open(options.teacher) as teacher:
        landmarks = Path(folder) / "points.json"
        landmarks.write_text(json.dumps(corrected(json.loads((options.data / "landmarks" / "points.json").read_text()))))
        train(options, teacher, landmarks)
    report(options)


if __name__ == "__main__":
    main()
