/* A photo as firmware gets it, raw, with what the ordinary library makes of it: frames.c writes it, firmware_test.c reads it. */
#ifndef RAW_H
#define RAW_H

#include "support.h"

enum { RAW_SIDE = 800, DIMENSION = 128 };

typedef struct raw {
  uint32_t width, height; /* at most RAW_SIDE each */
  fs_face face;
  float embedding[DIMENSION];
  uint8_t rgb[RAW_SIDE * RAW_SIDE * 3];
} raw;

/* The raw picture as a camera's driver describes them. */
static inline fs_frame frame_of(const raw *photo) {
  fs_frame frame;
  fs_frame_init(&frame, sizeof frame);
  frame.planes[0] = photo->rgb, frame.byte_counts[0] = (size_t)photo->width * photo->height * 3;
  frame.width = photo->width, frame.height = photo->height;
  return frame;
}

typedef struct networks {
  fs_detector *detector;
  fs_embedder *embedder;
} networks;

/* The models in the box; these handles are destroyed by close_networks. */
static inline fs_status open_networks(networks *out) {
  fs_model *points = NULL, *faces = NULL;
  fs_status status = fs_model_open(&points, "models/faces-yunet.safetensors");
  if (status == FS_OK) status = fs_model_open(&faces, "models/faces-nn4.safetensors");
  if (status == FS_OK) status = fs_detector_create(&out->detector, points, NULL);
  if (status == FS_OK) status = fs_embedder_create(&out->embedder, faces);
  if (points) fs_model_destroy(points);
  if (faces) fs_model_destroy(faces);
  return status;
}

static inline void close_networks(networks *both) {
  fs_detector_destroy(both->detector), fs_embedder_destroy(both->embedder);
}

/* The largest face of a raw picture, and its embedding. */
static inline fs_status look_at(const networks *both, const raw *photo, fs_face *face, float *embedding) {
  const fs_frame frame = frame_of(photo);
  size_t count = 0;
  fs_status status = fs_detector_find_frame(both->detector, &frame, NULL, face, 1, &count);
  if (status == FS_OK && count == 0) return FS_NO_FACE;
  return status == FS_OK ? fs_embedder_embed_frame(both->embedder, &frame, face, 1, embedding, DIMENSION) : status;
}

#endif
