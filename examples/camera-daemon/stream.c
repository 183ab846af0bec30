/* Frames one behind the other: a file, a pipe, the standard input. Raw ones have no headers, and all have one size; JPEGs
 * begin and end with markers. */
#define _XOPEN_SOURCE 700

#include "jpegs.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
  SLOTS = 3,      /* one is filled, one waits, one is looked at */
  PART = 1 << 16, /* bytes of a stream of JPEGs that are read at a time */
};

struct stream {
  int file;
  struct settings settings;
  size_t frame; /* its bytes; of a JPEG the most that it may have */
  uint8_t *slots[SLOTS];
  pthread_mutex_t lock;
  bool is_free[SLOTS];

  struct jpegs jpegs;
  uint8_t *part; /* NULL: the frames are raw */
  size_t at, end; /* of its bytes that are still to be looked at */
};

static void stream_close(void *reader) {
  struct stream *stream = reader;
  if (stream->file > STDIN_FILENO) close(stream->file);
  for (int i = 0; i < SLOTS; i++) free(stream->slots[i]);
  free(stream->part);
  pthread_mutex_destroy(&stream->lock);
  free(stream);
}

/* Bytes of a frame; 0, with the reason, if the stride is too short. */
static size_t room_for_frame(struct settings *settings, FILE *errors) {
  /* A JPEG that is larger than its pixels is none that a camera made. */
  if (!strcmp(settings->format, "mjpeg")) return 3 * (size_t)settings->width * settings->height + PART;
  size_t frame = frame_bytes(settings->format, settings->width, settings->height, &settings->stride);
  if (!frame)
    fprintf(errors, "a stride of %u bytes is too short for %u pixels of %s\n", settings->stride, settings->width, settings->format);
  return frame;
}

static bool stream_open(void **reader, struct settings *settings, FILE *errors) {
  if (!strcmp(settings->format, "auto")) strcpy(settings->format, "nv12"); /* raw frames do not tell */
  size_t frame = room_for_frame(settings, errors);
  if (!frame) return false;
  bool standard = !strcmp(settings->source, "-"), is_jpeg = !strcmp(settings->format, "mjpeg");
  int file = standard ? STDIN_FILENO : open(settings->source, O_RDONLY | O_CLOEXEC);
  if (file < 0) return fprintf(errors, "%s: %s\n", settings->source, strerror(errno)), false;
  struct stream *stream = calloc(1, sizeof *stream);
  if (!stream) {
    if (!standard) close(file);
    return fprintf(errors, "no memory\n"), false;
  }
  struct stat status;
  if (!strcmp(settings->every_frame, "auto")) /* a file waits, a pipe is a camera's */
    strcpy(settings->every_frame, !fstat(file, &status) && S_ISREG(status.st_mode) ? "yes" : "no");
  stream->file = file, stream->frame = frame, stream->settings = *settings;
  pthread_mutex_init(&stream->lock, NULL);
  bool good = !is_jpeg || (stream->part = malloc(PART));
  for (int i = 0; i < SLOTS; i++) {
    stream->is_free[i] = true;
    good = good && (stream->slots[i] = malloc(frame));
  }
  if (good) {
    *reader = stream;
    return true;
  }
  fprintf(errors, "no memory for frames of %zu bytes\n", frame);
  stream_close(stream);
  return false;
}

enum { STOPPED = -2 };

/* Bytes of the stream, at most so many; 0 at its end, -1 for an error, STOPPED. */
static ssize_t read_some(struct stream *stream, int stop, uint8_t *bytes, size_t most) {
  for (;;) {
    struct pollfd files[2] = {{stream->file, POLLIN, 0}, {stop, POLLIN, 0}};
    if (poll(files, 2, -1) < 0) {
      if (errno == EINTR) continue;
      return -1;
    }
    if (files[1].revents) return STOPPED;
    ssize_t count = read(stream->file, bytes, most);
    if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    return count;
  }
}

static enum next failure(const struct stream *stream, char *reason, size_t reason_size) {
  snprintf(reason, reason_size, "%s: %s", stream->settings.source, strerror(errno));
  return NEXT_FAILED;
}

static enum next next_raw(struct stream *stream, int stop, uint8_t *frame, struct picture *picture, char *reason, size_t reason_size) {
  for (size_t done = 0; done < stream->frame;) {
    ssize_t count = read_some(stream, stop, frame + done, stream->frame - done);
    if (count == STOPPED) return NEXT_ENDED;
    if (count < 0) return failure(stream, reason, reason_size);
    if (count == 0 && done > 0)
      snprintf(reason, reason_size, "the last frame has %zu bytes of %zu, it is left out", done, stream->frame);
    if (count == 0) return NEXT_ENDED;
    done += (size_t)count;
  }
  picture->byte_count = stream->frame;
  return NEXT_FRAME;
}

static enum next next_jpeg(struct stream *stream, int stop, uint8_t *frame, struct picture *picture, char *reason, size_t reason_size) {
  size_t length = 0;
  if (jpegs_inside(&stream->jpegs)) { /* the frame before was cut off by this one's first bytes */
    memcpy(frame, JPEG_START, sizeof JPEG_START);
    length = sizeof JPEG_START;
  }
  for (;;) {
    if (stream->at == stream->end) {
      ssize_t count = read_some(stream, stop, stream->part, PART);
      if (count == STOPPED) return NEXT_ENDED;
      if (count < 0) return failure(stream, reason, reason_size);
      if (count == 0 && length > 0) snprintf(reason, reason_size, "the last frame has %zu bytes and no end, it is left out", length);
      if (count == 0) return NEXT_ENDED;
      stream->at = 0, stream->end = (size_t)count;
    }
    enum jpeg_event event;
    bool was_inside = jpegs_inside(&stream->jpegs);
    const uint8_t *bytes = stream->part + stream->at;
    size_t count = jpegs_take(&stream->jpegs, bytes, stream->end - stream->at, &event);
    stream->at += count;
    if (event == JPEG_AGAIN) {
      snprintf(reason, reason_size, "it is cut off after %zu bytes", length + count - sizeof JPEG_START);
      return NEXT_DAMAGED;
    }
    if (event == JPEG_BEGINS) bytes = JPEG_START, count = sizeof JPEG_START;
    else if (!was_inside) continue;
    if (count > stream->frame - length) {
      jpegs_leave(&stream->jpegs);
      snprintf(reason, reason_size, "it has more than %zu bytes", stream->frame);
      return NEXT_DAMAGED;
    }
    memcpy(frame + length, bytes, count);
    length += count;
    if (event != JPEG_ENDS) continue;
    picture->byte_count = length;
    picture->width = stream->jpegs.width, picture->height = stream->jpegs.height;
    return NEXT_FRAME;
  }
}

static enum next stream_next(void *reader, int stop, struct picture *picture, char *reason, size_t reason_size) {
  struct stream *stream = reader;
  /* Of three slots one waits and one is looked at: one is always free. */
  pthread_mutex_lock(&stream->lock);
  int slot = 0;
  while (slot < SLOTS - 1 && !stream->is_free[slot]) slot++;
  stream->is_free[slot] = false;
  pthread_mutex_unlock(&stream->lock);

  *picture = (struct picture){.bytes = stream->slots[slot], .width = stream->settings.width, .height = stream->settings.height,
                              .stride = stream->settings.stride, .slot = slot};
  enum next found = (stream->part ? next_jpeg : next_raw)(stream, stop, stream->slots[slot], picture, reason, reason_size);
  if (found == NEXT_FRAME && !picture_fits(&stream->settings, picture, reason, reason_size)) found = NEXT_DAMAGED;
  if (found == NEXT_FRAME) return NEXT_FRAME;
  pthread_mutex_lock(&stream->lock);
  stream->is_free[slot] = true;
  pthread_mutex_unlock(&stream->lock);
  return found;
}

static void stream_release(void *reader, const struct picture *picture) {
  struct stream *stream = reader;
  pthread_mutex_lock(&stream->lock);
  stream->is_free[picture->slot] = true;
  pthread_mutex_unlock(&stream->lock);
}

static uint64_t stream_skipped(const void *reader) { return ((const struct stream *)reader)->jpegs.skipped; }

const struct reader stream_reader = {stream_open, stream_next, stream_release, stream_close, stream_skipped};
