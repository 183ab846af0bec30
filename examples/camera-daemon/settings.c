#define _XOPEN_SOURCE 700

#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum kind { TEXT, NUMBER, WHOLE, YES_NO, CHOICE, LIMITS };

struct entry {
  const char *name;
  enum kind kind;
  size_t offset, size;
  double low, high;
  const char *choices; /* parted by blanks */
};

#define FIELD(member) offsetof(struct settings, member), sizeof((struct settings *)0)->member
static const struct entry entries[] = {
    {"source", TEXT, FIELD(source), 0, 0, NULL},
    {"format", CHOICE, FIELD(format), 0, 0, "nv12 nv21 i420 yuyv rgb bgr grey"},
    {"width", WHOLE, FIELD(width), 1, 16384, NULL},
    {"height", WHOLE, FIELD(height), 1, 16384, NULL},
    {"stride", WHOLE, FIELD(stride), 0, 1 << 20, NULL},
    {"rotation", CHOICE, FIELD(rotation), 0, 0, "0 90 180 270"},
    {"mirrored", YES_NO, FIELD(mirrored), 0, 0, NULL},
    {"matrix", CHOICE, FIELD(matrix), 0, 0, "bt601 bt709"},
    {"range", CHOICE, FIELD(range), 0, 0, "limited full"},
    {"rate", NUMBER, FIELD(rate), 0, 1000, NULL},
    {"every-frame", YES_NO, FIELD(every_frame), 0, 0, NULL},
    {"detector", TEXT, FIELD(detector), 0, 0, NULL},
    {"identify", YES_NO, FIELD(identify), 0, 0, NULL},
    {"embedder", TEXT, FIELD(embedder), 0, 0, NULL},
    {"gallery", TEXT, FIELD(gallery), 0, 0, NULL},
    {"rule", CHOICE, FIELD(rule), 0, 0, "nearest mean template vote"},
    {"neighbours", WHOLE, FIELD(neighbours), 1, 1000000, NULL},
    {"threshold", LIMITS, FIELD(threshold), 0, 100, NULL},
    {"margin", NUMBER, FIELD(margin), 0, 100, NULL},
    {"min-face", NUMBER, FIELD(min_face), 12, 16384, NULL},
    {"max-faces", WHOLE, FIELD(max_faces), 1, 1000, NULL},
    {"tries", WHOLE, FIELD(tries), 1, 1000, NULL},
    {"threads", WHOLE, FIELD(threads), 0, 256, NULL},
    {"events", TEXT, FIELD(events), 0, 0, NULL},
    {"crops", TEXT, FIELD(crops), 0, 0, NULL},
    {"crops-kept", WHOLE, FIELD(crops_kept), 1, 1000000, NULL},
    {"metrics-every", NUMBER, FIELD(metrics_every), 0, 86400, NULL},
};
enum { ENTRIES = sizeof entries / sizeof entries[0] };

void settings_default(struct settings *settings) {
  memset(settings, 0, sizeof *settings);
  strcpy(settings->source, "/dev/video0");
  strcpy(settings->format, "nv12");
  settings->width = 640, settings->height = 480;
  strcpy(settings->matrix, "bt601"), strcpy(settings->range, "limited");
  strcpy(settings->detector, "/usr/local/share/facestyle/models/mtcnn.safetensors");
  strcpy(settings->embedder, "/usr/local/share/facestyle/models/faces-nn4.safetensors");
  strcpy(settings->gallery, "/var/lib/facestyle/people.sqlite");
  settings->identify = true;
  strcpy(settings->rule, "nearest");
  settings->neighbours = 5;
  settings->min_face = 60;
  settings->max_faces = 16;
  settings->tries = 3;
  settings->threads = 1;
  strcpy(settings->events, "-");
  settings->crops_kept = 1000;
  settings->metrics_every = 60;
}

static bool is_choice(const char *choices, const char *value) {
  size_t length = strlen(value);
  for (const char *at = choices; length && (at = strstr(at, value)); at += length)
    if ((at == choices || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
  return false;
}

/* "0.37", or "100:0.42 1000:0.39 0.36": the last for any number of photos. */
static bool read_thresholds(struct thresholds *thresholds, const char *value, double low, double high) {
  struct thresholds found = {0};
  const char *at = value;
  for (double last = 0; *at; found.count++) {
    char *end;
    double photos = INFINITY, distance = strtod(at, &end);
    if (end != at && *end == ':') {
      photos = distance;
      at = end + 1;
      distance = strtod(at, &end);
      if (!(photos >= 1 && photos <= 1e15 && photos == floor(photos))) return false;
    }
    if (end == at || (*end && !isspace((unsigned char)*end)) || !(distance >= low && distance <= high)) return false;
    if (found.count == THRESHOLDS || !(photos > last)) return false;
    found.list[found.count].photos = last = photos;
    found.list[found.count].distance = (float)distance;
    for (at = end; isspace((unsigned char)*at);) at++;
  }
  if (found.count) *thresholds = found;
  return found.count > 0;
}

bool settings_set(struct settings *settings, const char *name, const char *value, FILE *errors) {
  const struct entry *entry = NULL;
  for (int i = 0; i < ENTRIES; i++)
    if (!strcmp(entries[i].name, name)) entry = &entries[i];
  if (!entry) return fprintf(errors, "there is no setting \"%s\"\n", name), false;
  char *field = (char *)settings + entry->offset;

  if (entry->kind == YES_NO) {
    bool yes = !strcmp(value, "yes"), no = !strcmp(value, "no");
    if (!yes && !no) return fprintf(errors, "%s is \"%s\", wanted is yes or no\n", name, value), false;
    *(bool *)field = yes;
    return true;
  }
  if (entry->kind == CHOICE && !is_choice(entry->choices, value))
    return fprintf(errors, "%s is \"%s\", wanted is one of: %s\n", name, value, entry->choices), false;
  if (entry->kind == TEXT || (entry->kind == CHOICE && field != (char *)&settings->rotation)) {
    if (strlen(value) >= entry->size)
      return fprintf(errors, "%s has %zu bytes, wanted are less than %zu\n", name, strlen(value), entry->size), false;
    strcpy(field, value);
    return true;
  }

  if (entry->kind == LIMITS) {
    if (read_thresholds((struct thresholds *)field, value, entry->low, entry->high)) return true;
    return fprintf(errors, "%s is \"%s\", wanted is a number from %g to %g, or PHOTOS:NUMBER for each of some rising PHOTOS\n",
                   name, value, entry->low, entry->high), false;
  }

  char *end;
  errno = 0;
  double number = strtod(value, &end);
  bool whole = entry->kind != NUMBER;
  double low = entry->low, high = entry->kind == CHOICE ? 360 : entry->high;
  if (end == value || *end || errno || !(number >= low && number <= high) || (whole && number != floor(number)))
    return fprintf(errors, "%s is \"%s\", wanted is a %snumber from %g to %g\n", name, value, whole ? "whole " : "", low, high),
           false;
  if (whole) *(uint32_t *)field = (uint32_t)number;
  else if (entry->size == sizeof(float)) *(float *)field = (float)number;
  else *(double *)field = number;
  return true;
}

static char *trimmed(char *text) {
  while (isspace((unsigned char)*text)) text++;
  char *end = text + strlen(text);
  while (end > text && isspace((unsigned char)end[-1])) end--;
  *end = 0;
  return text;
}

bool settings_read(struct settings *settings, const char *path, FILE *errors) {
  FILE *file = fopen(path, "r");
  if (!file) return fprintf(errors, "%s: %s\n", path, strerror(errno)), false;
  char line[2 * PATH_LENGTH];
  bool good = true;
  for (int number = 1; fgets(line, sizeof line, file); number++) {
    if (!strchr(line, '\n') && !feof(file)) {
      fprintf(errors, "%s:%d: the line is longer than %zu bytes\n", path, number, sizeof line - 2);
      good = false;
      break;
    }
    line[strcspn(line, "#")] = 0;
    char *name = trimmed(line);
    if (!*name) continue;
    char *equals = strchr(name, '=');
    if (!equals) {
      fprintf(errors, "%s:%d: \"%s\" is not \"name = value\"\n", path, number, name);
      good = false;
      continue;
    }
    *equals = 0;
    name = trimmed(name);
    char reason[2 * PATH_LENGTH + 128] = "";
    FILE *text = fmemopen(reason, sizeof reason, "w");
    if (!text) return fclose(file), false;
    bool set = settings_set(settings, name, trimmed(equals + 1), text);
    fclose(text);
    if (!set) fprintf(errors, "%s:%d: %s", path, number, reason);
    good = good && set;
  }
  if (ferror(file)) good = fprintf(errors, "%s: %s\n", path, strerror(errno)) < 0;
  fclose(file);
  return good;
}
