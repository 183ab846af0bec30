/* From a frame to events: faces are found, followed from frame to frame, and each person that passes is named once. Where
 * another may have taken somebody's place it is looked at again who it is: nobody gets the name of who stood there before. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "events.h"
#include "settings.h"
#include "source.h"
#include "times.h"

struct people;

struct people *people_open(const struct settings *settings, FILE *errors);
/* What frames will be like, as was agreed with the source. false, with the reason on `errors`, when that cannot be. */
bool people_expect(struct people *people, const struct settings *settings, FILE *errors);

enum look { LOOK_FAILED, LOOK_DONE, LOOK_DAMAGED };
/* Looks at one frame. It fails, with the reason on `errors`, in another way than by the frame's contents, or when the events'
 * output is closed. Of a damaged frame, which changes nothing, `reason` says what is wrong. */
enum look people_look(struct people *people, const struct picture *picture, struct events *events, FILE *errors, char *reason,
                      size_t reason_size);
/* Opens the gallery again beside the running work, on a thread of its own; the new one is used from the next frame on. */
void people_reload(struct people *people);
/* All who are still there have left. */
void people_leave(struct people *people, struct events *events);
/* Since the last time it was asked. */
void people_times(struct people *people, struct stage_times times[STAGES]);
void people_close(struct people *people);

#endif
