/* Who is before the camera? A daemon that says so in lines of JSON, all day.
 *
 *   facestyle-camera [FILE] [--NAME=VALUE ...]       NAMEs are those of the file: see facestyle-camera.conf
 *   facestyle-camera --help                          all of them, with what they mean and their defaults
 *
 * SIGHUP reads the gallery again, SIGTERM and SIGINT end it clean. README.md tells more. */
#define _GNU_SOURCE /* sem_clockwait */

#include "events.h"
#include "people.h"
#include "service.h"
#include "settings.h"
#include "source.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t must_end, must_reload;
static sem_t wake; /* a frame, the source's end or a signal */

static void on_signal(int number) {
  int before = errno;
  if (number == SIGHUP) must_reload = 1;
  else must_end = 1;
  sem_post(&wake);
  errno = before;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Memory of the process in MB, 0 where /proc is not. */
static double resident(void) {
  unsigned long all, here = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file) return 0;
  if (fscanf(file, "%lu %lu", &all, &here) != 2) here = 0;
  fclose(file);
  return (double)here * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static bool tell_metrics(struct events *events, struct source *source, struct people *people, uint64_t looked, double seconds) {
  struct timespec time;
  struct stage_times times[STAGES];
  struct source_counts counts = source_counts(source);
  clock_gettime(CLOCK_REALTIME, &time);
  people_times(people, times);
  event_begin(events, "metrics", time);
  event_count(events, "frames", counts.frames);
  event_count(events, "dropped", counts.dropped);
  event_count(events, "damaged", counts.damaged);
  event_count(events, "looked_at", looked);
  event_count(events, "skipped_bytes", counts.skipped);
  event_number(events, "seconds", seconds, 1);
  for (int i = 0; i < STAGES; i++) {
    char name[32];
    snprintf(name, sizeof name, "%s_ms", stage_names[i]);
    event_number(events, name, times[i].count ? times[i].sum / (double)times[i].count : NAN, 4);
    snprintf(name, sizeof name, "%s_ms_longest", stage_names[i]);
    event_number(events, name, times[i].count ? times[i].longest : NAN, 4);
  }
  event_number(events, "resident_mb", resident(), 1);
  return event_end(events);
}

/* Until the source or somebody ends it; the exit status. */
static int run(const struct settings *settings, struct source *source, struct people *people, struct events *events) {
  const double started = now(), watchdog = service_watchdog();
  double next_metrics = settings->metrics_every > 0 ? started + settings->metrics_every : INFINITY;
  double next_sign = watchdog > 0 ? started : INFINITY;
  uint64_t looked = 0;
  bool good = true;
  const char *reason = "";
  enum source_end state = SOURCE_RUNS;
  while (good && !must_end && (state = source_state(source, &reason)) == SOURCE_RUNS) {
    struct picture picture;
    if (source_take(source, &picture)) {
      char damage[256];
      enum look look = people_look(people, &picture, events, stderr, damage, sizeof damage);
      if (look == LOOK_DAMAGED) source_spoilt(source, &picture, damage);
      else looked++;
      good = look != LOOK_FAILED;
      source_give(source, &picture);
    } else {
      /* Asleep until something happens or is due. */
      double due = next_sign < next_metrics ? next_sign : next_metrics;
      struct timespec until;
      clock_gettime(CLOCK_MONOTONIC, &until); /* the other one may be set while we sleep */
      double wait = due - now();
      if (!(wait < 3600)) wait = 3600;
      if (wait < 0) wait = 0;
      until.tv_sec += (time_t)wait;
      until.tv_nsec += (long)((wait - (double)(time_t)wait) * 1e9);
      if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;
      sem_clockwait(&wake, CLOCK_MONOTONIC, &until);
      while (sem_trywait(&wake) == 0) continue; /* one look serves all */
    }
    if (must_reload) {
      must_reload = 0;
      people_reload(people);
    }
    if (now() >= next_sign) {
      service_tell("WATCHDOG=1");
      next_sign = now() + watchdog;
    }
    if (now() >= next_metrics) {
      good = good && tell_metrics(events, source, people, looked, now() - started);
      next_metrics += settings->metrics_every;
      if (next_metrics < now()) next_metrics = now() + settings->metrics_every;
    }
  }
  service_tell("STOPPING=1");
  people_leave(people, events);
  good = tell_metrics(events, source, people, looked, now() - started) && good;
  if (*reason) fprintf(stderr, "facestyle-camera: %s\n", reason);
  return good && state != SOURCE_FAILED ? 0 : 1;
}

static void help(const char *program) {
  printf("usage: %s [FILE] [--NAME=VALUE ...]\n\n"
         "Says who is before a camera, in lines of JSON. FILE has lines \"name = value\"; what comes later on the command line\n"
         "wins. SIGHUP reads the gallery again, SIGTERM and SIGINT end it clean.\n\n"
         "Settings, each with its default, range and unit:\n\n",
         program);
  settings_help(stdout);
}

static bool read_arguments(int argc, char **argv, struct settings *settings) {
  for (int i = 1; i < argc; i++) {
    char name[64];
    const char *equals = strchr(argv[i], '=');
    if (strncmp(argv[i], "--", 2)) {
      if (!settings_read(settings, argv[i], stderr)) return false;
    } else if (!equals || (size_t)(equals - argv[i] - 2) >= sizeof name) {
      fprintf(stderr, "\"%s\" is not --NAME=VALUE\nusage: %s [FILE] [--NAME=VALUE ...], or --help\n", argv[i], argv[0]);
      return false;
    } else {
      snprintf(name, sizeof name, "%.*s", (int)(equals - argv[i] - 2), argv[i] + 2);
      if (!settings_set(settings, name, equals + 1, stderr)) return false;
    }
  }
  return true;
}

int main(int argc, char **argv) {
  struct settings settings;
  settings_default(&settings);
  for (int i = 1; i < argc; i++)
    if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) return help(argv[0]), fflush(stdout) ? 1 : 0;
  if (!read_arguments(argc, argv, &settings)) return 2;

  struct sigaction action = {.sa_handler = on_signal};
  sigaction(SIGHUP, &action, NULL), sigaction(SIGTERM, &action, NULL), sigaction(SIGINT, &action, NULL);
  signal(SIGPIPE, SIG_IGN);
  sem_init(&wake, 0, 0);

  int status = 1;
  struct people *people = NULL;
  struct events *events = events_open(settings.events, stderr); /* first: no file that is opened takes a closed output's number */
  if (events) people = people_open(&settings, stderr);
  struct source *source = people ? source_open(&settings, &wake, stderr) : NULL;
  if (source && people_expect(people, source_settings(source), stderr)) {
    service_tell("READY=1");
    status = run(&settings, source, people, events);
  }
  source_close(source);
  people_close(people);
  events_close(events);
  sem_destroy(&wake);
  return status;
}
