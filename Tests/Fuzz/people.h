/* An embedder, for targets that read people. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "fuzz.h"

static fs_embedder *embedder;

static inline void have_embedder(void) {
  fs_model *model = NULL;
  if (fs_model_open(&model, "models/faces-nn4.safetensors") != FS_OK || fs_embedder_create(&embedder, model) != FS_OK)
    fprintf(stderr, "%s\n", fs_last_error()), exit(1);
  fs_model_destroy(model);
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  have_embedder();
  return 0;
}

static inline void ask(fs_gallery *gallery) {
  float zeros[128] = {0};
  fs_neighbour neighbours[3];
  fs_gallery_person people[4];
  fs_gallery_photo photos[4];
  size_t found = 0;
  checked(fs_gallery_search(gallery, zeros, 1, 128, 3, neighbours, 3, &found));
  checked(fs_gallery_list_people(gallery, NULL, 0, &found));
  if (found <= 4) checked(fs_gallery_list_people(gallery, people, 4, &found));
  checked(fs_gallery_list_photos(gallery, NULL, photos, 4, &found));
}

#endif
