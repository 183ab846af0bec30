/* Every face of a photo, with the places of eyes, nose and mouth.
 *
 *   ./find_faces mtcnn.safetensors photo.jpg
 *
 * Three ideas beside decode.c: a model is opened once, options start from the library's defaults, and
 * a call with capacity 0 asks how much room its answer needs. compare_two.c asks whose faces they are. */
#include "common.h"

int main(int argc, char **argv) {
  want_arguments(argc, argv, 2, "MTCNN PHOTO");

  fs_model *model = NULL;
  fs_detector *detector = NULL;
  fs_detector_options options;
  TRY(fs_model_open(&model, argv[1]));
  TRY(fs_detector_options_init(&options, sizeof options));
  options.min_face = 60; /* pixels; fewer is slower and finds smaller faces */
  TRY(fs_detector_create(&detector, model, &options));
  fs_model_destroy(model); /* the detector keeps what it needs */

  fs_image *photo = NULL;
  size_t count = 0;
  TRY(fs_image_open(&photo, argv[2]));
  TRY(fs_detector_find(detector, photo, NULL, 0, &count));
  fs_face *faces = allocate(count, sizeof *faces);
  TRY(fs_detector_find(detector, photo, faces, count, &count)); /* the largest first */

  printf("%zu face%s\n", count, count == 1 ? "" : "s");
  for (size_t i = 0; i < count; i++) {
    const fs_face *face = &faces[i];
    printf("%.0f x %.0f at (%.0f, %.0f), score %.3f, eyes (%.0f, %.0f) (%.0f, %.0f), nose (%.0f, %.0f)\n", face->width,
           face->height, face->x, face->y, face->score, face->landmarks[0].x, face->landmarks[0].y, face->landmarks[1].x,
           face->landmarks[1].y, face->landmarks[2].x, face->landmarks[2].y);
  }

  free(faces);
  fs_image_destroy(photo);
  fs_detector_destroy(detector);
  return 0;
}
