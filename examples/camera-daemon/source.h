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
  uint32_t width, height, stride; /* as they lie there; of a JPEG the stride means nothing */
  uint64_t number;                /* from 0, dropped ones included */
  struct timespec time;           /* when it arrived, CLOCK_REALTIME */
  double seconds;                 /* the same, CLOCK_MONOTONIC, or its place in a source of which every frame is looked at */
  int slot;                       /* the source's own */
};

enum source_end { SOURCE_RUNS, SOURCE_ENDED, SOURCE_FAILED };

struct source;

struct source_counts {
  uint64_t frames;  /* that came: dropped, damaged or taken */
  uint64_t dropped; /* nobody took them in time */
  uint64_t damaged; /* cannot be read */
  uint64_t skipped; /* bytes of a stream that belong to no frame */
};

/* Begins to read. `wake` is posted for each frame and at the end. NULL, with the reason on `errors`, when it cannot. */
struct source *source_open(const struct settings *settings, sem_t *wake, FILE *errors);
/* With the format, size, stride and every_frame that were agreed on. */
const struct settings *source_settings(const struct source *source);
/* The newest frame, false when there is none that was not taken before. One frame can be held at a time. */
bool source_take(struct source *source, struct picture *picture);
void source_give(struct source *source, const struct picture *picture);
/* A frame that was taken cannot be read: it counts as damaged. The first one's reason is printed. */
void source_spoilt(struct source *source, const struct picture *picture, const char *reason);
/* Whether more may come; what ended it is in `reason`, which stays valid. */
enum source_end source_state(struct source *source, const char **reason);
struct source_counts source_counts(struct source *source);
void source_close(struct source *source);

/* Bytes of a packed or padded frame; 0 if the stride is too short, and for JPEGs, each of which has its own. */
size_t frame_bytes(const char *format, uint32_t width, uint32_t height, uint32_t *stride);

/* Whether a frame has the size that was agreed on; else `reason` says which. */
bool picture_fits(const struct settings *settings, const struct picture *picture, char *reason, size_t reason_size);

enum next { NEXT_FAILED = -1, NEXT_ENDED, NEXT_FRAME, NEXT_DAMAGED };

/* What a kind of source does; stream.c and v4l2.c have one each. All are called on the reading thread, but open and close. */
struct reader {
  /* false, with the reason, when it cannot. It may correct the stride of `settings`, and says what it is where format or
   * every_frame is auto. */
  bool (*open)(void **reader, struct settings *settings, FILE *errors);
  /* Fills or finds a buffer: waits for a frame until `stop` is readable. A frame is in `picture` but number and time. `reason`
   * says why it failed, what is wrong with a damaged frame, and what was left out at the end. */
  enum next (*next)(void *reader, int stop, struct picture *picture, char *reason, size_t reason_size);
  /* A buffer is free again. */
  void (*release)(void *reader, const struct picture *picture);
  void (*close)(void *reader);
  /* Bytes that belong to no frame so far; NULL if there are none. Called on the reading thread. */
  uint64_t (*skipped)(const void *reader);
};
extern const struct reader stream_reader, v4l2_reader;

#endif
