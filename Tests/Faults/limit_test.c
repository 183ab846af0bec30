/* The host's own limit on memory (fs_memory_limit_set): whatever is called, and whatever the limit, no more is held, and the
 * call answers FS_NO_MEMORY with its reason or the same result, and what is counted comes back to what it was.
 *
 * FACESTYLE_FAULTS: how many limits are set in each scene. */
#include "faults.h"
#include "scenes.h"

/* Lists of the language that have grown, and texts of errors. */
enum { KEPT = 4096 };
static long steps, refused, answered;

/* What was made once and is kept is made: workspaces come and go, lists of the language grow. */
static uint64_t settled(const scene *s, double *wanted) {
  for (int i = 0; i < 3; i++) s->act(wanted);
  fs_memory_trim();
  return fs_memory_used();
}

static void limit(const scene *s) {
  double wanted = 0, answer = 0;
  char sentence[160];
  uint64_t most_beyond = 0;
  if (!s->prepare()) {
    s->finish();
    return;
  }
  const uint64_t idle = settled(s, &wanted);
  fs_memory_peak_reset();
  const fs_status status = s->act(&answer);
  const uint64_t need = fs_memory_peak() - idle;
  snprintf(sentence, sizeof sentence, "%s: limits from what is held to %llu KB more", s->name, (unsigned long long)(need >> 10));
  TEST(sentence) {
    if (!CHECK_OK(status) || !CHECK(answer == wanted)) continue;
    for (long step = 0; step <= steps + 2; step++) {
      fs_memory_trim();
      /* A megabyte is left to objects and texts. */
      const uint64_t held = fs_memory_used(), allowed = held + (1 << 20) + need * (uint64_t)step / (uint64_t)steps;
      char seen[200];
      fs_memory_peak_reset();
      if (!CHECK_OK(fs_memory_limit_set(allowed))) break;
      const fs_status under = s->act(&answer);
      const bool is_told = under == FS_NO_MEMORY && fs_last_error()[0];
      const uint64_t peak = fs_memory_peak(), beyond = peak > allowed ? peak - allowed : 0;
      if (beyond > most_beyond) most_beyond = beyond;
      refused += under != FS_OK, answered += under == FS_OK;
      snprintf(seen, sizeof seen, "with %llu KB more: %s \"%s\"", (unsigned long long)((allowed - held) >> 10),
               fs_status_name(under), fs_last_error());
      test_check(under == FS_OK ? answer == wanted : is_told, __FILE__, __LINE__, seen);
      CHECK_OK(fs_memory_limit_set(0));
    }
    CHECK_OK(s->act(&answer));
    CHECK(answer == wanted);
  }
  TEST("and nothing more is held than the limit") CHECK_NEAR((double)most_beyond, 0, 0);
  TEST("and what is counted comes back") {
    fs_memory_trim();
    CHECK_NEAR((double)fs_memory_used() - (double)idle, 0, KEPT);
  }
  s->finish();
}

int main(int argc, char **argv) {
  const char *setting = getenv("FACESTYLE_FAULTS");
  steps = setting && atol(setting) > 0 ? atol(setting) : 24;
  if (!mkdtemp(scene_folder)) return perror(scene_folder), 1;
  fs_threads_set(1);
  for (unsigned i = 0; i < scene_count; i++)
    if (argc < 2 || strstr(scenes[i].name, argv[1])) limit(&scenes[i]);
  char command[100];
  snprintf(command, sizeof command, "rm -r %s", scene_folder);
  if (system(command) != 0) printf("  %s failed\n", command);
  printf("  %ld calls were refused, %ld answered\n", refused, answered);
  return test_end_program();
}
