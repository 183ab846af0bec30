#!/usr/bin/env bash
# An exact FAISS index computes other distances for a large batch of queries than for the same queries one by one.
#
# One would expect: IndexFlatL2 is the exact index. A vector that is stored has distance 0 to itself, and the answer for a query
# does not depend on how many others are asked in the same call.
#
# What happens (faiss-cpu 1.15.1): below queries * dimension = 128,000 distances are sums of squared differences; from there on
# they are |x|^2 + |y|^2 - 2 x.y in single precision, which cancels. With 128 numbers the switch comes at the 1,000th query.
# For vectors that are not centred (here every coordinate near 10, as of activations behind a rectifier) the distance to
# oneself rises from 0 to a hundredth, and with coordinates near 100 beyond 1, while true neighbours are 150 away.
#
# Why it matters: duplicates looked up by "distance == 0", thresholds close to 0 and tests against FAISS hold for 999 queries and
# fail for 1,000. Reference distances for a face gallery must be asked for in small batches, or of centred, unit vectors.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check faiss-cpu==1.15.1 numpy==2.4.6
"$folder/venv/bin/python" - <<'PYTHON'
import faiss
import numpy as np

print("faiss", faiss.__version__)
noise = np.random.default_rng(1).standard_normal((5000, 128))
worst = {}
for offset in (0, 10, 100):
    rows = (noise + offset).astype(np.float32)
    index = faiss.IndexFlatL2(128)
    index.add(rows)
    for queries in (999, 1000):
        distances, _ = index.search(rows[:queries], 2)
        worst[offset, queries] = float(distances[:, 0].max())
        print(f"  coordinates near {offset}, {queries} queries: distance to oneself up to {worst[offset, queries]:.3g}, "
              f"of the first query's neighbour {distances[0, 1]:.3f}")

assert all(worst[offset, 999] == 0 for offset in (0, 10, 100)), "small batches are not exact any more"
assert worst[10, 1000] > 1e-3 and worst[100, 1000] > 0.5, "large batches are exact now"
PYTHON
