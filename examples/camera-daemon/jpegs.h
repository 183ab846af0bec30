/* Motion JPEG: where each picture of a stream begins and ends. The markers are walked (ITU-T T.81, annex B), so that the end
 * of a thumbnail, or what looks like a marker inside a segment, is not taken for the picture's. */
#ifndef JPEGS_H
#define JPEGS_H

#include <stddef.h>
#include <stdint.h>

enum jpeg_event {
  JPEG_MORE,   /* all bytes were taken */
  JPEG_BEGINS, /* the last three bytes that were taken, JPEG_START, are a picture's first */
  JPEG_AGAIN,  /* the same, in a picture that has not ended: that one is cut off */
  JPEG_ENDS    /* the last byte that was taken is the picture's last */
};
enum { JPEG_START_LENGTH = 3 };
extern const uint8_t JPEG_START[JPEG_START_LENGTH];

struct jpegs {
  int state;              /* all zeros: before the first picture */
  uint8_t marker;         /* of the segment */
  uint32_t left, taken;   /* its bytes that are to come; of a header, those that came */
  uint32_t width, height; /* as the header has them; 0: it has not come yet */
  uint64_t skipped;       /* bytes that belong to no picture */
};

/* Takes bytes up to the next event, at least one; returns how many. */
size_t jpegs_take(struct jpegs *jpegs, const uint8_t *bytes, size_t count, enum jpeg_event *event);
/* Whether a picture has begun and not ended. */
int jpegs_inside(const struct jpegs *jpegs);
/* Looks for the next picture, whatever the last one has still to come. */
void jpegs_leave(struct jpegs *jpegs);

#endif
