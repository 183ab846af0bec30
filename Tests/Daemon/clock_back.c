/* A clock that is set: preloaded, the time of day goes an hour back 1.9 seconds after it was first asked for. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <time.h>

int clock_gettime(clockid_t clock, struct timespec *time) {
  static struct timespec first;
  int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
  int result = real(clock, time);
  if (result || clock != CLOCK_REALTIME) return result;
  if (!first.tv_sec) first = *time;
  if ((double)(time->tv_sec - first.tv_sec) + (double)(time->tv_nsec - first.tv_nsec) / 1e9 > 1.9) time->tv_sec -= 3600;
  return 0;
}
