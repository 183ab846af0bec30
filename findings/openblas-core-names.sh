#!/usr/bin/env bash
# One would expect OPENBLAS_CORETYPE=NAME to choose OpenBLAS's kernels for NAME, or an error, or at least a word, where it knows
# no NAME. Seen with Debian 12's OpenBLAS 0.3.21: "Skylake", "Skylake-X", "AVX2", "Zen4" and "generic", all plausible, are passed over
# without a word: it runs what it would have chosen anyway (spelt "SkylakeX", in any case of letters, it obeys). Numbers differ
# from core to core in their last bits, for blocks are summed in another order. So whoever tests "with each of OpenBLAS's kernels",
# or fixes one to reproduce a result, and misspells it, tests the same kernels twice or reproduces nothing: ask
# openblas_get_corename() afterwards. The library's tests name cores through Tools/each-processor, which knows the right names.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$(dpkg-query -W -f '${Version}' libopenblas0-pthread 2>/dev/null) || { echo "wanted: the package libopenblas0-pthread" >&2; exit 2; }
file=$(dpkg -L libopenblas0-pthread | grep -m1 'libopenblas.so.0$')
echo "libopenblas0-pthread $version"

cat > "$work/ask.py" <<'PYTHON'
import ctypes, random, sys, zlib

library = ctypes.CDLL(sys.argv[1])
library.openblas_get_corename.restype = ctypes.c_char_p
random.seed(1)
n = 301
a = (ctypes.c_double * (n * n))(*[random.random() for _ in range(n * n)])
c = (ctypes.c_double * (n * n))()
one, zero = ctypes.c_double(1), ctypes.c_double(0)
library.cblas_dgemm(101, 111, 111, n, n, n, one, a, n, a, n, zero, c, n)
print(library.openblas_get_corename().decode(), f"{zlib.crc32(bytes(c)):08x}")
PYTHON
ask() { env ${1:+OPENBLAS_CORETYPE="$1"} OPENBLAS_NUM_THREADS=1 python3 "$work/ask.py" "$file" 2> "$work/words"; }

own=$(ask "")
echo "no name: $own"
for name in Skylake Skylake-X AVX2 Zen4 generic; do
  seen=$(ask "$name")
  echo "$name: $seen, words: \"$(cat "$work/words")\""
  [[ $seen = "$own" && ! -s $work/words ]] || { echo "not passed over in silence" >&2; exit 1; }
done
seen=$(ask prescott)
echo "prescott: $seen"
[[ $seen = Prescott* ]] || { echo "a right name is not obeyed" >&2; exit 1; }
[[ ${seen#* } != "${own#* }" ]] || { echo "the numbers are the same to the last bit" >&2; exit 1; }
echo "as described: unknown names are passed over in silence, and the kernels' numbers differ"
