/* Pictures of all formats, in memory. A PNG's checksums are put right, so that what is inside is reached. */
#include "fuzz.h"

#include <zlib.h>

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  fs_image *image = NULL, *small = NULL;
  if (checked(fs_image_decode(&image, bytes, count)) == FS_OK) {
    const uint32_t width = fs_image_width(image), height = fs_image_height(image);
    const uint8_t *pixels = fs_image_data(image), *alpha = fs_image_alpha(image);
    volatile uint8_t last = pixels[3 * (size_t)width * height - 1];
    if (alpha) last = alpha[(size_t)width * height - 1];
    (void)last;
    if ((size_t)width * height < 1 << 16 && checked(fs_image_resize(&small, image, 3, 3, FS_BICUBIC)) == FS_OK) fs_image_destroy(small);
    fs_image_destroy(image);
  }
  uint32_t reduction = 0;
  if (checked(fs_image_decode_reduced(&image, bytes, count, 64, &reduction)) == FS_OK) fs_image_destroy(image);
  fuzz_end(0);
  return 0;
}

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t count, size_t most);

static uint32_t number(const uint8_t *at) { return (uint32_t)at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t count, size_t most, unsigned seed) {
  count = LLVMFuzzerMutate(bytes, count, most);
  if (count < 20 || memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) != 0 || seed % 16 == 0) return count;
  for (size_t at = 8; at + 12 <= count;) {
    const size_t length = number(bytes + at);
    if (length > count - at - 12) break;
    const uint32_t sum = (uint32_t)crc32(0, bytes + at + 4, (unsigned)length + 4);
    for (int i = 0; i < 4; i++) bytes[at + 8 + length + i] = (uint8_t)(sum >> (24 - 8 * i));
    at += 12 + length;
  }
  return count;
}
