#!/usr/bin/env bash
# np.asarray(value, np.float32) is how most bindings turn an argument into numbers for C, and one would expect it to refuse what is
# no number, with a TypeError. It does so for objects and for lists of complex numbers. Without an error or a warning it takes None
# for NaN (but not where integers are wanted), texts for the numbers that they spell, dates for days since 1970, and for integers 3.7
# for 3. Of an array of complex numbers (not of a list) it keeps the real part, with a warning. Texts as truth values are true
# unless they are empty: "0", "no" and "False" are true.
#
# Why it matters: embeddings, thresholds and labels come to this library out of JSON, CSV and data frames, where a missing value is None
# and a number may be a text. A binding that trusts the conversion computes distances of NaN, or lets a text pass in one place that
# it refuses in another; it has to look at the array's own kind before it converts.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check numpy==2.2.6

"$work/venv/bin/python" - <<'PYTHON'
import warnings

import numpy as np

print("numpy", np.__version__)
warnings.simplefilter("error")  # a warning would count as told


def shown(text):
    value = eval(text)
    print(f"{text:52} -> {value!r}")
    return value


def refused(text, *kinds):
    try:
        value = eval(text)
    except kinds as error:
        print(f"{text:52} !  {type(error).__name__}: {error}")
        return
    raise SystemExit(f"{text} is taken: {value!r}")


assert np.isnan(shown("np.asarray(None, np.float32)"))
assert np.isnan(shown("np.asarray([1, None], np.float32)")[1])
assert shown("np.asarray(['3', b'7', '1e3'], np.float32)").tolist() == [3, 7, 1000]
assert shown("np.asarray(np.array(['1970-01-11'], 'M8[D]'), np.float32)").tolist() == [10]
assert shown("np.asarray([3.7], np.int32)").tolist() == [3]
assert shown("np.asarray(['0', 'no', 'False', '']).astype(bool)").tolist() == [True, True, True, False]
# What it does refuse, and what it warns of.
refused("np.asarray([None], np.int32)", TypeError)
refused("np.asarray(object(), np.float32)", TypeError)
refused("np.asarray([1 + 2j], np.float32)", TypeError)
refused("np.asarray(np.array([1 + 2j]), np.float32)", np.exceptions.ComplexWarning)
PYTHON
