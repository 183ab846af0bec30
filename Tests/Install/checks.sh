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

# The last line; fails if a check did.
finish() {
  rm -f "$log"
  echo "$passed passed, $failed failed"
  [[ $failed = 0 ]]
}
