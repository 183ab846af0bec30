/* A program as it was written for version 0.1: it knows the structs and numbers of that version, which facestyle.h beside it holds.
 * What it prints is what it always printed: program.txt. */
#include "facestyle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIMENSION = 128, GUARD = 0xa5 };

static unsigned lines; /* of the log */

static void logged(fs_log_level level, const char *message, void *user) {
  (void)user;
  if (level >= FS_LOG_WARNING && *message) lines++;
}

/* What a program does with a number: those that it does not know are failures, too. */
static const char *said(fs_status status) {
  switch (status) {
  case FS_OK: return "ok";
  case FS_INVALID_ARGUMENT: return "invalid argument";
  case FS_BAD_DATA: return "bad data";
  case FS_IO: return "io";
  case FS_NOT_FOUND: return "not found";
  case FS_WRONG_MODEL: return "wrong model";
  default: return *fs_last_error() ? "refused" : "refused without a reason";
  }
}

static void pictures(void) {
  uint8_t rgb[24 * 16 * 3], file[1 << 14];
  for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (uint8_t)(i * 7 + i / 251);
  fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = sizeof rgb, .width = 24, .height = 16, .format = FS_RGB};
  fs_image *image = NULL, *again = NULL, *small = NULL;
  size_t count = 0;
  printf("from pixels: %s\n", said(fs_image_from_pixels(&image, &pixels)));
  printf("as a PNG: %s\n", said(fs_image_encode(image, FS_PNG, 95, file, sizeof file, &count)));
  printf("read again: %s\n", said(fs_image_decode(&again, file, count)));
  printf("the same pixels: %d\n", fs_image_data(again) && memcmp(fs_image_data(again), rgb, sizeof rgb) == 0);
  printf("half as large: %s", said(fs_image_resize(&small, image, 12, 8, FS_AREA)));
  printf(", %ux%u\n", fs_image_width(small), fs_image_height(small));
  printf("no picture: %s\n", said(fs_image_decode(&again, "no picture", 10)));
  pixels.format = (fs_pixel_format)1000;
  printf("a format of another version: %s\n", said(fs_image_from_pixels(&again, &pixels)));
  pixels.format = FS_RGB, pixels.size = sizeof(size_t);
  printf("a struct that is too short: %s\n", said(fs_image_from_pixels(&again, &pixels)));
  fs_image_destroy(image), fs_image_destroy(again), fs_image_destroy(small);
}

/* Formats are counted by asking: there may be more than this version has. */
static void formats(void) {
  int known = 0;
  while (fs_file_format_name((fs_file_format)known)) known++;
  printf("at least 8 formats of files: %d\n", known >= 8);
}

static void embedding_of(float *embedding, int number) {
  for (int i = 0; i < DIMENSION; i++) embedding[i] = (float)((i * 7 + number * 31) % 19) / 19;
}

static void galleries(void) {
  fs_model *model = NULL;
  fs_embedder *embedder = NULL;
  fs_gallery *gallery = NULL;
  float embedding[DIMENSION];
  printf("the model: %s\n", said(fs_model_open(&model, "models/faces-nn4.safetensors")));
  printf("the embedder: %s, ", said(fs_embedder_create(&embedder, model)));
  printf("of %zu numbers\n", fs_embedder_dimension(embedder));
  fs_model_destroy(model);
  printf("the gallery: %s\n", said(fs_gallery_create(&gallery, embedder)));
  for (int i = 0; i < 3; i++) {
    embedding_of(embedding, i);
    printf("add %d: %s\n", i, said(fs_gallery_add(gallery, i < 2 ? "Ada" : "Grace", embedding, DIMENSION)));
  }
  embedding_of(embedding, 2);
  fs_gallery_info info = {.size = sizeof info};
  printf("told: %s, ", said(fs_gallery_info_get(gallery, &info)));
  printf("%d people, %d photos, size %zu\n", (int)info.people, (int)info.photos, info.size);
  fs_identify_options options;
  struct { fs_gallery_identity known; unsigned char behind[64]; } answer;
  memset(&answer, GUARD, sizeof answer);
  answer.known.size = sizeof answer.known;
  printf("options: %s, ", said(fs_identify_options_init(&options, sizeof options)));
  printf("size %zu\n", options.size);
  printf("identified: %s, ", said(fs_gallery_identify(gallery, embedding, DIMENSION, &options, &answer.known)));
  printf("%s, size %zu\n", answer.known.name, answer.known.size);
  size_t written = 0;
  for (size_t i = 0; i < sizeof answer.behind; i++) written += answer.behind[i] != GUARD;
  printf("written behind the struct: %zu\n", written);
  fs_neighbour near[3];
  size_t count = 0;
  printf("searched: %s, ", said(fs_gallery_search(gallery, embedding, 1, DIMENSION, 3, near, 3, &count)));
  printf("%zu, nearest %s at %.3f\n", count, near[0].name, near[0].distance);
  printf("the same under another name: %s", said(fs_gallery_add(gallery, "Eve", embedding, DIMENSION)));
  printf(", lines in the log: %u\n", lines);
  printf("gone: %s\n", said(fs_gallery_remove(gallery, "Ada")));
  printf("gone twice: %s\n", said(fs_gallery_remove(gallery, "Ada")));
  printf("people: %zu\n", fs_gallery_person_count(gallery));
  fs_gallery_destroy(gallery), fs_embedder_destroy(embedder);
  printf("destroyed: %s\n", said(fs_gallery_add(gallery, "Ada", embedding, DIMENSION)));
}

static void thresholds(void) {
  const double distances[] = {0.1, 0.2, 0.3, 0.4};
  const int32_t same[] = {1, 1, 0, 0};
  fs_evaluation evaluation = {.size = sizeof evaluation};
  fs_pairs *pairs = NULL;
  const char list[] = "a.png b.jpg 1\na.png c.png 0\n";
  printf("evaluated: %s, ", said(fs_evaluate_pairs(distances, same, NULL, 4, NULL, &evaluation)));
  printf("area %.2f, size %zu\n", evaluation.auc, evaluation.size);
  printf("pairs: %s, ", said(fs_pairs_load(&pairs, list, sizeof list - 1)));
  printf("%zu, of %zu photos\n", fs_pairs_count(pairs), fs_pairs_photo_count(pairs));
  fs_pairs_destroy(pairs);
}

static void tracks(void) {
  fs_tracker *tracker = NULL;
  fs_tracker_options options;
  fs_track found[2];
  fs_tracked tracked[1];
  size_t count = 0;
  const fs_face face = {.x = 2, .y = 2, .width = 20, .height = 20, .score = 1, .landmarks = {{8, 8}, {16, 8}, {12, 12}, {9, 16}, {15, 16}}};
  printf("options: %s, ", said(fs_tracker_options_init(&options, sizeof options)));
  options.min_seen = 1;
  printf("tracker: %s, ", said(fs_tracker_create(&tracker, &options)));
  printf("a frame: %s, ", said(fs_tracker_update(tracker, &face, NULL, 1, 0, tracked, 1)));
  printf("listed: %s, ", said(fs_tracker_tracks(tracker, found, 2, &count)));
  printf("%zu, %d times, begun: %d\n", count, (int)found[0].seen, found[0].begun);
  fs_tracker_destroy(tracker);
}

static void trainings(void) {
  fs_loss_options loss;
  fs_trainer_options options;
  fs_trainer *trainer = NULL;
  fs_trainer_info info = {.size = sizeof info};
  fs_training_step step = {.size = sizeof step};
  uint8_t rgb[2 * 12 * 12 * 3];
  const int32_t labels[2] = {0, 1};
  for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (uint8_t)(i < sizeof rgb / 2 ? i : 255 - i);
  printf("loss: %s, ", said(fs_loss_options_init(&loss, sizeof loss, FS_LOSS_CROSS_ENTROPY)));
  printf("options: %s\n", said(fs_trainer_options_init(&options, sizeof options)));
  options.architecture = "cascade-12", options.loss = &loss;
  printf("trainer: %s\n", said(fs_trainer_create(&trainer, &options, NULL)));
  printf("step: %s\n", said(fs_trainer_step(trainer, rgb, 2, labels, NULL, &step)));
  printf("told: %s, ", said(fs_trainer_info_get(trainer, &info)));
  printf("%u steps\n", (unsigned)info.step);
  fs_trainer_destroy(trainer);
  loss.kind = (fs_loss_kind)1000;
  printf("a loss of another version: %s\n", said(fs_trainer_create(&trainer, &options, NULL)));
}

static void formulas(void) {
  fs_expression *expression = NULL;
  printf("formula: %s\n", said(fs_expression_parse(&expression, "x*y + exp(x)")));
  fs_expression_destroy(expression);
}

int main(void) {
  printf("the ABI is 0: %d\n", fs_abi_version() == 0);
  printf("0.1 or later: %d\n", fs_version() >= 100);
  fs_log_set(FS_LOG_WARNING, logged, NULL);
  pictures();
  formats();
  galleries();
  thresholds();
  tracks();
  trainings();
  formulas();
  printf("handles: %zu\n", fs_debug_live_handles());
  return 0;
}
