#define _XOPEN_SOURCE 700

#include "source.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct source {
  const struct reader *kind;
  void *reader;
  struct settings settings;
  sem_t *wake;
  int stop[2]; /* a pipe that becomes readable when the thread is to end */
  pthread_t thread;
  pthread_mutex_t lock;
  pthread_cond_t taken;
  struct picture newest;
  bool has_newest, stopping, every_frame;
  struct source_counts counts;
  enum source_end state;
  char reason[256];
};

size_t frame_bytes(const char *format, uint32_t width, uint32_t height, uint32_t *stride) {
  size_t chroma_rows = ((size_t)height + 1) / 2, even = ((size_t)width + 1) / 2 * 2;
  if (!strcmp(format, "mjpeg")) return 0;
  bool wide = !strcmp(format, "rgb") || !strcmp(format, "bgr");
  size_t packed = wide ? 3 * (size_t)width : !strcmp(format, "yuyv") ? 2 * even : width;
  if (*stride == 0) *stride = (uint32_t)packed;
  if (*stride < packed) return 0;
  size_t rows = *stride * (size_t)height;
  if (wide || !strcmp(format, "yuyv") || !strcmp(format, "grey")) return rows;
  if (!strcmp(format, "nv12") || !strcmp(format, "nv21")) return rows + (*stride < even ? even : *stride) * chroma_rows;
  if (!strcmp(format, "i420")) return rows + 2 * (((size_t)*stride + 1) / 2) * chroma_rows;
  return 0;
}

bool picture_fits(const struct settings *settings, const struct picture *picture, char *reason, size_t reason_size) {
  if (picture->width == settings->width && picture->height == settings->height) return true;
  snprintf(reason, reason_size, "it has %ux%u pixels; expected %ux%u, as width and height say", picture->width, picture->height,
           settings->width, settings->height);
  return false;
}

/* Waits until a file's next frame is due: it is played at its rate, like a camera. */
static void pace(struct source *source, const struct timespec *start) {
  double rate = source->settings.rate;
  if (source->kind != &stream_reader || rate <= 0) return;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  double passed = (double)(now.tv_sec - start->tv_sec) + (double)(now.tv_nsec - start->tv_nsec) / 1e9;
  double wait = (double)source->counts.frames / rate - passed;
  struct pollfd stop = {source->stop[0], POLLIN, 0};
  if (wait > 0) poll(&stop, 1, wait < 1e6 ? (int)(wait * 1000 + 0.5) : 1000000000);
}

/* With the lock held. */
static void count_damaged(struct source *source, uint64_t number, const char *reason) {
  if (source->counts.damaged++) return;
  fprintf(stderr, "facestyle-camera: frame %llu is damaged and left out: %s; others are only counted\n",
          (unsigned long long)number, reason);
}

static void *read_frames(void *argument) {
  struct source *source = argument;
  struct timespec start;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (;;) {
    struct picture picture = {0};
    char reason[sizeof source->reason] = "";
    enum next found = source->kind->next(source->reader, source->stop[0], &picture, reason, sizeof reason);
    if (found == NEXT_FRAME) pace(source, &start);
    clock_gettime(CLOCK_REALTIME, &picture.time);
    struct timespec arrived; /* by the clock that nobody sets */
    clock_gettime(CLOCK_MONOTONIC, &arrived);

    pthread_mutex_lock(&source->lock);
    if (source->kind->skipped) source->counts.skipped = source->kind->skipped(source->reader);
    if (found == NEXT_DAMAGED) {
      count_damaged(source, source->counts.frames++, reason);
      pthread_mutex_unlock(&source->lock);
      continue;
    }
    while (found == NEXT_FRAME && source->every_frame && source->has_newest && !source->stopping)
      pthread_cond_wait(&source->taken, &source->lock);
    bool ends = found != NEXT_FRAME || source->stopping;
    struct picture late;
    bool was_late = false;
    if (ends) {
      source->state = found == NEXT_FAILED ? SOURCE_FAILED : SOURCE_ENDED;
      memcpy(source->reason, reason, sizeof reason);
    } else {
      picture.number = source->counts.frames++;
      /* Where every frame is looked at they come as fast as that goes: their number is their time. */
      double rate = source->settings.rate > 0 ? source->settings.rate : 30;
      picture.seconds = source->every_frame ? (double)picture.number / rate
                                            : (double)arrived.tv_sec + (double)arrived.tv_nsec / 1e9;
      was_late = source->has_newest, late = source->newest;
      source->newest = picture, source->has_newest = true;
      source->counts.dropped += was_late;
    }
    pthread_mutex_unlock(&source->lock);
    if (was_late) source->kind->release(source->reader, &late);
    sem_post(source->wake);
    if (ends) return NULL;
  }
}

struct source *source_open(const struct settings *settings, sem_t *wake, FILE *errors) {
  struct source *source = calloc(1, sizeof *source);
  if (!source) return fprintf(errors, "no memory\n"), NULL;
  struct stat status;
  bool device = !stat(settings->source, &status) && S_ISCHR(status.st_mode) && strcmp(settings->source, "/dev/stdin");
  source->kind = device ? &v4l2_reader : &stream_reader;
  source->settings = *settings;
  source->wake = wake;
  if (pipe(source->stop)) {
    fprintf(errors, "no pipe: %s\n", strerror(errno));
    free(source);
    return NULL;
  }
  if (source->kind->open(&source->reader, &source->settings, errors)) {
    source->every_frame = !strcmp(source->settings.every_frame, "yes");
    pthread_mutex_init(&source->lock, NULL);
    pthread_cond_init(&source->taken, NULL);
    int failed = pthread_create(&source->thread, NULL, read_frames, source);
    if (!failed) return source;
    fprintf(errors, "no thread: %s\n", strerror(failed));
    pthread_cond_destroy(&source->taken);
    pthread_mutex_destroy(&source->lock);
    source->kind->close(source->reader);
  }
  close(source->stop[0]), close(source->stop[1]);
  free(source);
  return NULL;
}

const struct settings *source_settings(const struct source *source) { return &source->settings; }

bool source_take(struct source *source, struct picture *picture) {
  pthread_mutex_lock(&source->lock);
  bool found = source->has_newest;
  if (found) *picture = source->newest;
  source->has_newest = false;
  pthread_cond_signal(&source->taken);
  pthread_mutex_unlock(&source->lock);
  return found;
}

void source_give(struct source *source, const struct picture *picture) { source->kind->release(source->reader, picture); }

enum source_end source_state(struct source *source, const char **reason) {
  pthread_mutex_lock(&source->lock);
  enum source_end state = source->has_newest ? SOURCE_RUNS : source->state; /* the last frame is still to be taken */
  pthread_mutex_unlock(&source->lock);
  *reason = source->reason;
  return state;
}

void source_spoilt(struct source *source, const struct picture *picture, const char *reason) {
  pthread_mutex_lock(&source->lock);
  count_damaged(source, picture->number, reason);
  pthread_mutex_unlock(&source->lock);
}

struct source_counts source_counts(struct source *source) {
  pthread_mutex_lock(&source->lock);
  struct source_counts counts = source->counts;
  pthread_mutex_unlock(&source->lock);
  return counts;
}

void source_close(struct source *source) {
  if (!source) return;
  pthread_mutex_lock(&source->lock);
  source->stopping = true;
  pthread_cond_signal(&source->taken);
  pthread_mutex_unlock(&source->lock);
  if (write(source->stop[1], "", 1) != 1) perror("facestyle-camera"); /* cannot happen: the pipe is empty */
  pthread_join(source->thread, NULL);
  source->kind->close(source->reader);
  close(source->stop[0]), close(source->stop[1]);
  pthread_cond_destroy(&source->taken);
  pthread_mutex_destroy(&source->lock);
  free(source);
}
