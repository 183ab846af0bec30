/* The self-test: that it passes here, on each instruction set, in little memory, and what it says. */
#include "support.h"

#include <sys/resource.h>
#include <sys/wait.h>

static unsigned checks;

static void counted(const fs_self_check *check, void *user) {
  const char **last = user;
  checks++;
  CHECK(check->size == sizeof *check && check->name && check->name[0]);
  CHECK(check->passed == 1 && check->deviation >= 0 && check->deviation <= check->tolerance);
  CHECK(check->tolerance <= 2e-5 && check->seconds >= 0);
  *last = check->name;
}

/* Runs in a child, because the kernels are chosen once: 0 if the test passes with them, 2 if this processor has none of
 * that name, else 1. */
static int child_passes(const char *name) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    if (fs_instruction_set_choose(name) != FS_OK) _exit(2);
    if (fs_self_test(NULL, NULL) != FS_OK) {
      printf("  %s\n", fs_last_error());
      fflush(stdout);
      _exit(1);
    }
    _exit(strcmp(fs_instruction_set(), name) != 0);
  }
  int status = 1;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static long peak(void) { /* in bytes */
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024;
}

int main(void) {
  TEST("the self-test passes with the baseline's kernels, and all others that this processor runs") {
    CHECK(child_passes("baseline") == 0);
    CHECK(child_passes("avx2") != 1);
    CHECK(child_passes("avx512") != 1);
  }
  if (quick()) {
    test_skip_group("the memory of the self-test, in quick runs: valgrind needs more");
  } else {
    TEST("the self-test holds as little memory as the header says") {
      CHECK_OK(fs_threads_set(1));
      long before = peak();
      CHECK_OK(fs_self_test(NULL, NULL));
      CHECK(peak() - before <= 10 << 20);
    }
  }
  TEST("each check is told, with its deviation and its tolerance") {
    const char *last = NULL;
    CHECK_OK(fs_self_test(counted, &last));
    CHECK(checks >= 15 && last && strcmp(last, "a painting's gradient") == 0);
  }
  return test_end_program();
}
