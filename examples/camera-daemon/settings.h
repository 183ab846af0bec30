/* What the configuration file and the command line say. */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { PATH_LENGTH = 1024, THRESHOLDS = 16 };

/* Distances up to which it is the person, for galleries of up to so many photos, which rise; none: the model's own. */
struct thresholds {
  int count;
  struct {
    double photos; /* INFINITY: any number */
    float distance;
  } list[THRESHOLDS];
};

struct settings {
  char source[PATH_LENGTH];   /* a V4L2 device, a file, a pipe, or - for the standard input */
  char format[8];             /* nv12, nv21, i420, yuyv, rgb, bgr, grey, mjpeg or auto */
  uint32_t width, height;
  uint32_t stride;            /* bytes from row to row of the first plane; 0: packed */
  uint32_t rotation;          /* degrees clockwise that set the picture upright: 0, 90, 180 or 270 */
  bool mirrored;
  char matrix[8], range[8];   /* bt601 or bt709; limited or full */
  double rate;                /* frames a second asked of a camera, and at which a file is played; 0: as they come */
  char every_frame[8];        /* yes: nothing is dropped, the source waits; no: the newest wins; auto: yes of files alone */

  char detector[PATH_LENGTH];
  bool identify;              /* who it is; no: that somebody passes is all that is told */
  bool liveness;              /* whether a look at a picture of a face names nobody */
  char liveness_models[PATH_LENGTH]; /* names or paths, parted by blanks */
  char embedder[PATH_LENGTH], gallery[PATH_LENGTH];
  bool create;                /* begin a gallery where there is none */
  char rule[12];              /* how several photos of a person count: nearest, mean, template or vote */
  uint32_t neighbours;        /* photos that vote */
  struct thresholds threshold;
  float margin;               /* by how much the next person must be farther */
  float min_face;             /* pixels */
  uint32_t max_faces;
  uint32_t tries;             /* looks at a face before it is called unknown */
  double identify_every;      /* seconds after which it is looked at again who somebody is; 0: never */
  uint32_t identify_gap;      /* frames without the face after which it is looked at again; 0: never */
  float identify_better;      /* times the quality of the last look at which it is looked at again; 0: never */
  float change_distance;      /* from one's earlier looks, beyond which it is another; 0: 0.6 times the model's threshold */
  uint32_t change_looks;      /* looks in a row that must show another person */
  uint32_t threads;
  uint32_t memory;            /* megabytes that the library may hold; 0: no limit of its own */

  char events[PATH_LENGTH];   /* - for the standard output, or the path of a socket to listen on */
  char crops[PATH_LENGTH];    /* a folder for pictures of who passed; empty: none */
  uint32_t crops_kept;
  double metrics_every;       /* seconds; 0: only at the end */
};

void settings_default(struct settings *settings);
/* All settings with what they mean, their units and defaults. */
void settings_help(FILE *file);
/* Sets one value. false, with the reason on `errors`, for an unknown name or a value out of range. */
bool settings_set(struct settings *settings, const char *name, const char *value, FILE *errors);
/* Reads lines "name = value"; # begins a comment, at a line's start or after a blank. The text is UTF-8, with or without a
 * byte-order mark, its lines end as on Unix or Windows. false, with the lines named on `errors`, when one is wrong. */
bool settings_read(struct settings *settings, const char *path, FILE *errors);

#endif
