/* Tables of people, imported. */
#include "people.h"

static void read_seed(void) {
  fs_gallery *gallery = NULL;
  checked(fs_gallery_create(&gallery, embedder));
  fs_gallery_import(gallery, "Tests/Fuzz/seeds/table/people.csv", NULL);
  expect_people(gallery, 2);
  fs_gallery_destroy(gallery);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  const char *path = fuzz_file("people.csv", bytes, count);
  fs_gallery *gallery = NULL;
  fs_gallery_report report = {.size = sizeof report};
  checked(fs_gallery_create(&gallery, embedder));
  if (checked(fs_gallery_import(gallery, path, &report)) == FS_OK) {
    ask(gallery);
    checked(fs_gallery_export(gallery, fuzz_path("again.csv")));
  }
  fs_gallery_destroy(gallery);
  fuzz_end(1);
  return 0;
}
