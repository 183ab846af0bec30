/* What the fuzz targets share: limits, what holds for every answer, files of a folder in memory. */
#ifndef FUZZ_H
#define FUZZ_H

#define _GNU_SOURCE
#include <facestyle.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char fuzz_folder[64] = "/dev/shm/facestyle-fuzz-XXXXXX";

static inline void fuzz_clean(void) {
  char command[100];
  snprintf(command, sizeof command, "rm -rf %s", fuzz_folder);
  if (system(command) != 0) perror(command);
}

/* The library respects this limit: what a file promises beyond it is refused, as on a small machine. */
static inline void fuzz_limit_memory(size_t more) {
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%*d %*d %*d %*d %*d %ld", &pages) != 1) perror("/proc/self/statm");
  if (file) fclose(file);
  const struct rlimit limit = {(rlim_t)pages * 4096 + more, RLIM_INFINITY};
  if (setrlimit(RLIMIT_DATA, &limit) != 0) perror("RLIMIT_DATA");
}

static inline void fuzz_begin(void) {
  if (!mkdtemp(fuzz_folder)) perror(fuzz_folder), exit(1);
  atexit(fuzz_clean);
  fs_threads_set(1);
  fuzz_limit_memory((size_t)1 << 30);
}

static inline const char *fuzz_path(const char *name) {
  static char paths[4][128];
  static unsigned next;
  char *path = paths[next++ % 4];
  snprintf(path, sizeof paths[0], "%s/%s", fuzz_folder, name);
  return path;
}

static inline const char *fuzz_file(const char *name, const void *bytes, size_t count) {
  const char *path = fuzz_path(name);
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(bytes, 1, count, file) != count) perror(path);
  if (file) fclose(file);
  return path;
}

/* Every answer has its reason, and none says that the library is wrong. */
static inline fs_status checked(fs_status status) {
  const char *reason = fs_last_error();
  if ((status == FS_OK) != (reason[0] == 0) || status == FS_INTERNAL || strpbrk(reason, "\r\n")) {
    fprintf(stderr, "%s \"%s\"\n", fs_status_name(status), reason);
    abort();
  }
  return status;
}

/* All that a target made is destroyed. */
static inline void fuzz_end(size_t kept) {
  if (fs_debug_live_handles() == kept) return;
  fprintf(stderr, "%zu handles; expected %zu\n", fs_debug_live_handles(), kept);
  abort();
}

#endif
