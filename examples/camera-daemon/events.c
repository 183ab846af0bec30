#define _GNU_SOURCE /* accept4 */

#include "events.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { LINE = 4096, LISTENERS = 16 };

struct events {
  char path[sizeof ((struct sockaddr_un *)0)->sun_path];
  int socket;                /* -1: the standard output */
  int listeners[LISTENERS];
  int count;
  char line[LINE];
  size_t length;
};

static bool listen_at(struct events *events, const char *path, FILE *errors) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path)
    return fprintf(errors, "%s: the path of a socket has less than %zu bytes\n", path, sizeof address.sun_path), false;
  strcpy(address.sun_path, path), strcpy(events->path, path);
  struct stat old;
  if (!lstat(path, &old)) { /* what an earlier run left; never a file that is something else */
    if (!S_ISSOCK(old.st_mode)) return fprintf(errors, "%s is there and is no socket\n", path), false;
    unlink(path);
  }
  events->socket = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (events->socket < 0) return fprintf(errors, "no socket: %s\n", strerror(errno)), false;
  if (bind(events->socket, (struct sockaddr *)&address, sizeof address) || listen(events->socket, LISTENERS)) {
    fprintf(errors, "%s: %s\n", path, strerror(errno));
    close(events->socket);
    return false;
  }
  return true;
}

static bool can_print(FILE *errors) {
  int flags = fcntl(STDOUT_FILENO, F_GETFL);
  if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY) return true;
  const char *reason = flags < 0 ? strerror(errno) : "it is open for reading";
  return fprintf(errors, "the standard output cannot be written: %s\n", reason), false;
}

struct events *events_open(const char *target, FILE *errors) {
  struct events *events = calloc(1, sizeof *events);
  if (!events) return fprintf(errors, "no memory\n"), NULL;
  events->socket = -1;
  if (!strcmp(target, "-") ? can_print(errors) : listen_at(events, target, errors)) return events;
  free(events);
  return NULL;
}

void events_close(struct events *events) {
  if (!events) return;
  for (int i = 0; i < events->count; i++) close(events->listeners[i]);
  if (events->socket >= 0) close(events->socket), unlink(events->path);
  free(events);
}

static void append(struct events *events, const char *format, ...) {
  if (events->length >= LINE) return;
  va_list values;
  va_start(values, format);
  int count = vsnprintf(events->line + events->length, LINE - events->length, format, values);
  va_end(values);
  events->length += count < 0 ? LINE : (size_t)count;
}

/* A JSON string. Names come from files of others: what is not printable is escaped, what is not UTF-8 is left to the reader. */
static void append_quoted(struct events *events, const char *text) {
  append(events, "\"");
  for (const unsigned char *c = (const unsigned char *)text; *c; c++)
    if (*c == '"' || *c == '\\') append(events, "\\%c", *c);
    else if (*c < 0x20) append(events, "\\u%04x", *c);
    else append(events, "%c", *c);
  append(events, "\"");
}

void event_begin(struct events *events, const char *kind, struct timespec time) {
  struct tm utc;
  char text[32] = "";
  gmtime_r(&time.tv_sec, &utc);
  strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
  events->length = 0;
  append(events, "{\"event\":\"%s\",\"time\":\"%s.%03ldZ\"", kind, text, time.tv_nsec / 1000000);
}

void event_text(struct events *events, const char *name, const char *value) {
  append(events, ",\"%s\":", name);
  append_quoted(events, value);
}

void event_number(struct events *events, const char *name, double value, int decimals) {
  if (isfinite(value)) append(events, ",\"%s\":%.*f", name, decimals, value);
  else append(events, ",\"%s\":null", name);
}

void event_count(struct events *events, const char *name, unsigned long long value) {
  append(events, ",\"%s\":%llu", name, value);
}

void event_box(struct events *events, const char *name, float x, float y, float width, float height) {
  append(events, ",\"%s\":[%.1f,%.1f,%.1f,%.1f]", name, x, y, width, height);
}

static void greet_new_listeners(struct events *events) {
  for (int file; (file = accept4(events->socket, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
    if (events->count < LISTENERS) events->listeners[events->count++] = file;
    else close(file);
  }
}

bool event_end(struct events *events) {
  append(events, "}\n");
  if (events->length >= LINE) {
    fprintf(stderr, "facestyle-camera: an event of more than %d bytes is left out\n", LINE);
    return true;
  }
  if (events->socket < 0) return fwrite(events->line, 1, events->length, stdout) == events->length && fflush(stdout) == 0;
  greet_new_listeners(events);
  for (int i = 0; i < events->count;) {
    ssize_t sent = send(events->listeners[i], events->line, events->length, MSG_NOSIGNAL);
    if (sent == (ssize_t)events->length) {
      i++;
      continue;
    }
    close(events->listeners[i]); /* gone, or so far behind that its buffer is full: half a line would be worse than none */
    events->listeners[i] = events->listeners[--events->count];
  }
  return true;
}
