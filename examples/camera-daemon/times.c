#define _XOPEN_SOURCE 700

#include "times.h"

#include <time.h>

const char *const stage_names[STAGES] = {"decode", "detect", "track", "live", "embed", "search"};

double milliseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

void stage_note(struct stage_times *times, double since) {
  double passed = milliseconds() - since;
  times->count++, times->sum += passed;
  if (passed > times->longest) times->longest = passed;
}
