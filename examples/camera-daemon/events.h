/* What happened, as lines of JSON on the standard output or to all who are connected to a Unix socket. Nobody is waited for:
 * a listener that does not keep up is hung up on. */
#ifndef EVENTS_H
#define EVENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

struct events;

/* `target` is - or the path of a socket, which is made anew. NULL, with the reason on `errors`, when it cannot be. */
struct events *events_open(const char *target, FILE *errors);
void events_close(struct events *events);

/* One line: begin, any number of members, end. A line that grows beyond 4 KB is not sent. */
void event_begin(struct events *events, const char *kind, struct timespec time);
void event_text(struct events *events, const char *name, const char *value);
void event_number(struct events *events, const char *name, double value, int decimals);
void event_count(struct events *events, const char *name, unsigned long long value);
void event_box(struct events *events, const char *name, float x, float y, float width, float height);
/* false when the standard output is closed. */
bool event_end(struct events *events);

#endif
