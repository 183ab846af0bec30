"""Writes ../tsne.json: affinities of t-SNE (van der Maaten and Hinton 2008) and principal components, by NumPy alone.

    python3 -m venv v
    v/bin/pip install numpy==2.4.6
    v/bin/python tsne_reference.py

The points are worked out from a formula, so that the tests make the same ones as Float32:
x[i, k] = ((7919 i + 104729 k + 31 i k) mod 1009) / 1009.
"""
import json, pathlib
import numpy as np

COUNT, DIMENSION, PERPLEXITY = 25, 6, 5.0


def affinities(points, perplexity):
    squared = ((points[:, None] - points[None]) ** 2).sum(-1)
    conditional = np.zeros_like(squared)
    for i, row in enumerate(squared):
        others = np.arange(len(row)) != i
        low, high = 0.0, 1e9
        for _ in range(200):
            beta = (low + high) / 2
            p = np.exp(-beta * (row[others] - row[others].min()))
            p /= p.sum()
            entropy = -(p[p > 0] * np.log(p[p > 0])).sum()
            low, high = (beta, high) if entropy > np.log(perplexity) else (low, beta)
        conditional[i, others] = p
    return (conditional + conditional.T) / (2 * len(points))


i, k = np.meshgrid(np.arange(COUNT), np.arange(DIMENSION), indexing="ij")
points = (((7919 * i + 104729 * k + 31 * i * k) % 1009) / 1009).astype(np.float32).astype(float)
centred = points - points.mean(0)
u, s, vt = np.linalg.svd(centred, full_matrices=False)
signs = np.sign(vt[np.arange(2), np.abs(vt[:2]).argmax(1)])
components = u[:, :2] * s[:2] * signs
out = {
    "count": COUNT, "dimension": DIMENSION, "perplexity": PERPLEXITY,
    "affinities": affinities(points, PERPLEXITY).ravel().round(12).tolist(), "components": components.ravel().round(12).tolist(),
}
(pathlib.Path(__file__).parents[1] / "tsne.json").write_text(json.dumps(out) + "\n")
