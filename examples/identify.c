/* Who is in the photo?
 *
 *   ./identify mtcnn.safetensors dlib-resnet.safetensors people/ photo.jpg
 *
 * `people` holds photos NAME.jpg, or folders NAME with several photos of one person. Each is encoded
 * once, on its way into the gallery; a question costs one more encoding and a search. stylize.c turns
 * to the other half of the library. */
#include "common.h"

struct door {
  fs_gallery *gallery;
  const fs_embedder *embedder;
  const fs_detector *detector;
};

static void add(const char *name, const char *path, void *user) {
  struct door *door = user;
  fs_image *photo = NULL;
  TRY(fs_image_open(&photo, path));
  fs_status status = fs_gallery_add_photo(door->gallery, door->embedder, door->detector, name, photo);
  if (status == FS_NO_FACE) fprintf(stderr, "%s: %s, left out\n", path, fs_last_error()); /* an error to go on after */
  else TRY(status);
  fs_image_destroy(photo);
}

int main(int argc, char **argv) {
  want_arguments(argc, argv, 4, "MTCNN FACE_MODEL FOLDER PHOTO");

  fs_model *finder = NULL, *network = NULL;
  fs_detector *detector = NULL;
  fs_embedder *embedder = NULL;
  fs_gallery *gallery = NULL;
  TRY(fs_model_open(&finder, argv[1]));
  TRY(fs_model_open(&network, argv[2]));
  TRY(fs_detector_create(&detector, finder, NULL));
  TRY(fs_embedder_create(&embedder, network));
  TRY(fs_gallery_create(&gallery, embedder));

  struct door door = {gallery, embedder, detector};
  each_photo(argv[3], NULL, add, &door);
  printf("%zu photos of %zu people\n", fs_gallery_photo_count(gallery), fs_gallery_person_count(gallery));

  fs_image *photo = NULL;
  fs_gallery_identity match = {.size = sizeof match};
  TRY(fs_image_open(&photo, argv[4]));
  TRY(fs_gallery_identify_photo(gallery, embedder, detector, photo, NULL, &match));
  if (match.known) printf("%s, distance %.2f\n", match.name, match.distance);
  else if (match.nearest[0]) printf("a stranger; nearest is %s, distance %.2f\n", match.nearest, match.distance);
  else printf("a stranger; the gallery is empty\n");

  fs_image_destroy(photo);
  fs_gallery_destroy(gallery);
  fs_embedder_destroy(embedder), fs_detector_destroy(detector);
  fs_model_destroy(network), fs_model_destroy(finder);
  return 0;
}
