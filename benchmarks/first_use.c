/* A process that uses a model once and ends: first_use MODEL. An embedder embeds one aligned picture; a VGG-19 gives
 * the features of a 224x224 picture. With a second argument it says where the time went. */
#include <facestyle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRY(call) \
  if ((call) != FS_OK) return fprintf(stderr, "%s\n", fs_last_error()), 1

static double milliseconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e3 + t.tv_nsec * 1e-6;
}

static fs_status square(fs_image **out, uint32_t side) {
  static uint8_t rgb[3 * 256 * 256];
  for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (uint8_t)(i * 7 + i / 777);
  fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = 3u * side * side, .width = side, .height = side};
  return fs_image_from_pixels(out, &pixels);
}

int main(int argc, char **argv) {
  fs_model *model;
  fs_image *image;
  double start = milliseconds();
  TRY(fs_model_open(&model, argc > 1 ? argv[1] : NULL));
  double opened = milliseconds();
  if (strcmp(fs_model_architecture(model), "vgg19") == 0) {
    uint32_t shape[3];
    TRY(square(&image, 224));
    TRY(fs_model_features(model, image, "conv5_1", FS_POOLING_AVERAGE, NULL, 0, shape));
    size_t count = (size_t)shape[0] * shape[1] * shape[2];
    float *values = malloc(count * sizeof *values);
    TRY(fs_model_features(model, image, "conv5_1", FS_POOLING_AVERAGE, values, count, shape));
    free(values);
  } else {
    fs_embedder *embedder;
    float embedding[128];
    TRY(fs_embedder_create(&embedder, model));
    TRY(square(&image, fs_embedder_chip_width(embedder)));
    const fs_image *chip = image;
    TRY(fs_embedder_embed_chips(embedder, &chip, 1, embedding, 128));
    fs_embedder_destroy(embedder);
  }
  if (argc > 2) printf("open %.1f ms, use %.1f ms\n", opened - start, milliseconds() - opened);
  fs_image_destroy(image);
  fs_model_destroy(model);
  return 0;
}
