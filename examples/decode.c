/* A photo in, its size out, a reduced copy written.
 *
 *   ./decode photo.jpg small.png
 *
 * Every handle is made by one function and given back to its _destroy function. find_faces.c goes on
 * with what is in the photo. */
#include "common.h"

int main(int argc, char **argv) {
  want_arguments(argc, argv, 2, "PHOTO SMALL.png");

  fs_image *photo = NULL, *small = NULL;
  TRY(fs_image_open(&photo, argv[1])); /* a JPEG, PNG, HEIC, ..., turned upright */
  uint32_t width = fs_image_width(photo), height = fs_image_height(photo);
  printf("%s is %u x %u pixels\n", argv[1], width, height);

  /* Half as wide and high, but never nothing. */
  TRY(fs_image_resize(&small, photo, (width + 1) / 2, (height + 1) / 2, FS_AREA));
  TRY(fs_image_write(small, argv[2])); /* the file appears whole or not at all */
  printf("%s is %u x %u pixels\n", argv[2], fs_image_width(small), fs_image_height(small));

  fs_image_destroy(small);
  fs_image_destroy(photo);
  return 0;
}
