/* An embedder, for targets that read people: of a few numbers, and of a file in the tree that stays, as a gallery names the
 * model whose embeddings it holds. */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "fuzz.h"

enum { NUMBERS = 4 };

static fs_embedder *embedder;

/* Reads a target's seed. It must be good: else nothing behind its first check is reached, and nobody sees it. */
static void read_seed(void);

static inline void have_embedder(void) {
  fs_model *model = NULL;
  if (fs_model_open(&model, "Tests/Fuzz/seeds/model/graph.safetensors") != FS_OK || fs_embedder_create(&embedder, model) != FS_OK)
    fprintf(stderr, "%s\n", fs_last_error()), exit(1);
  fs_model_destroy(model);
  if (fs_embedder_dimension(embedder) != NUMBERS) fprintf(stderr, "embeddings of another length\n"), exit(1);
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  have_embedder();
  read_seed();
  return 0;
}

static inline void expect_people(const fs_gallery *gallery, size_t count) {
  if (fs_gallery_person_count(gallery) == count) return;
  fprintf(stderr, "a seed of %zu people; expected %zu: %s\n", fs_gallery_person_count(gallery), count, fs_last_error());
  exit(1);
}

static inline void ask(fs_gallery *gallery) {
  float zeros[NUMBERS] = {0};
  fs_neighbour neighbours[3];
  fs_gallery_person people[4];
  fs_gallery_photo photos[4];
  size_t found = 0;
  checked(fs_gallery_search(gallery, zeros, 1, NUMBERS, 3, neighbours, 3, &found));
  checked(fs_gallery_list_people(gallery, NULL, 0, &found));
  if (found <= 4) checked(fs_gallery_list_people(gallery, people, 4, &found));
  checked(fs_gallery_list_photos(gallery, NULL, photos, 4, &found));
}

#endif
