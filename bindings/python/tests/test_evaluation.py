"""Evaluation against a plain twin in NumPy that looks at every pair, and LFW's own numbers."""

import json
import math

import numpy as np
import pytest

import facestyle as fs
import tolerances
from conftest import REPOSITORY, photo_file, shared
from facestyle.evaluation import LfwResult, Pairs, evaluate_lfw


def twin(distances, same, folds):
    """What `evaluate` is to find, by brute force."""
    genuine, impostors = distances[same], distances[~same]
    wins = (genuine[:, None] < impostors).sum() + 0.5 * (genuine[:, None] == impostors).sum()
    accuracies, thresholds = [], []
    for fold in np.unique(folds):
        d, s = distances[folds != fold], same[folds != fold]
        values = np.unique(d)
        values = values[np.isfinite(values)]
        candidates = [np.nextafter(d.min(), -np.inf)]
        for v in values:
            above = d[d > v]
            candidates.append((v + above.min()) / 2 if len(above) and np.isfinite(above.min()) else v)
        best = max(candidates, key=lambda t: ((d <= t) == s).mean())  # the first of equals
        thresholds.append(best)
        accuracies.append(((distances[folds == fold] <= best) == same[folds == fold]).mean())
    rates = [(0.0, 1.0)] + [((impostors <= t).mean(), (genuine > t).mean()) for t in np.unique(distances)]
    for (a0, r0), (a1, r1) in zip(rates, rates[1:]):
        if a1 >= r1:
            eer = a0 + (r0 - a0) / ((r0 - a0) + (a1 - r1)) * (a1 - a0)
            break
    tar = {}
    for limit in (0.1, 0.01, 0.001):
        fine = [t for t in np.unique(distances[np.isfinite(distances)]) if (impostors <= t).mean() <= limit]
        tar[limit] = (genuine <= max(fine)).mean() if fine else 0.0
    return np.mean(accuracies), np.std(accuracies, ddof=1), np.mean(thresholds), wins / (len(genuine) * len(impostors)), eer, tar


def wilson(successes, trials, z=1.959963984540054):
    """The two p with (successes/trials - p)² = z² p (1 - p) / trials."""
    n, q = trials, successes / trials
    return np.sort(np.roots([1 + z * z / n, -(2 * q + z * z / n), q * q]).real)


@pytest.mark.parametrize("seed, ties, lost", [(1, False, False), (2, True, False), (3, True, True)])
def test_agrees_with_the_plain_twin(seed, ties, lost):
    random = np.random.default_rng(seed)
    same = np.arange(2400) % 2 == 0
    distances = np.where(same, random.normal(0.5, 0.2, 2400), random.normal(1, 0.2, 2400))
    if ties:
        distances = distances.round(2)
    if lost:
        distances[random.integers(0, 2400, 30)] = np.inf
    folds = random.integers(-5, 5, 2400)
    found = fs.evaluate(distances, same, folds)
    accuracy, deviation, threshold, auc, eer, tar = twin(distances, same, folds)
    exact = pytest.approx
    assert (found.pairs, found.genuine, found.impostors, found.folds) == (2400, 1200, 1200, 10)
    assert found.accuracy == exact(accuracy, abs=1e-14) and found.accuracy_sd == exact(deviation, abs=1e-14)
    assert found.threshold == exact(threshold, abs=1e-13)
    assert found.auc == exact(auc, abs=1e-14) and found.eer == exact(eer, abs=1e-14)
    for limit, value in tar.items():
        rate = found.tar[limit]
        assert rate.value == exact(value, abs=1e-14) and rate.reason is None and rate.far <= limit
        assert [rate.low, rate.high] == exact(wilson(round(value * 1200), 1200), abs=1e-12)
        assert [rate.far_low, rate.far_high] == exact(wilson(round(rate.far * 1200), 1200), abs=1e-12)
        assert (distances[same] <= rate.threshold).mean() == value


def test_the_roc_is_what_each_threshold_accepts():
    random = np.random.default_rng(4)
    same = random.random(300) < 0.4
    distances = (random.random(300) + ~same * 0.3).round(2)
    points = fs.roc(distances, same)
    for t, far, tar in zip(points.threshold, points.far, points.tar):
        assert far == (distances[~same] <= t).mean() and tar == (distances[same] <= t).mean()
    assert np.trapezoid(points.tar, points.far) == pytest.approx(fs.evaluate(distances, same).auc, abs=1e-14)


def test_folds_are_made_where_none_are_given():
    distances, same = np.r_[np.linspace(0, 1, 30), np.linspace(0.5, 1.5, 50)], np.arange(80) < 30
    folds = np.r_[np.arange(30) * 10 // 30, np.arange(50) * 10 // 50]
    assert fs.evaluate(distances, same) == fs.evaluate(distances, same, folds)


def test_too_few_pairs_have_a_reason():
    found = fs.evaluate([0.1, 0.2, 0.3, 0.4], [True, True, False, False])
    assert found.accuracy is None and found.accuracy_sd is None and found.auc == 1
    assert all(rate.value is None and rate.low is None for rate in found.tar.values())
    assert found.tar[0.001].reason == "FAR 0.001 needs 1000 pairs of two people, there are 2"
    assert fs.evaluate(np.arange(49.0), np.arange(49) < 20, min_false_accepts=3).tar[0.1].reason is not None


def test_bad_input_is_named():
    with pytest.raises(fs.FaceStyleError, match="distance 1 is nan"):
        fs.evaluate([1, math.nan], [True, False])
    with pytest.raises(fs.FaceStyleError, match="2 pairs of one person and 0 of two"):
        fs.evaluate([1, 2], [True, True])
    with pytest.raises(fs.FaceStyleError, match="0 pairs"):
        fs.evaluate([], [])
    with pytest.raises(ValueError, match=r"\[2\] and \[3\]"):
        fs.evaluate([1, 2], [True, True, False])
    with pytest.raises(ValueError, match="expected 2 whole numbers"):
        fs.evaluate([1, 2], [True, False], [0.5, 1])


@pytest.fixture
def portraits(tmp_path):
    """Three photos of one person, two of another, one that is none and one that is broken, as LFW lays them."""
    for name, files in {"Obama": ["obama.jpg", "obama2.jpg", "obama3.jpg"], "Biden": ["biden.jpg", "biden.jpg"]}.items():
        (tmp_path / name).mkdir()
        for i, file in enumerate(files, 1):
            (tmp_path / name / f"{name}_{i:04d}.jpg").write_bytes(photo_file(file).read_bytes())
    with fs.Image.from_array(np.full((64, 64, 3), 90, np.uint8)) as grey:
        (tmp_path / "Biden" / "Biden_0003.jpg").write_bytes(grey.encode("jpeg"))
    (tmp_path / "Biden" / "Biden_0004.jpg").write_bytes(b"no picture")
    (tmp_path / "pairs.txt").write_text(
        "2\t2\n"
        "Obama\t1\t2\nObama\t2\t3\nObama\t1\tBiden\t1\nObama\t3\tBiden\t3\n"
        "Obama\t1\t3\nBiden\t1\t3\nObama\t2\tBiden\t1\nObama\t3\tBiden\t4\n")
    return tmp_path


@pytest.mark.parametrize("flip", [False, True])
def test_lfw_over_a_few_photos(portraits, embedder, detector, flip):
    result = evaluate_lfw(portraits / "pairs.txt", portraits, embedder, detector=detector, flip=flip, progress=False)
    assert isinstance(result, LfwResult)
    assert list(result.faceless) == ["Biden/Biden_0003.jpg"] and list(result.unreadable) == ["Biden/Biden_0004.jpg"]
    assert len(result.distances) == 7 and np.isinf(result.distances).sum() == 2
    found = result.evaluation
    assert (found.genuine, found.impostors, found.folds) == (4, 3, 2)
    near = result.distances[result.same & np.isfinite(result.distances)]
    assert near.max() < 0.6 < result.distances[~result.same].min()
    with fs.Image.open(photo_file("obama.jpg")) as photo:
        vector, face = embedder.embed_photo(photo, detector)
        if not flip:
            assert np.array_equal(result.embeddings["Obama/Obama_0001.jpg"], vector)
        (portraits / "marks.json").write_text(json.dumps({"Obama/Obama_0001.jpg": {"landmarks": face.landmarks.tolist()}}))
    given = evaluate_lfw(portraits / "pairs.txt", portraits, embedder, portraits / "marks.json", detector, flip=flip, progress=False)
    assert given.distances == pytest.approx(result.distances, abs=tolerances.EMBEDDING)


def test_lfw_without_landmarks_and_detector_is_refused(portraits, embedder):
    with pytest.raises(ValueError, match="6 of 6 photos have no landmarks"):
        evaluate_lfw(portraits / "pairs.txt", portraits, embedder)
    with pytest.raises(fs.FaceStyleError, match="line 2"):
        (portraits / "bad.txt").write_text("1 1\nObama 1\nObama 1 Biden 1\n")
        evaluate_lfw(portraits / "bad.txt", portraits, embedder)


def test_pairs_of_lfw():
    pairs = Pairs.open(shared("data/lfw/pairs.txt"))
    rows = [line.split() for line in shared("data/lfw/pairs.txt").read_text().splitlines()[1:]]
    picture = lambda name, number: f"{name}/{name}_{int(number):04d}.jpg"
    assert len(pairs) == 3000 and pairs.same.sum() == 1500 and np.bincount(pairs.folds).tolist() == [600] * 5
    for row, a, b, same in zip(rows, pairs.first, pairs.second, pairs.same):
        wanted = picture(row[0], row[1]), picture(row[0], row[2]) if same else picture(row[2], row[3])
        assert (pairs.photos[a], pairs.photos[b]) == wanted and same == (len(row) == 3)


@pytest.mark.slow
def test_dlibs_network_on_lfw(embedder):
    folder = shared("data/lfw")
    result = evaluate_lfw(folder / "pairs.txt", folder / "images", embedder, folder / "landmarks.json")
    print(result.evaluation, *result.evaluation.tar.values(), sep="\n")
    assert not result.faceless and not result.unreadable
    assert result.evaluation.accuracy >= tolerances.LFW_ACCURACY
    twins = twin(result.distances, result.same, result.folds)
    assert result.evaluation.accuracy == pytest.approx(twins[0], abs=1e-14)
    assert result.evaluation.eer == pytest.approx(twins[4], abs=1e-14)


@pytest.mark.slow
def test_the_model_in_the_box_on_lfw():
    """And its threshold is where the card says that it is: of 1,500 pairs of strangers none, 82.2 % of a person's."""
    folder = shared("data/lfw")
    with fs.Model.open(REPOSITORY / "models" / "faces-nn4.safetensors") as model, fs.Embedder(model) as embedder:
        assert model.parameter_count == 3_743_280 and "non-commercial" in model.metadata("licence")
        result = evaluate_lfw(folder / "pairs.txt", folder / "images", embedder, folder / "landmarks.json")
        near = result.distances <= embedder.threshold
    assert result.evaluation.accuracy >= tolerances.LFW_ACCURACY_SHIPPED
    assert near[~result.same].mean() <= 0.002 and near[result.same].mean() == pytest.approx(0.822, abs=0.005)
