# For the tests of installations, which source it: a sentence and the command that must succeed. `log` names a file for what commands
# print; `around` may hold words to be put before each command.

passed=0 failed=0 around=()

check() { # check SENTENCE COMMAND...
  local sentence=$1
  shift
  if ${around[@]+"${around[@]}"} "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "failed: $sentence"
    sed 's/^/    /' "$log" | tail -n 20
  fi
}

# Whether a library is the one without a Swift runtime, which packages carry: it is small, no settings of the runtime are in it, and
# it needs no newer C library than the other one.
is_shipped() { # is_shipped LIBRARY
  [[ $(stat -L -c %s "$1") -lt 6000000 ]] && ! grep -q 'SWIFT_DEBUG_' "$1" && ! readelf -W --dyn-syms "$1" | grep -q 'GLIBC_2\.\(3[5-9]\|[4-9][0-9]\)'
}

# The last line; fails if a check did.
finish() {
  rm -f "$log"
  echo "$passed passed, $failed failed"
  [[ $failed = 0 ]]
}
