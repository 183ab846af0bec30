/* A frame as faces are looked for in it, and as they are looked at. A raw frame is both, where it lies. A JPEG is decoded at a
 * half, a quarter or an eighth of its size to find faces, and in full for a face that needs more pixels. */
#ifndef VIEW_H
#define VIEW_H

#include "settings.h"
#include "source.h"
#include "times.h"

#include <facestyle.h>

struct view {
  const struct picture *picture;
  uint32_t reduction;        /* 1, 2, 4 or 8: of `found` */
  fs_frame found;            /* where faces are looked for */
  fs_frame whole;            /* in whose pixels places are told; without planes until it is decoded */
  fs_image *images[2];       /* what a JPEG was decoded to: reduced, whole */
  struct stage_times *times; /* of decoding */
};

enum { VIEW_MIN_FACE = 20 /* pixels that a detector needs */ };

/* By how much JPEGs are reduced where the smallest face is so many pixels wide; other frames are not. */
uint32_t view_reduction(const struct settings *settings);

/* FS_OK, and view_close is to be called; else `reason` says why not: FS_BAD_DATA for a JPEG that is damaged. */
fs_status view_open(struct view *view, const struct settings *settings, const struct picture *picture, struct stage_times *times,
                    char *reason, size_t reason_size);
void view_close(struct view *view);

/* The whole frame; NULL if that fails, as fs_last_error() says. */
const fs_frame *view_whole(struct view *view);
/* Moves a face from `found` to the whole frame. */
void view_enlarge(const struct view *view, fs_face *face);
/* For a face of the whole frame: a frame that shows it with at least so many pixels between its eyes, or as many as there are,
 * and the face there. NULL if that fails. */
const fs_frame *view_of_face(struct view *view, const fs_face *face, float eye_distance, fs_face *there);

#endif
