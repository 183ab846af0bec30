/* A camera's frame with two portraits in it. */
#ifndef CAMERA_H
#define CAMERA_H

#include "support.h"

enum { CAMERA_WIDTH = 640, CAMERA_HEIGHT = 480, CAMERA_FACES = 2, CAMERA_BYTES = CAMERA_WIDTH * CAMERA_HEIGHT * 3 / 2 };

static const char *const camera_photos[CAMERA_FACES] = {"obama.jpg", "biden.jpg"};

/* NV12 in BT.601 of limited range, as cameras give it, the portraits side by side; false without the photos. */
static inline bool camera_picture(uint8_t nv12[CAMERA_BYTES]) {
  uint8_t *chroma = nv12 + CAMERA_WIDTH * CAMERA_HEIGHT;
  memset(nv12, 16, CAMERA_WIDTH * CAMERA_HEIGHT), memset(chroma, 128, CAMERA_WIDTH * CAMERA_HEIGHT / 2);
  for (uint32_t part = 0; part < CAMERA_FACES; part++) {
    const uint32_t room = CAMERA_WIDTH / CAMERA_FACES;
    fs_image *portrait = photo(camera_photos[part], room);
    if (!portrait) return false;
    const uint32_t width = fs_image_width(portrait), height = fs_image_height(portrait);
    const uint8_t *rgb = fs_image_data(portrait);
    for (uint32_t y = 0; y < height && y < CAMERA_HEIGHT; y++)
      for (uint32_t x = 0; x < width && x < room; x++) {
        const uint8_t *at = rgb + 3 * (y * width + x);
        const double r = at[0], g = at[1], b = at[2], luma = 0.299 * r + 0.587 * g + 0.114 * b;
        const uint32_t column = part * room + x;
        uint8_t *pair = chroma + y / 2 * CAMERA_WIDTH + column / 2 * 2;
        nv12[y * CAMERA_WIDTH + column] = (uint8_t)lrint(16 + luma * 219 / 255);
        pair[0] = (uint8_t)lrint(128 + (b - luma) / 1.772 * 224 / 255);
        pair[1] = (uint8_t)lrint(128 + (r - luma) / 1.402 * 224 / 255);
      }
    fs_image_destroy(portrait);
  }
  return true;
}

static inline fs_frame camera_frame(const uint8_t nv12[CAMERA_BYTES]) {
  fs_frame frame;
  fs_frame_init(&frame, sizeof frame);
  frame.format = FS_NV12, frame.width = CAMERA_WIDTH, frame.height = CAMERA_HEIGHT;
  frame.planes[0] = nv12, frame.byte_counts[0] = CAMERA_WIDTH * CAMERA_HEIGHT;
  frame.planes[1] = nv12 + CAMERA_WIDTH * CAMERA_HEIGHT, frame.byte_counts[1] = CAMERA_WIDTH * CAMERA_HEIGHT / 2;
  return frame;
}

#endif
