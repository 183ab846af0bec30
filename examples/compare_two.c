/* Do two photos show the same person?
 *
 *   ./compare_two mtcnn.safetensors dlib-resnet.safetensors a.jpg b.jpg
 *   same person, distance 0.38
 *
 * A face becomes a vector, its embedding; two vectors of one person lie near each other. How near is
 * the model's own threshold, unless you give yours. identify.c asks the question for many people. */
#include "common.h"

int main(int argc, char **argv) {
  want_arguments(argc, argv, 4, "MTCNN FACE_MODEL PHOTO PHOTO");

  fs_model *finder = NULL, *network = NULL;
  fs_detector *detector = NULL;
  fs_embedder *embedder = NULL;
  TRY(fs_model_open(&finder, argv[1]));
  TRY(fs_model_open(&network, argv[2]));
  TRY(fs_detector_create(&detector, finder, NULL)); /* NULL: the default options */
  TRY(fs_embedder_create(&embedder, network));

  fs_image *a = NULL, *b = NULL;
  fs_verdict verdict;
  TRY(fs_image_open(&a, argv[3]));
  TRY(fs_image_open(&b, argv[4]));
  TRY(fs_compare_photos(embedder, detector, a, b, FS_DEFAULT_THRESHOLD, &verdict)); /* FS_NO_FACE if one has none */
  printf("%s, distance %.2f (same up to %.2f)\n", verdict.same ? "same person" : "different people", verdict.distance,
         verdict.threshold);

  fs_image_destroy(a), fs_image_destroy(b);
  fs_embedder_destroy(embedder), fs_detector_destroy(detector);
  fs_model_destroy(network), fs_model_destroy(finder);
  return 0;
}
