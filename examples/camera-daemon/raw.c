/* Frames one behind the other, without headers: a file, a pipe, the standard input. */
#define _XOPEN_SOURCE 700

#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SLOTS = 3 }; /* one is filled, one waits, one is looked at */

struct raw {
  int file;
  struct settings settings;
  size_t frame;
  uint8_t *slots[SLOTS];
  pthread_mutex_t lock;
  bool is_free[SLOTS];
};

static void raw_close(void *reader) {
  struct raw *raw = reader;
  if (raw->file > STDIN_FILENO) close(raw->file);
  for (int i = 0; i < SLOTS; i++) free(raw->slots[i]);
  pthread_mutex_destroy(&raw->lock);
  free(raw);
}

static bool raw_open(void **reader, struct settings *settings, FILE *errors) {
  size_t frame = frame_bytes(settings->format, settings->width, settings->height, &settings->stride);
  if (!frame)
    return fprintf(errors, "a stride of %u bytes is too short for %u pixels of %s\n", settings->stride, settings->width,
                   settings->format), false;
  bool standard = !strcmp(settings->source, "-");
  int file = standard ? STDIN_FILENO : open(settings->source, O_RDONLY | O_CLOEXEC);
  if (file < 0) return fprintf(errors, "%s: %s\n", settings->source, strerror(errno)), false;
  struct raw *raw = calloc(1, sizeof *raw);
  if (!raw) {
    if (!standard) close(file);
    return fprintf(errors, "no memory\n"), false;
  }
  struct stat status;
  if (!strcmp(settings->every_frame, "auto")) /* a file waits, a pipe is a camera's */
    strcpy(settings->every_frame, !fstat(file, &status) && S_ISREG(status.st_mode) ? "yes" : "no");
  raw->file = file, raw->frame = frame, raw->settings = *settings;
  pthread_mutex_init(&raw->lock, NULL);
  for (int i = 0; i < SLOTS; i++) {
    raw->is_free[i] = true;
    if ((raw->slots[i] = malloc(frame))) continue;
    fprintf(errors, "no memory for frames of %zu bytes\n", frame);
    raw_close(raw);
    return false;
  }
  *reader = raw;
  return true;
}

/* A frame's bytes; how many there were before the end, -1 for an error. A stop looks like the end. */
static ssize_t read_whole(struct raw *raw, int stop, uint8_t *bytes) {
  size_t done = 0;
  while (done < raw->frame) {
    struct pollfd files[2] = {{raw->file, POLLIN, 0}, {stop, POLLIN, 0}};
    if (poll(files, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    if (files[1].revents) return 0;
    ssize_t count = read(raw->file, bytes + done, raw->frame - done);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (count < 0) return -1;
    if (count == 0) break;
    done += (size_t)count;
  }
  return (ssize_t)done;
}

static int raw_next(void *reader, int stop, struct picture *picture, char *reason, size_t reason_size) {
  struct raw *raw = reader;
  /* Of three slots one waits and one is looked at: one is always free. */
  pthread_mutex_lock(&raw->lock);
  int slot = 0;
  while (slot < SLOTS - 1 && !raw->is_free[slot]) slot++;
  raw->is_free[slot] = false;
  pthread_mutex_unlock(&raw->lock);

  ssize_t count = read_whole(raw, stop, raw->slots[slot]);
  if (count < 0) {
    snprintf(reason, reason_size, "%s: %s", raw->settings.source, strerror(errno));
    return -1;
  }
  if ((size_t)count < raw->frame) {
    if (count) snprintf(reason, reason_size, "the last frame has %zd bytes of %zu, it is left out", count, raw->frame);
    return 0;
  }
  *picture = (struct picture){.bytes = raw->slots[slot], .byte_count = raw->frame, .width = raw->settings.width,
                              .height = raw->settings.height, .stride = raw->settings.stride, .slot = slot};
  return 1;
}

static void raw_release(void *reader, const struct picture *picture) {
  struct raw *raw = reader;
  pthread_mutex_lock(&raw->lock);
  raw->is_free[picture->slot] = true;
  pthread_mutex_unlock(&raw->lock);
}

const struct reader raw_reader = {raw_open, raw_next, raw_release, raw_close};
