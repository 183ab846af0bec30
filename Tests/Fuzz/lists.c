/* Lists of pairs, of landmarks, of labels: each input as each of them. */
#include "fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  mkdir(fuzz_path("Ann"), 0777);
  fs_image *image = NULL;
  const uint8_t grey[64] = {0};
  const fs_pixels pixels = {.size = sizeof pixels, .data = grey, .byte_count = 64, .width = 8, .height = 8, .format = FS_GREY};
  checked(fs_image_from_pixels(&image, &pixels));
  checked(fs_image_write(image, fuzz_path("Ann/1.png")));
  fs_image_destroy(image);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  fs_pairs *pairs = NULL;
  fs_landmarks *landmarks = NULL;
  fs_photos *photos = NULL;
  fs_scenes *scenes = NULL;
  fs_pair pair;
  fs_face face;
  if (checked(fs_pairs_load(&pairs, bytes, count)) == FS_OK) {
    for (size_t i = 0; i < fs_pairs_count(pairs) && i < 8; i++)
      if (checked(fs_pairs_get(pairs, i, &pair)) == FS_OK) {
        const char *path = fs_pairs_photo(pairs, pair.first);
        /* It never leads out of the folder. */
        if (!path || path[0] == '/' || !strncmp(path, "../", 3) || strstr(path, "/../")) abort();
      }
  }
  if (checked(fs_landmarks_load(&landmarks, bytes, count)) == FS_OK) checked(fs_landmarks_find(landmarks, "Ann/1.jpg", &face));
  const char *path = fuzz_file("labels", bytes, count);
  checked(fs_photos_create(&photos));
  checked(fs_photos_add_people(photos, fuzz_folder, path, NULL));
  checked(fs_scenes_create(&scenes));
  checked(fs_scenes_add(scenes, fuzz_folder, path));
  fs_pairs_destroy(pairs), fs_landmarks_destroy(landmarks), fs_photos_destroy(photos), fs_scenes_destroy(scenes);
  fuzz_end(0);
  return 0;
}
