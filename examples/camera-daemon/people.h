/* From a frame to events: faces are found, followed from frame to frame, and each person that passes is named once. Where
 * another may have taken somebody's place it is looked at again who it is: nobody gets the name of who stood there before. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "events.h"
#include "settings.h"
#include "source.h"

enum stage { DETECT, TRACK, LIVE, EMBED, SEARCH, STAGES };
extern const char *const stage_names[STAGES];

struct stage_times {
  uint64_t count;
  double sum, longest; /* milliseconds */
};

struct people;

struct people *people_open(const struct settings *settings, FILE *errors);
/* Looks at one frame. false, with the reason on `errors`, when a frame fails in another way than by its contents, or the
 * events' output is closed. */
bool people_look(struct people *people, const struct picture *picture, struct events *events, FILE *errors);
/* Opens the gallery again beside the running work, on a thread of its own; the new one is used from the next frame on. */
void people_reload(struct people *people);
/* All who are still there have left. */
void people_leave(struct people *people, struct events *events);
/* Since the last time it was asked. */
void people_times(struct people *people, struct stage_times times[STAGES]);
void people_close(struct people *people);

#endif
