/* A camera's frame: formats, sizes, strides, planes, rotation. The planes are as long as they say, to the byte. */
#include "fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  enum { HEAD = 16 };
  if (count <= HEAD) return 0;
  fs_frame frame;
  checked(fs_frame_init(&frame, sizeof frame));
  frame.format = (fs_pixel_format)(int8_t)bytes[0];
  frame.width = bytes[1], frame.height = bytes[2];
  frame.rotation = bytes[3] < 4 ? bytes[3] * 90u : bytes[3], frame.mirrored = bytes[4] & 1;
  frame.matrix = (fs_colour_matrix)(bytes[4] >> 1 & 3), frame.range = (fs_colour_range)(bytes[4] >> 3 & 3);
  uint8_t *planes[3];
  for (int i = 0; i < 3; i++) {
    const size_t length = bytes[5 + 2 * i] * 32u;
    planes[i] = malloc(length ? length : 1);
    for (size_t j = 0; j < length; j++) planes[i][j] = bytes[HEAD + j % (count - HEAD)];
    frame.planes[i] = planes[i], frame.byte_counts[i] = length;
    frame.strides[i] = bytes[6 + 2 * i] * (bytes[11] == 255 ? SIZE_MAX / 300 : 1);
  }
  const fs_region region = {bytes[12], bytes[13], bytes[14], bytes[15]};
  const fs_face face = {.x = 1, .y = 2, .width = 9, .height = 9, .score = 1};
  fs_image *image = NULL, *part = NULL;
  fs_quality quality = {.size = sizeof quality};
  checked(fs_image_from_frame(&image, &frame, NULL));
  checked(fs_image_from_frame(&part, &frame, &region));
  checked(fs_face_quality_frame(&frame, &face, NULL, &quality));
  fs_image_destroy(image), fs_image_destroy(part);
  for (int i = 0; i < 3; i++) free(planes[i]);
  fuzz_end(0);
  return 0;
}
