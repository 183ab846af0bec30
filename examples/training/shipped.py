"""Trains the model that comes with the library, models/faces-nn4.safetensors: nn4.small2, taught by dlib's network.

    make train-model DATA=folder        # six hours on two cores; goes on where it was interrupted

The student never sees a name. Each photo is varied, half of them blended with another face, and the student learns to answer
what the teacher answers to the very same picture: so every blend is one more person. Then it learns from more photos, of people
of all ages and origins, and keeps strangers apart whom the teacher confuses; a third and a fourth time, from still more; and at
last from the teacher's mean of a face and its mirror image, as it will be used itself. DATA holds

    celeba/PERSON/*.jpg                 160x160 crops of CelebA whose points lie alike
    landmarks/images/*, points.json     photos with five points each
    utkface/*.jpg                       UTKFace's photos; those that examples/group_report.py looks at are left out
    aaf/*.jpg                           the photos of the All-Age-Faces set, each of another person
    celeba-photos/*.jpg                 more of CelebA's photos, whole
    lfw/images, pairs.txt, landmarks.json     for the report alone: nothing is learned from it
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import facestyle as fs
import numpy as np
from safetensors import safe_open
from safetensors.numpy import save_file

sys.path.append(str(Path(__file__).resolve().parents[1]))
from group_report import is_kept_for_evaluation, points_by_detector  # noqa: E402

CELEBA_POINTS = [[59.639, 75.051], [100.162, 74.827], [80.029, 98.097], [63.382, 121.820], [96.939, 121.635]]
RISE = 28  # pixels by which the points of some photos lie too high: those with two underscores in their name


def corrected(points):
    return {name: [[x, y + RISE * ("__" in name)] for x, y in face] for name, face in points.items()}


def points_of_largest(paths):
    points = {}
    with fs.Model.open("faces-points") as model, fs.Detector(model, min_face=60) as detector:
        for path in paths:
            with fs.Image.open(path) as photo:
                faces = detector.find(photo)
            if faces:
                largest = max(faces, key=lambda face: face.box[2] * face.box[3])
                points[path.name] = np.asarray(largest.landmarks).tolist()
    return points


def landmarks_of(options, name):
    """The file with points of a folder's photos that may be learned from; made once. Photos without points are left out."""
    file = options.out.with_name(f"{name}.json")
    if not file.exists():
        paths = sorted((options.data / name).glob("*.jpg"))
        if name == "utkface":
            points = points_by_detector([path for path in paths if not is_kept_for_evaluation(path)])
        else:
            points = points_of_largest(paths)
        file.write_text(json.dumps(points))
    return file


def photos(options, landmarks, strangers=(), nobody=()):
    found = fs.Photos()
    found.add_people(options.data / "celeba", points=CELEBA_POINTS)
    found.add_folder(options.data / "landmarks" / "images", landmarks=landmarks)
    for name in nobody:
        found.add_folder(options.data / name, landmarks=landmarks_of(options, name))
    for name in strangers:
        found.add_strangers(options.data / name, landmarks=landmarks_of(options, name))
    return found


def train(options, teacher, stage, learned_from, loss, steps, rate, start=None, average=0):
    """One stage, which goes on from its checkpoint. Its model is returned."""
    model = options.out.with_name(f"{options.out.stem}-{stage}.safetensors")
    if model.exists():
        return model
    checkpoint = model.with_suffix(".checkpoint")
    with fs.Trainer(
        "nn4.small2", loss=loss, optimizer="adamw", schedule="one-cycle", steps=steps, rate=rate, weight_decay=1e-4,
        average=average, start=start,
    ) as trainer:
        if checkpoint.exists():
            trainer.resume(checkpoint)
        trainer.run(
            learned_from, batch=64, augmentation=fs.augmentation_settings("standard", blend=0.5), teacher=teacher,
            checkpoint=checkpoint, checkpoint_every=200, log=model.with_suffix(".jsonl"), progress=True)
        print(f"{len(learned_from)} photos, {len(learned_from.left_out)} left out")
        trainer.save_model(model, precision="float16", threshold=options.threshold, note="taught by dlib_face_recognition_resnet_model_v1")
    return model


def label(model, path, threshold):
    """The model in 8 bits, mirrored, with what it is and may be used for."""
    with safe_open(model, "np") as file:
        metadata, tensors = file.metadata(), {name: file.get_tensor(name) for name in file.keys()}
    save_file(tensors, path, {
        **metadata,
        "name": "faces-nn4",
        "licence": "weights: research and other non-commercial use, as CelebA's, UTKFace's and All-Age-Faces' photos; see models/README.md",
        "source": "libfacestyle, examples/training/shipped.py",
    })  # fmt: skip
    with fs.Model.open(path) as halves:
        halves.save(path, precision="int8", mirrored=True, threshold=threshold)


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
    parser.add_argument("--steps", type=int, nargs=5, default=(6000, 4000, 6000, 3500, 1500), help="of the five stages")
    parser.add_argument("--threshold", type=float, default=0.342)
    parser.add_argument("--out", type=Path, default=Path("build/training/faces-nn4.safetensors"))
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, fs.Model.open(options.teacher) as teacher:
        landmarks = Path(folder) / "points.json"
        landmarks.write_text(json.dumps(corrected(json.loads((options.data / "landmarks" / "points.json").read_text()))))
        first = train(options, teacher, "first", photos(options, landmarks), "distillation", options.steps[0], 4e-3)
        apart = fs.Loss("distillation", stranger_weight=5, stranger_limit=0.85)
        with fs.Model.open(first) as start:
            second = train(
                options, teacher, "second", photos(options, landmarks, ["utkface"]), apart, options.steps[1], 2e-3,
                start=start, average=0.999)
        with fs.Model.open(second) as start:
            more = photos(options, landmarks, ["utkface", "aaf"], ["celeba-photos"])
            third = train(options, teacher, "third", more, apart, options.steps[2], 2.5e-3, start=start, average=0.999)
        with fs.Model.open(third) as start:
            fourth = train(options, teacher, "fourth", more, apart, options.steps[3], 2.5e-3, start=start, average=0.999)
        teacher.save(Path(folder) / "mirrored.safetensors", mirrored=True)
        with fs.Model.open(Path(folder) / "mirrored.safetensors") as mirrored, fs.Model.open(fourth) as start:
            fifth = train(options, mirrored, "fifth", more, apart, options.steps[4], 2e-3, start=start, average=0.999)
    label(fifth, options.out, options.threshold)
    report(options)


if __name__ == "__main__":
    main()
