#!/usr/bin/env bash
# What a Python user does: installs the wheel in an empty environment, and uses it from another folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=$PWD work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
log=$work/log
# shellcheck source=Tests/Install/checks.sh
source Tests/Install/checks.sh
# From another folder, with nothing of this checkout.
around=(env -C "$work" -u FACESTYLE_MODELS -u FACESTYLE_LIBRARY -u PYTHONPATH -u LD_LIBRARY_PATH XDG_DATA_HOME="$work/none")

make -s wheel >"$work/wheel.log" 2>&1 || { tail -n 20 "$work/wheel.log"; exit 1; }
wheel=$(echo build/wheels/*.whl)
echo "wheel: $(basename "$wheel"), $(du -h "$wheel" | cut -f1)"
/usr/bin/python3 -m venv "$work/venv"
bin=$work/venv/bin site=$(echo "$work"/venv/lib/python3*/site-packages)
"$bin/pip" install --quiet --disable-pip-version-check "$root/$wheel"

check "the wheel is of no version of Python and says which C library it needs" \
  bash -c "[[ '$(basename "$wheel")' == facestyle-*-py3-none-manylinux_2_*_*.whl ]]"
check "the library is the package's own" bash -c \
  "'$bin/python' -c 'import facestyle._c as c; print(c.library._name)' | grep -q '$site/facestyle/native/libfacestyle.so.0'"
check "it has no Swift runtime" bash -c "source '$root/Tests/Install/checks.sh'; is_shipped '$site/facestyle/native/libfacestyle.so.0'"
for needed in turbojpeg png16 lcms2 sqlite3; do
  check "it brings lib$needed" bash -c "ldd '$site/facestyle/native/libfacestyle.so.0' | grep -q 'lib$needed.*facestyle.libs'"
done
check "the models in the box are found by name" bash -c \
  "'$bin/python' -c 'import facestyle as fs; print(*[m.name for m in fs.installed_models()])' | grep -q 'faces-nn4.*faces-yunet'"
check "it brings the program" bash -c "'$bin/facestyle' --version | grep -q '^0.1.0'"
check "the program's exit status is its own" bash -c "'$bin/facestyle' compare nothing.jpg nothing.jpg; [[ \$? == 2 ]]"
check "python -m facestyle demo shows the faces of drawn people" bash -c \
  "'$bin/python' -m facestyle demo --out demo | grep -q 'With boxes and names' && test -s demo/portraits.png"
check "faces are found on what the demo drew" bash -c \
  "'$bin/python' -c 'import facestyle as fs; assert len(fs.faces(\"demo/portraits.png\")) >= 10'"
check "the header and the terms of the models come along" test -s "$site/facestyle/native/include/facestyle.h" -a -s "$site/facestyle/native/models/README.md"
check "the types are marked as such" test -e "$site/facestyle/py.typed"
check "what downloads models needs no native library" bash -c "'$bin/python' -m facestyle.models --help | grep -q '$work/none/facestyle/models'"

finish
