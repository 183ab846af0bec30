/* A process that finds one face, embeds it and ends: one_face PHOTO [DETECTOR [EMBEDDER]]. Prints the most memory that was
 * resident at any time, library and libraries included, in MB of 1e6 bytes. Models are closed as soon as they are used. */
#include <facestyle.h>
#include <stdio.h>
#include <sys/resource.h>

#define TRY(call) \
  if ((call) != FS_OK) return fprintf(stderr, "%s\n", fs_last_error()), 1

static double peak(void) {
  struct rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * 1024e-6;
}

int main(int argc, char **argv) {
  fs_model *model;
  fs_detector *detector;
  fs_embedder *embedder;
  fs_image *photo;
  fs_face face;
  size_t count = 0;
  float embedding[512];
  const double start = peak();
  TRY(fs_model_open(&model, argc > 2 ? argv[2] : "faces-yunet"));
  TRY(fs_detector_create(&detector, model, NULL));
  fs_model_destroy(model);
  TRY(fs_image_open(&photo, argc > 1 ? argv[1] : NULL));
  TRY(fs_detector_find(detector, photo, &face, 1, &count));
  if (count == 0) return fprintf(stderr, "%s: no face\n", argv[1]), 1;
  const double found = peak();
  TRY(fs_model_open(&model, argc > 3 ? argv[3] : "faces-nn4"));
  TRY(fs_embedder_create(&embedder, model));
  fs_model_destroy(model);
  const double opened = peak();
  TRY(fs_embedder_embed(embedder, photo, &face, 1, embedding, 512));
  printf("%.1f MB at the peak; %.1f at the start, %.1f with the face found, %.1f with the embedder made\n", peak(), start, found,
         opened);
  fs_embedder_destroy(embedder), fs_image_destroy(photo), fs_detector_destroy(detector);
  return 0;
}
