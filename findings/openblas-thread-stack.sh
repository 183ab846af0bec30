#!/usr/bin/env bash
# Linking OpenBLAS takes 60 KB of the stack of every thread of the program, also of those that never call it.
#
# One would expect: a thread that is given 64 KB of stack (PTHREAD_STACK_MIN is 16 KB) starts, whatever libraries the program
# is linked with, as long as it does not call them.
#
# What happens: libopenblas 0.3.21 of Debian 12 has 61,440 bytes of thread-local storage. Of a library that a program is linked
# with, glibc lays that into each thread's stack, and pthread_create refuses 64 KB with EINVAL; a little more is accepted, and overflows in the thread's first calls. The same library loaded by dlopen()
# has its storage on the heap, made when a thread first uses it: 64 KB start, and so do 32 KB.
#
# Why it matters: hosts with many threads (servers, camera daemons) make their stacks small. A library that they use only to
# compare faces must not take most of that; libfacestyle loads OpenBLAS when a call needs it.
set -euo pipefail

packages=(libopenblas0-pthread=0.3.21+ds-4 libgfortran5=12.2.0-14+deb12u1)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
for package in "${packages[@]}"; do
  apt-get download -qq "$package" >/dev/null 2>&1 || { echo "cannot download $package" >&2; exit 2; }
done
for file in *.deb; do dpkg -x "$file" root; done
folder=$(dirname "$(find root -name libopenblas.so.0 | head -n 1)")
others=$(dirname "$(find root -name 'libgfortran.so.5' | head -n 1)")
echo "libopenblas0-pthread 0.3.21+ds-4, glibc $(getconf GNU_LIBC_VERSION | cut -d' ' -f2), $(uname -m)"
echo "its thread-local storage: $(($(readelf -lW "$folder/libopenblas.so.0" | awk '$1 == "TLS" { print $6 }'))) bytes"

cat >start.c <<'C'
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *nothing(void *unused) { return unused; }

int main(int count, char **arguments) {
  pthread_attr_t attributes;
  pthread_t thread;
  if (count > 2 && !dlopen(arguments[2], RTLD_NOW)) return printf("%s\n", dlerror()), 3;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, (size_t)atoi(arguments[1]) << 10);
  int code = pthread_create(&thread, &attributes, nothing, NULL);
  if (code == 0) pthread_join(thread, NULL);
  printf("%s", code ? strerror(code) : "starts");
  return 0;
}
C
export LD_LIBRARY_PATH=$PWD/$folder:$PWD/$others
cc start.c -o plain -lpthread -ldl
cc start.c -o linked -lpthread -ldl -Wl,--no-as-needed "$folder/libopenblas.so.0"
failed=0
expect() { # what, wanted, seen
  echo "a thread of $1: $3"
  [[ $3 = "$2" ]] || { echo "  expected here: $2"; failed=1; }
}
expect "64 KB, without OpenBLAS" starts "$(./plain 64)"
expect "64 KB, OpenBLAS linked and never called" "Invalid argument" "$(./linked 64)"
expect "64 KB, OpenBLAS by dlopen()" starts "$(./plain 64 "$PWD/$folder/libopenblas.so.0")"
expect "32 KB, OpenBLAS by dlopen()" starts "$(./plain 32 "$PWD/$folder/libopenblas.so.0")"
exit $failed
