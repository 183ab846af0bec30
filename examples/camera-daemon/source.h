/* Frames from a V4L2 device, a file or a pipe. A thread reads; whoever takes a frame gets the newest, and those that nobody
 * took in time are counted as dropped. */
#ifndef SOURCE_H
#define SOURCE_H

#include "settings.h"

#include <semaphore.h>
#include <stddef.h>
#include <time.h>

struct picture {
  const uint8_t *bytes; /* until it is given back */
  size_t byte_count;
  uint32_t width, height, stride; /* as they lie there */
  uint64_t number;                /* from 0, dropped ones included */
  struct timespec time;           /* when it arrived, CLOCK_REALTIME */
  double seconds;                 /* the same, or its place in a source of which every frame is looked at */
  int slot;                       /* the source's own */
};

enum source_end { SOURCE_RUNS, SOURCE_ENDED, SOURCE_FAILED };

struct source;

/* Begins to read. `wake` is posted for each frame and at the end. NULL, with the reason on `errors`, when it cannot. */
struct source *source_open(const struct settings *settings, sem_t *wake, FILE *errors);
/* The newest frame, false when there is none that was not taken before. One frame can be held at a time. */
bool source_take(struct source *source, struct picture *picture);
void source_give(struct source *source, const struct picture *picture);
/* Whether more may come; what ended it is in `reason`, which stays valid. */
enum source_end source_state(struct source *source, const char **reason);
void source_counts(struct source *source, uint64_t *frames, uint64_t *dropped);
void source_close(struct source *source);

/* Bytes of a packed or padded frame; 0 for a format that is not known. */
size_t frame_bytes(const char *format, uint32_t width, uint32_t height, uint32_t *stride);

/* What a kind of source does; raw.c and v4l2.c have one each. All are called on the reading thread, but open and close. */
struct reader {
  /* false, with the reason, when it cannot. It may correct width, height and stride of `settings`, and says yes or no where
   * every_frame is auto. */
  bool (*open)(void **reader, struct settings *settings, FILE *errors);
  /* Fills or finds a buffer: waits for a frame until `stop` is readable. 1: a frame, in `picture` but number and time; 0: the
   * source has ended or was stopped; -1: it failed, `reason` says why. */
  int (*next)(void *reader, int stop, struct picture *picture, char *reason, size_t reason_size);
  /* A buffer is free again. */
  void (*release)(void *reader, const struct picture *picture);
  void (*close)(void *reader);
};
extern const struct reader raw_reader, v4l2_reader;

#endif
