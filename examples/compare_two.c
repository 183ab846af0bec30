/* Do two photos show the same person?
 *
 *   ./compare_two a.jpg b.jpg
 *   same person, distance 0.38 (same up to 0.60, by dlib-resnet)
 *
 * A face becomes a vector, its embedding; two vectors of one person lie near each other. How near is
 * the model's own threshold, unless you give yours. identify.c asks the question for many people. */
#include "common.h"

/* What makes an answer from this photo unsure. */
static void warn(const char *path, uint32_t reasons) {
  for (uint32_t bit = 1; bit && bit <= reasons; bit <<= 1)
    if (reasons & bit) printf("%s: the face is %s\n", path, fs_quality_reason_text((fs_quality_reason)bit));
}

int main(int argc, char **argv) {
  want_arguments(argc, argv, 2, "PHOTO PHOTO");

  fs_face_analysis *faces = NULL;
  fs_model_info model = {.size = sizeof model};
  TRY(fs_face_analysis_create(&faces, NULL)); /* NULL: the best models that are installed */
  TRY(fs_embedder_model_info(fs_face_analysis_embedder(faces), &model));

  fs_image *a = NULL, *b = NULL;
  fs_verdict verdict;
  TRY(fs_image_open(&a, argv[1]));
  TRY(fs_image_open(&b, argv[2]));
  TRY(fs_face_analysis_compare(faces, a, b, FS_DEFAULT_THRESHOLD, &verdict)); /* FS_NO_FACE if one has none */
  printf("%s, distance %.2f (same up to %.2f, by %s)\n", verdict.same ? "same person" : "different people", verdict.distance,
         verdict.threshold, model.name);
  warn(argv[1], verdict.reasons[0]);
  warn(argv[2], verdict.reasons[1]);

  fs_image_destroy(a), fs_image_destroy(b);
  fs_face_analysis_destroy(faces);
  return 0;
}
