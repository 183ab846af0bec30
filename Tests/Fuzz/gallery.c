/* A gallery's file, as it may come from anybody; opened to be read and to be changed. */
#include "people.h"

static void read_seed(void) {
  fs_gallery *gallery = NULL;
  fs_gallery_options options;
  checked(fs_gallery_options_init(&options, sizeof options));
  options.read_only = 1;
  fs_gallery_open(&gallery, "Tests/Fuzz/seeds/gallery/people.gallery", embedder, &options);
  expect_people(gallery, 2);
  fs_gallery_destroy(gallery);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  const char *path = fuzz_file("people.gallery", bytes, count);
  fs_gallery *gallery = NULL;
  fs_gallery_options options;
  checked(fs_gallery_options_init(&options, sizeof options));
  for (int read_only = 1; read_only >= 0; read_only--) {
    options.read_only = read_only;
    if (checked(fs_gallery_open(&gallery, path, embedder, &options)) != FS_OK) continue;
    ask(gallery);
    float ones[NUMBERS];
    for (int i = 0; i < NUMBERS; i++) ones[i] = 1;
    checked(fs_gallery_add(gallery, "Ada", ones, NUMBERS));
    checked(fs_gallery_remove(gallery, "Grace"));
    ask(gallery);
    fs_gallery_destroy(gallery);
  }
  unlink(path), unlink(fuzz_path("people.gallery-wal")), unlink(fuzz_path("people.gallery-shm"));
  fuzz_end(1);
  return 0;
}
