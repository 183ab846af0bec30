/* How many instructions fixed work takes: run by instructions.sh under valgrind's callgrind, which counts them only between
 * the marks here. Each work is done once before, so that weights are packed and memory is there.
 *
 * instructions KERNELS DETECTOR EMBEDDER [VGG] */
#include <facestyle.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#define TRY(call) \
  if ((call) != FS_OK) return fprintf(stderr, "%s\n", fs_last_error()), 1

/* The same numbers on every machine. */
static uint8_t noise(void) {
  static uint32_t state = 1;
  state = state * 1664525u + 1013904223u;
  return (uint8_t)(state >> 24);
}

static fs_status picture(fs_image **out, uint32_t width, uint32_t height) {
  static uint8_t rgb[3 * 320 * 240];
  for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = noise();
  fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = 3u * width * height, .width = width, .height = height};
  return fs_image_from_pixels(out, &pixels);
}

static void start(void) {
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
}

/* Ends a count; callgrind writes it into a file that carries the work's name. */
static void end(const char *work) {
  CALLGRIND_DUMP_STATS_AT(work);
  CALLGRIND_STOP_INSTRUMENTATION;
}

static int detection(const char *path) {
  fs_model *model;
  fs_detector *detector;
  fs_image *image;
  fs_face faces[8];
  size_t count;
  TRY(fs_model_open(&model, path));
  TRY(fs_detector_create(&detector, model, NULL));
  TRY(picture(&image, 320, 240));
  TRY(fs_detector_find(detector, image, faces, 8, &count));
  start();
  TRY(fs_detector_find(detector, image, faces, 8, &count));
  end("detection-320x240");
  fs_image_destroy(image), fs_detector_destroy(detector), fs_model_destroy(model);
  return 0;
}

static int embedding(const fs_embedder *embedder) {
  fs_image *chip;
  float numbers[128];
  TRY(picture(&chip, 96, 96));
  const fs_image *chips[] = {chip};
  TRY(fs_embedder_embed_chips(embedder, chips, 1, numbers, 128));
  start();
  TRY(fs_embedder_embed_chips(embedder, chips, 1, numbers, 128));
  end("embedding-nn4");
  fs_image_destroy(chip);
  return 0;
}

static int search(const fs_embedder *embedder) {
  enum { people = 10000, numbers = 128, nearest = 5 };
  static float rows[people][numbers];
  static char texts[people][8];
  static const char *names[people];
  fs_gallery *gallery;
  fs_neighbour neighbours[nearest];
  for (int i = 0; i < people; i++) {
    for (int j = 0; j < numbers; j++) rows[i][j] = (noise() - 127.5f) / 1024;
    names[i] = (snprintf(texts[i], sizeof texts[i], "%d", i), texts[i]);
  }
  TRY(fs_gallery_create(&gallery, embedder));
  TRY(fs_gallery_add_many(gallery, names, rows[0], people, numbers, NULL));
  TRY(fs_gallery_search(gallery, rows[7], 1, numbers, nearest, neighbours, nearest, NULL));
  start();
  TRY(fs_gallery_search(gallery, rows[77], 1, numbers, nearest, neighbours, nearest, NULL));
  end("search-10k");
  fs_gallery_destroy(gallery);
  return 0;
}

static int faces(const char *path) {
  fs_model *model;
  fs_embedder *embedder;
  TRY(fs_model_open(&model, path));
  TRY(fs_embedder_create(&embedder, model));
  fs_model_destroy(model);
  const int failed = embedding(embedder) || search(embedder);
  fs_embedder_destroy(embedder);
  return failed;
}

static int style(const char *path) {
  fs_model *vgg;
  fs_styler *styler;
  fs_image *content, *painting;
  fs_style_job *job;
  fs_style_options options;
  fs_style_progress progress = {.size = sizeof progress};
  TRY(fs_model_open(&vgg, path));
  TRY(fs_styler_create(&styler, vgg));
  TRY(picture(&content, 64, 64));
  TRY(picture(&painting, 64, 64));
  TRY(fs_style_options_init(&options, sizeof options));
  options.width = 64;
  const fs_image *paintings[] = {painting};
  TRY(fs_style_job_create(&job, styler, content, paintings, NULL, 1, &options));
  TRY(fs_style_job_step(job, 1, &progress));
  start();
  TRY(fs_style_job_step(job, 1, &progress));
  end("style-64x64");
  fs_style_job_destroy(job), fs_image_destroy(painting), fs_image_destroy(content);
  fs_styler_destroy(styler), fs_model_destroy(vgg);
  return 0;
}

int main(int argc, char **argv) {
  if (argc < 4) return fprintf(stderr, "usage: instructions KERNELS DETECTOR EMBEDDER [VGG]\n"), 2;
  TRY(fs_instruction_set_choose(argv[1]));
  TRY(fs_threads_set(1));
  return detection(argv[2]) || faces(argv[3]) || (argc > 4 && style(argv[4]));
}
