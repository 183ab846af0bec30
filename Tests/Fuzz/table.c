/* Tables of people, imported. */
#include "people.h"

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
