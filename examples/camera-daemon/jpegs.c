#include "jpegs.h"

#include <string.h>

/* Between pictures, after FF and after FF D8 there; in a picture between segments or in compressed data, after FF and after
 * FF D8 there; in the two bytes of a segment's length; in the segment. */
enum state { SEEK, SEEK_FF, SEEK_START, DATA, DATA_FF, DATA_START, LENGTH_HIGH, LENGTH_LOW, SEGMENT };
enum { FILLING = 0xFF, STUFFED = 0x00, TEMPORARY = 0x01, RESTART_0 = 0xD0, START = 0xD8, END = 0xD9 };

const uint8_t JPEG_START[JPEG_START_LENGTH] = {0xFF, START, 0xFF};

int jpegs_inside(const struct jpegs *jpegs) { return jpegs->state >= DATA; }

void jpegs_leave(struct jpegs *jpegs) { jpegs->state = SEEK; }

static void begin(struct jpegs *jpegs) {
  jpegs->state = DATA_FF; /* the third byte begins the next marker */
  jpegs->width = jpegs->height = 0;
}

/* SOF0 to SOF15; DHT, JPG and DAC, among them, are none. */
static int has_size(uint8_t marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

/* One byte. */
static enum jpeg_event step(struct jpegs *jpegs, uint8_t byte) {
  switch ((enum state)jpegs->state) {
  case SEEK:
    if (byte == 0xFF) jpegs->state = SEEK_FF;
    else jpegs->skipped++;
    return JPEG_MORE;
  case SEEK_FF:
    if (byte == START) jpegs->state = SEEK_START;
    else if (byte == 0xFF) jpegs->skipped++;
    else jpegs->state = SEEK, jpegs->skipped += 2;
    return JPEG_MORE;
  case SEEK_START:
    if (byte == 0xFF) return begin(jpegs), JPEG_BEGINS;
    jpegs->state = SEEK, jpegs->skipped += 3;
    return JPEG_MORE;
  case DATA:
    if (byte == 0xFF) jpegs->state = DATA_FF;
    return JPEG_MORE;
  case DATA_FF:
    if (byte == FILLING) return JPEG_MORE;
    if (byte == END) return jpegs->state = SEEK, JPEG_ENDS;
    if (byte == START) jpegs->state = DATA_START;
    else if (byte == STUFFED || byte == TEMPORARY || (byte >= RESTART_0 && byte < START)) jpegs->state = DATA;
    else jpegs->marker = byte, jpegs->state = LENGTH_HIGH;
    return JPEG_MORE;
  case DATA_START:
    if (byte == 0xFF) return begin(jpegs), JPEG_AGAIN;
    jpegs->state = DATA; /* a byte went wrong: the decoder will say so */
    return JPEG_MORE;
  case LENGTH_HIGH:
    jpegs->left = (uint32_t)byte << 8, jpegs->state = LENGTH_LOW;
    return JPEG_MORE;
  case LENGTH_LOW:
    jpegs->left |= byte, jpegs->taken = 0;
    jpegs->left = jpegs->left > 2 ? jpegs->left - 2 : 0; /* the length counts itself; less is taken for that */
    jpegs->state = jpegs->left ? SEGMENT : DATA;
    return JPEG_MORE;
  case SEGMENT: /* of a header: bits a sample, then height and width */
    if (has_size(jpegs->marker)) {
      uint32_t *side = jpegs->taken == 1 || jpegs->taken == 2 ? &jpegs->height : &jpegs->width;
      if (jpegs->taken >= 1 && jpegs->taken <= 4) *side = (*side << 8 | byte) & 0xFFFF;
      jpegs->taken++;
    }
    if (--jpegs->left == 0) jpegs->state = DATA;
    return JPEG_MORE;
  }
  return JPEG_MORE;
}

/* How many of the bytes change nothing but counts. */
static size_t run(struct jpegs *jpegs, const uint8_t *bytes, size_t count) {
  if (jpegs->state == SEEK || jpegs->state == DATA) {
    const uint8_t *next = memchr(bytes, 0xFF, count);
    size_t length = next ? (size_t)(next - bytes) : count;
    if (jpegs->state == SEEK) jpegs->skipped += length;
    return length;
  }
  if (jpegs->state != SEGMENT || has_size(jpegs->marker)) return 0;
  size_t length = jpegs->left - 1u < count ? jpegs->left - 1u : count;
  jpegs->left -= (uint32_t)length;
  return length;
}

size_t jpegs_take(struct jpegs *jpegs, const uint8_t *bytes, size_t count, enum jpeg_event *event) {
  size_t taken = 0;
  for (*event = JPEG_MORE; taken < count && *event == JPEG_MORE;) {
    taken += run(jpegs, bytes + taken, count - taken);
    if (taken < count) *event = step(jpegs, bytes[taken++]);
  }
  return taken;
}
