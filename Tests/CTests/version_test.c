/* Version, errors, log, threads: the sections of the header that need no picture. */
#include "support.h"

#include <sys/wait.h>

/* Runs in a child, because the kernels are chosen once, at the first call. */
static bool child_has_kernels(const char *asked, const char *wanted) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    setenv("FACESTYLE_ISA", asked, 1);
    const char *seen = fs_instruction_set();
    _exit(seen && (!wanted || strcmp(seen, wanted) == 0) ? 0 : 1);
  }
  int status = 1;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The same by a choice of the program's, which stands once something was computed. */
static bool child_chooses(const char *name) {
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    const float vector[2] = {3, 4};
    float distance;
    const char *best = fs_instruction_set();
    bool sound = fs_instruction_set_choose(name) == FS_OK && strcmp(fs_instruction_set(), name) == 0 &&
                 fs_instruction_set_choose(NULL) == FS_OK && strcmp(fs_instruction_set(), best) == 0 &&
                 fs_instruction_set_choose(name) == FS_OK && fs_distance(vector, vector, 2, &distance) == FS_OK &&
                 fs_instruction_set_choose(name) == FS_OK;
    if (strcmp(best, name) != 0)
      sound = sound && fs_instruction_set_choose(best) == FS_INVALID_ARGUMENT && strstr(fs_last_error(), name) &&
              fs_instruction_set_choose(NULL) == FS_INVALID_ARGUMENT && strcmp(fs_instruction_set(), name) == 0;
    _exit(sound ? 0 : 1);
  }
  int status = 1;
  return waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void kernels(void) {
  /* First of all: nothing of the library has been called yet. */
  TEST("FACESTYLE_ISA asks for lower kernels before the first call") {
    CHECK(child_has_kernels("baseline", "baseline"));
  }
  TEST("an unknown FACESTYLE_ISA leaves the library usable") {
    CHECK(child_has_kernels("zx81", NULL));
    CHECK(child_has_kernels("", NULL));
  }
  TEST("a program chooses its kernels before the first use, and not after") {
    CHECK(child_chooses("baseline"));
  }
  TEST("the kernels in use have a documented name that does not change") {
    const char *name = fs_instruction_set();
    REQUIRE(name != NULL);
    CHECK(!strcmp(name, "avx512") || !strcmp(name, "avx2") || !strcmp(name, "baseline"));
    setenv("FACESTYLE_ISA", "baseline", 1);
    CHECK(strcmp(fs_instruction_set(), name) == 0);
    unsetenv("FACESTYLE_ISA");
  }
}

static void refused_kernels(void) {
  TEST("kernels that this processor does not run are refused by name") {
    char best[16];
    snprintf(best, sizeof best, "%s", fs_instruction_set());
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_instruction_set_choose("zx81"));
    CHECK(strstr(fs_last_error(), "zx81") && strstr(fs_last_error(), best));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_instruction_set_choose(""));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_instruction_set_choose("\xff"));
    if (strcmp(best, "avx512") != 0) CHECK_STATUS(FS_INVALID_ARGUMENT, fs_instruction_set_choose("avx512"));
    CHECK(strcmp(fs_instruction_set(), best) == 0);
  }
}

static void version(void) {
  TEST("the loaded library is the one that was compiled against") {
    CHECK(fs_version() == FS_VERSION);
    CHECK(fs_abi_version() == FS_ABI_VERSION);
  }
  TEST("FS_VERSION is made of the three numbers") {
    CHECK(FS_VERSION == FS_VERSION_MAJOR * 10000 + FS_VERSION_MINOR * 100 + FS_VERSION_PATCH);
  }
}

static void errors(void) {
  TEST("every status has its name") {
    static const char *const names[] = {"FS_OK",      "FS_INVALID_ARGUMENT", "FS_BAD_DATA",  "FS_IO",
                                        "FS_NO_MEMORY", "FS_NO_FACE",          "FS_CANCELLED", "FS_NOT_FOUND",
                                        "FS_WRONG_MODEL", "FS_INTERNAL"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
      CHECK(fs_status_name((fs_status)i) && strcmp(fs_status_name((fs_status)i), names[i]) == 0);
  }
  TEST("a number that is no status has a name too") {
    static const unsigned numbers[] = {10, 11, 1000, 0x7fffffff, 0x80000000u, 0xffffffffu};
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++) {
      const char *name = fs_status_name((fs_status)numbers[i]);
      CHECK(name != NULL && name[0] != 0);
    }
  }
  TEST("the last error is empty before the first error") {
    CHECK(fs_last_error() != NULL && fs_last_error()[0] == 0);
  }
  TEST("the last error tells, getters leave it alone, the next success clears it") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_threads_set(1000));
    char before[512];
    snprintf(before, sizeof before, "%s", fs_last_error());
    (void)fs_version(), (void)fs_abi_version(), (void)fs_status_name(FS_IO), (void)fs_threads();
    (void)fs_instruction_set(), (void)fs_debug_live_handles();
    CHECK(fs_image_width(NULL) == 0);
    CHECK(fs_embedder_dimension(NULL) == 0);
    CHECK(strcmp(fs_last_error(), before) == 0);
    CHECK_OK(fs_threads_set(2));
    CHECK(fs_last_error()[0] == 0);
  }
  TEST("a message names the value seen") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_threads_set(4711));
    CHECK(strstr(fs_last_error(), "4711") != NULL);
  }
}

static void threads(void) {
  TEST("1 to 256 threads, and 0 for one a processor") {
    static const uint32_t counts[] = {1, 2, 3, 256};
    for (unsigned i = 0; i < 4; i++) {
      CHECK_OK(fs_threads_set(counts[i]));
      CHECK(fs_threads() == counts[i]);
    }
    CHECK_OK(fs_threads_set(0));
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    CHECK(fs_threads() >= 1 && fs_threads() <= 256 && (long)fs_threads() <= processors);
  }
  TEST("other numbers of threads are refused and change nothing") {
    CHECK_OK(fs_threads_set(2));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_threads_set(257));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_threads_set(UINT32_MAX));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_threads_set(0x80000000u));
    CHECK(fs_threads() == 2);
    CHECK_OK(fs_threads_set(0));
  }
}

struct heard {
  unsigned lines, bad;
  fs_log_level lowest;
};

static void listen(fs_log_level level, const char *message, void *user) {
  struct heard *heard = user;
  heard->lines++;
  if (level < heard->lowest) heard->lowest = level;
  if (!message || !*message || strpbrk(message, "\r\n") || level > FS_LOG_ERROR) heard->bad++;
}

/* Something of everything that might be worth a line. */
static void make_noise(void) {
  fs_image *image = picture(64, 64, 1), *small = NULL;
  if (fs_image_resize(&small, image, 8, 8, FS_BILINEAR) == FS_OK) fs_image_destroy(small);
  if (fs_image_decode(&small, "not a picture", 13) == FS_OK) fs_image_destroy(small);
  fs_image_destroy(image);
  fs_threads_set(300);
}

static void log_lines(void) {
  TEST("the log comes in single lines to the callback with its user pointer") {
    struct heard heard = {.lowest = FS_LOG_ERROR};
    fs_log_set(FS_LOG_DEBUG, listen, &heard);
    make_noise();
    fs_log_set(FS_LOG_DEBUG, NULL, NULL);
    CHECK(heard.bad == 0);
    if (heard.lines == 0) SKIP("nothing was logged, even at FS_LOG_DEBUG");
  }
  TEST("the log keeps to the level that was asked for") {
    struct heard heard = {.lowest = FS_LOG_ERROR};
    fs_log_set(FS_LOG_ERROR, listen, &heard);
    make_noise();
    fs_log_set(FS_LOG_ERROR, NULL, NULL);
    CHECK(heard.lowest == FS_LOG_ERROR);
  }
  TEST("the log is silent after NULL") {
    struct heard heard = {.lowest = FS_LOG_ERROR};
    fs_log_set(FS_LOG_DEBUG, listen, &heard);
    fs_log_set(FS_LOG_DEBUG, NULL, &heard);
    make_noise();
    CHECK(heard.lines == 0);
  }
  TEST("a level that does not exist does no harm") {
    struct heard heard = {.lowest = FS_LOG_ERROR};
    fs_log_set((fs_log_level)77, listen, &heard);
    make_noise();
    fs_log_set((fs_log_level)0xffffffffu, listen, &heard);
    make_noise();
    fs_log_set(FS_LOG_DEBUG, NULL, NULL);
    CHECK(heard.bad == 0);
  }
}

static void call_back(fs_log_level level, const char *message, void *user) {
  (void)level, (void)message;
  fs_threads_set(0); /* a call that succeeds, and clears the last error on its way */
  ++*(int *)user;
}

static void calls_from_the_log(void) {
  TEST("a log callback may call the library, and the failed call keeps its error") {
    int lines = 0;
    fs_log_set(FS_LOG_DEBUG, call_back, &lines);
    fs_status status = fs_threads_set(4711);
    fs_log_set(FS_LOG_DEBUG, NULL, NULL);
    CHECK_STATUS(FS_INVALID_ARGUMENT, status);
    CHECK(strstr(fs_last_error(), "4711") != NULL);
  }
}

static void handles(void) {
  TEST("live handles are counted") {
    size_t before = fs_debug_live_handles();
    fs_image *a = plain(2, 2, 1, 2, 3), *b = plain(2, 2, 1, 2, 3);
    CHECK(fs_debug_live_handles() == before + 2);
    fs_image_destroy(a);
    CHECK(fs_debug_live_handles() == before + 1);
    fs_image_destroy(b);
    CHECK(fs_debug_live_handles() == before);
  }
  TEST("destroying NULL is fine") {
    size_t before = fs_debug_live_handles();
    fs_image_destroy(NULL), fs_model_destroy(NULL), fs_detector_destroy(NULL), fs_embedder_destroy(NULL);
    fs_gallery_destroy(NULL), fs_styler_destroy(NULL);
    CHECK(fs_debug_live_handles() == before);
  }
}

int main(void) {
  kernels();
  version();
  errors();
  refused_kernels();
  threads();
  log_lines();
  calls_from_the_log();
  handles();
  return test_end_program();
}
