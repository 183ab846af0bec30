/* frames FOLDER: writes the photos of the firmware's test, raw, with what this library makes of them. Linked with the ordinary
 * library, which reads JPEG. */
#include "raw.h"

int main(int count, char **arguments) {
  static const char *const names[] = {"obama", "obama2", "biden"};
  static raw shot;
  networks both = {NULL, NULL};
  if (count != 2 || open_networks(&both) != FS_OK) return fprintf(stderr, "frames FOLDER; %s\n", fs_last_error()), 1;
  for (int i = 0; i < 3; i++) {
    char name[16], path[1024];
    snprintf(name, sizeof name, "%s.jpg", names[i]);
    fs_image *image = photo(name, RAW_SIDE);
    if (!image) return fprintf(stderr, "%s: %s\n", name, fs_last_error()), 1;
    shot.width = fs_image_width(image), shot.height = fs_image_height(image);
    memcpy(shot.rgb, fs_image_data(image), (size_t)shot.width * shot.height * 3);
    fs_image_destroy(image);
    if (look_at(&both, &shot, &shot.face, shot.embedding) != FS_OK)
      return fprintf(stderr, "%s: %s\n", name, fs_last_error()), 1;
    snprintf(path, sizeof path, "%s/%s.raw", arguments[1], names[i]);
    if (!write_file(path, &shot, sizeof shot)) return perror(path), 1;
  }
  close_networks(&both);
  return 0;
}
