"""Writes ../style_colours.json: ways to keep a photo's colours, in NumPy and float64.

    make models build/peers/.ready
    build/peers/bin/python Tests/Fixtures/reference/style_colours_reference.py

The pictures are those of style_presets_reference.py, colours R, G, B in 0...1, clipped to that at the end.
Sources: Gatys, Bethge, Hertzmann, Shechtman, "Preserving color in neural artistic style transfer", 2016, and the
notebook ColourControl.ipynb of leongatys/NeuralImageSynthesis, which has the three linear matches.
"""
import json
import numpy as np
from style_network import FIXTURES, described, picture
from style_presets_reference import SAMPLES

LUMINANCE = np.array([0.299, 0.587, 0.114])
EPSILON = 1e-5  # on the diagonal of both covariances, of the notebook


def root(a):
    values, vectors = np.linalg.eigh(a)
    return vectors * np.sqrt(values) @ vectors.T


def linear_match(style, content, way):
    """A and b of x -> A x + b, which gives the style's colours the content's mean and covariance."""
    mean_s, mean_c = style.reshape(-1, 3).mean(0), content.reshape(-1, 3).mean(0)
    s, c = (np.cov(x.reshape(-1, 3).T, bias=True) + EPSILON * np.eye(3) for x in (style, content))
    if way == "cholesky":
        a = np.linalg.cholesky(c) @ np.linalg.inv(np.linalg.cholesky(s))
    elif way == "pca":
        a = root(c) @ np.linalg.inv(root(s))
    else:  # "sym": the one that moves colours least
        a = np.linalg.inv(root(s)) @ root(root(s) @ c @ root(s)) @ np.linalg.inv(root(s))
    return a, mean_c - a @ mean_s


def histogram_match(style, content):
    """Each channel by itself: a level becomes the content's level of the same rank; between the content's levels that occur,
    linearly by the parts of pixels that are at most so bright. As scikit-image's match_histograms."""
    out = np.empty(style.shape)
    for c in range(3):
        found, places, counts = np.unique(style[..., c], return_inverse=True, return_counts=True)
        wanted, wanted_counts = np.unique(content[..., c], return_counts=True)
        rank, wanted_rank = np.cumsum(counts) / counts.sum(), np.cumsum(wanted_counts) / wanted_counts.sum()
        out[..., c] = np.interp(rank, wanted_rank, wanted)[places].reshape(style.shape[:2])
    return out


def luminance_of_style(style, content, with_deviation):
    """The style's luminance moved to the content's mean (the notebook), or mean and deviation (the paper, section 5)."""
    s, c = style @ LUMINANCE, content @ LUMINANCE
    return (s - s.mean()) * (c.std() / s.std() if with_deviation else 1) + c.mean()


def keep_colours(result, content):
    """The result's luminance with the content's I and Q (or U and V, or Cb and Cr: whatever is linear): every channel of
    the content moves by what its luminance does."""
    return content + (result @ LUMINANCE - content @ LUMINANCE)[..., None]


YIQ = np.array([LUMINANCE, [0.595716, -0.274453, -0.321263], [0.211456, -0.522591, 0.311135]])


def numbers(values):
    return [float(f"{v:.12g}") for v in np.asarray(values).ravel()]


def seen(out):
    """What a test compares: colours at `samples`, and the mean of each channel."""
    out = np.clip(out, 0, 1)
    out = out[..., None].repeat(3, 2) if out.ndim == 2 else out
    return {"at_samples": numbers([out[y, x, c] for y, x, c in SAMPLES]), "mean": numbers(out.reshape(-1, 3).mean(0))}


if __name__ == "__main__":
    result, content, style = (picture(name) / 255 for name in ("generated", "content", "style"))
    kept = keep_colours(result, content)
    through = np.concatenate([(result @ YIQ.T)[..., :1], (content @ YIQ.T)[..., 1:]], -1) @ np.linalg.inv(YIQ).T
    assert np.abs(kept - through).max() < 1e-12
    answers = {"pictures": described(), "samples": SAMPLES, "keep_luminance": seen(kept)}
    for way in ("cholesky", "pca", "sym"):
        a, b = linear_match(style, content, way)
        answers[way] = {"matrix": numbers(a), "offset": numbers(b), **seen(style @ a.T + b)}
    answers["histogram"] = seen(histogram_match(style, content))
    answers["luminance_mean"] = seen(luminance_of_style(style, content, False))
    answers["luminance_mean_and_deviation"] = seen(luminance_of_style(style, content, True))
    target = FIXTURES / "style_colours.json"
    target.write_text("{\n" + ",\n".join(f' "{key}": {json.dumps(value)}' for key, value in answers.items()) + "\n}\n")
    print(target.stat().st_size, "bytes")
