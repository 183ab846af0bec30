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
  const char *unit, *meaning;
};

#define FIELD(member) offsetof(struct settings, member), sizeof((struct settings *)0)->member
static const struct entry entries[] = {
    {"source", TEXT, FIELD(source), 0, 0, NULL, "path", "a V4L2 device, a file or pipe of frames, - for the standard input"},
    {"format", CHOICE, FIELD(format), 0, 0, "auto nv12 nv21 i420 yuyv rgb bgr grey mjpeg", NULL,
     "how pixels lie in memory; mjpeg: JPEGs; auto: of a camera what costs least at the size and rate, of files and pipes nv12"},
    {"width", WHOLE, FIELD(width), 1, 16384, NULL, "pixels", "of a frame, as it lies in memory"},
    {"height", WHOLE, FIELD(height), 1, 16384, NULL, "pixels", "of a frame, as it lies in memory"},
    {"stride", WHOLE, FIELD(stride), 0, 1 << 20, NULL, "bytes", "from row to row; 0: packed; a camera has its own, a JPEG none"},
    {"rotation", CHOICE, FIELD(rotation), 0, 0, "0 90 180 270", "degrees", "clockwise, that set the picture upright"},
    {"mirrored", YES_NO, FIELD(mirrored), 0, 0, NULL, NULL, "left and right are exchanged"},
    {"matrix", CHOICE, FIELD(matrix), 0, 0, "bt601 bt709", NULL, "of formats with luma and chroma"},
    {"range", CHOICE, FIELD(range), 0, 0, "limited full", NULL, "of formats with luma and chroma"},
    {"rate", NUMBER, FIELD(rate), 0, 1000, NULL, "frames a second", "asked of a camera; a file is played no faster; 0: as they come"},
    {"every-frame", CHOICE, FIELD(every_frame), 0, 0, "auto yes no", NULL,
     "yes: each frame is looked at, the source waits; no: the newest is, others are dropped; auto: yes of files, no of cameras and pipes"},
    {"detector", TEXT, FIELD(detector), 0, 0, NULL, "name or path", "of the model that finds faces"},
    {"identify", YES_NO, FIELD(identify), 0, 0, NULL, NULL, "no: only that a face comes and leaves; embedder and gallery are not opened"},
    {"liveness", YES_NO, FIELD(liveness), 0, 0, NULL, NULL, "yes: who is shown on a print or a screen is not identified"},
    {"liveness-models", TEXT, FIELD(liveness_models), 0, 0, NULL, "names or paths", "parted by blanks, the models that tell that"},
    {"embedder", TEXT, FIELD(embedder), 0, 0, NULL, "name or path", "of the model that tells faces apart"},
    {"gallery", TEXT, FIELD(gallery), 0, 0, NULL, "path", "who is known: a file, or postgresql://user@host/database"},
    {"create", YES_NO, FIELD(create), 0, 0, NULL, NULL, "begin an empty gallery where there is none, instead of refusing to start"},
    {"rule", CHOICE, FIELD(rule), 0, 0, "nearest mean template vote", NULL, "how several photos of a person count"},
    {"neighbours", WHOLE, FIELD(neighbours), 1, 1000000, NULL, "photos", "that vote"},
    {"threshold", LIMITS, FIELD(threshold), 0, 100, NULL, "distance",
     "up to which it is the person; PHOTOS:DISTANCE ...: for galleries of up to so many photos; not set: the model's own"},
    {"margin", NUMBER, FIELD(margin), 0, 100, NULL, "distance", "by which the next person must be farther"},
    {"min-face", NUMBER, FIELD(min_face), 12, 16384, NULL, "pixels", "side of the smallest face"},
    {"max-faces", WHOLE, FIELD(max_faces), 1, 1000, NULL, "faces", "of a frame that are looked at, the largest; at most 64"},
    {"tries", WHOLE, FIELD(tries), 1, 1000, NULL, "looks", "at a face before it is called unknown"},
    {"identify-every", NUMBER, FIELD(identify_every), 0, 86400, NULL, "seconds", "after which it is looked at again who somebody is; 0: never"},
    {"identify-gap", WHOLE, FIELD(identify_gap), 0, 1000000, NULL, "frames",
     "without the face after which it is looked at again who it is; 0: never"},
    {"identify-better", NUMBER, FIELD(identify_better), 0, 1000, NULL, "times",
     "the quality of the last look at which it is looked at again, more than 1; 0: never"},
    {"change-distance", NUMBER, FIELD(change_distance), 0, 100, NULL, "distance",
     "from somebody's earlier looks beyond which it is another person, if the gallery does not know it for the same; 0: 0.6 times "
     "the model's threshold"},
    {"change-looks", WHOLE, FIELD(change_looks), 1, 1000, NULL, "looks", "in a row that must show another person"},
    {"threads", WHOLE, FIELD(threads), 0, 256, NULL, "threads", "that work; 0: one a processor"},
    {"memory", WHOLE, FIELD(memory), 0, 1048576, NULL, "megabytes", "for models, workspaces and people; 0: no limit of its own"},
    {"events", TEXT, FIELD(events), 0, 0, NULL, "path", "of a Unix socket to listen on; - for the standard output"},
    {"crops", TEXT, FIELD(crops), 0, 0, NULL, "folder", "for a picture of each who passed; not set: none"},
    {"crops-kept", WHOLE, FIELD(crops_kept), 1, 1000000, NULL, "pictures", "before the oldest is written over"},
    {"metrics-every", NUMBER, FIELD(metrics_every), 0, 86400, NULL, "seconds", "0: only at the end"},
};
enum { ENTRIES = sizeof entries / sizeof entries[0] };

void settings_default(struct settings *settings) {
  memset(settings, 0, sizeof *settings);
  strcpy(settings->source, "/dev/video0");
  strcpy(settings->format, "auto");
  settings->width = 640, settings->height = 480;
  strcpy(settings->every_frame, "auto");
  strcpy(settings->matrix, "bt601"), strcpy(settings->range, "limited");
  strcpy(settings->detector, "faces-points");
  strcpy(settings->embedder, "faces-nn4");
  strcpy(settings->gallery, "/var/lib/facestyle/people.sqlite");
  settings->identify = true;
  strcpy(settings->liveness_models, "liveness-2.7 liveness-4.0");
  strcpy(settings->rule, "nearest");
  settings->neighbours = 5;
  settings->min_face = 60;
  settings->max_faces = 16;
  settings->tries = 3;
  settings->identify_every = 1;
  settings->identify_gap = 1;
  settings->identify_better = 1.5f;
  settings->change_looks = 3;
  settings->threads = 1;
  strcpy(settings->events, "-");
  settings->crops_kept = 1000;
  settings->metrics_every = 60;
}

static void print_value(const struct settings *settings, const struct entry *entry, FILE *file) {
  const char *field = (const char *)settings + entry->offset;
  bool is_text = entry->kind == TEXT || (entry->kind == CHOICE && field != (const char *)&settings->rotation);
  if (is_text) fprintf(file, "%s", *field ? field : "not set");
  else if (entry->kind == YES_NO) fprintf(file, "%s", *(const bool *)field ? "yes" : "no");
  else if (entry->kind == LIMITS) fprintf(file, "not set"); /* the model's own: there is no other default */
  else if (entry->kind == WHOLE || entry->kind == CHOICE) fprintf(file, "%u", *(const uint32_t *)field);
  else fprintf(file, "%g", entry->size == sizeof(float) ? (double)*(const float *)field : *(const double *)field);
}

void settings_help(FILE *file) {
  struct settings settings;
  settings_default(&settings);
  for (const struct entry *entry = entries; entry < entries + ENTRIES; entry++) {
    fprintf(file, "  --%s=", entry->name);
    print_value(&settings, entry, file);
    if (entry->choices) fprintf(file, "  one of: %s", entry->choices);
    else if (entry->kind == YES_NO) fprintf(file, "  yes or no");
    else if (entry->kind == WHOLE || entry->kind == NUMBER || entry->kind == LIMITS)
      fprintf(file, "  %.7g to %.7g", entry->low, entry->high);
    fprintf(file, "%s%s\n      %s\n", entry->unit ? entry->choices || entry->kind != TEXT ? " " : "  " : "",
            entry->unit ? entry->unit : "", entry->meaning);
  }
}

static bool is_choice(const char *choices, const char *value) {
  size_t length = strlen(value);
  for (const char *at = choices; length && (at = strstr(at, value)); at += length)
    if ((at == choices || at[-1] == ' ') && (at[length] == ' ' || !at[length])) return true;
  return false;
}

/* "0.342", or "100:0.42 1000:0.39 0.36": the last for any number of photos. */
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
    bool yes = !strcmp(value, "yes") || !strcmp(value, "1"), no = !strcmp(value, "no") || !strcmp(value, "0");
    if (!yes && !no) return fprintf(errors, "%s is \"%s\"; expected yes or no, 1 or 0\n", name, value), false;
    *(bool *)field = yes;
    return true;
  }
  if (entry->kind == CHOICE && !is_choice(entry->choices, value))
    return fprintf(errors, "%s is \"%s\"; expected one of: %s\n", name, value, entry->choices), false;
  if (entry->kind == TEXT || (entry->kind == CHOICE && field != (char *)&settings->rotation)) {
    if (strlen(value) >= entry->size)
      return fprintf(errors, "%s has %zu bytes; expected less than %zu\n", name, strlen(value), entry->size), false;
    if (!*value && field != settings->crops) return fprintf(errors, "%s is \"\"; expected a %s\n", name, entry->unit), false;
    strcpy(field, value);
    return true;
  }

  if (entry->kind == LIMITS) {
    if (read_thresholds((struct thresholds *)field, value, entry->low, entry->high)) return true;
    return fprintf(errors, "%s is \"%s\"; expected a number from %g to %g, or PHOTOS:NUMBER for each of some rising PHOTOS\n",
                   name, value, entry->low, entry->high), false;
  }

  char *end;
  errno = 0;
  double number = strtod(value, &end);
  bool whole = entry->kind != NUMBER;
  double low = entry->low, high = entry->kind == CHOICE ? 360 : entry->high;
  if (end == value || *end || errno || !(number >= low && number <= high) || (whole && number != floor(number)))
    return fprintf(errors, "%s is \"%s\"; expected a %snumber from %g to %g\n", name, value, whole ? "whole " : "", low, high),
           false;
  if (field == (char *)&settings->identify_better && number != 0 && number <= 1)
    return fprintf(errors, "%s is \"%s\"; expected more than 1, or 0\n", name, value), false;
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

/* Cuts a comment off: a # at the line's start or after a blank. Elsewhere it belongs to the value, such as a path. */
static void cut_comment(char *line) {
  for (char *at = line; (at = strchr(at, '#')); at++) {
    if (at != line && !isspace((unsigned char)at[-1])) continue;
    *at = 0;
    return;
  }
}

bool settings_read(struct settings *settings, const char *path, FILE *errors) {
  FILE *file = fopen(path, "r");
  if (!file) return fprintf(errors, "%s: %s\n", path, strerror(errno)), false;
  char line[2 * PATH_LENGTH];
  bool good = true;
  for (int number = 1; fgets(line, sizeof line, file); number++) {
    static const char mark[] = "\xEF\xBB\xBF", mark16[2][3] = {"\xFF\xFE", "\xFE\xFF"};
    if (number == 1 && (!strncmp(line, mark16[0], 2) || !strncmp(line, mark16[1], 2))) {
      fprintf(errors, "%s:1: the text is UTF-16; expected UTF-8\n", path);
      good = false;
      break;
    }
    if (!strchr(line, '\n') && !feof(file)) {
      if (strlen(line) < sizeof line - 1) fprintf(errors, "%s:%d: the line holds a NUL character\n", path, number);
      else fprintf(errors, "%s:%d: the line is longer than %zu bytes\n", path, number, sizeof line - 2);
      good = false;
      break;
    }
    char *start = line + (number == 1 && !strncmp(line, mark, 3) ? 3 : 0);
    cut_comment(start);
    char *name = trimmed(start);
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
