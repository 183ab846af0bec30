/* How long the stages of the work take. */
#ifndef TIMES_H
#define TIMES_H

#include <stdint.h>

enum stage { DECODE, DETECT, TRACK, LIVE, EMBED, SEARCH, STAGES };
extern const char *const stage_names[STAGES];

struct stage_times {
  uint64_t count;
  double sum, longest; /* milliseconds */
};

/* Milliseconds of a clock that nobody sets. */
double milliseconds(void);
/* One more: it began at `since`, and has just ended. */
void stage_note(struct stage_times *times, double since);

#endif
