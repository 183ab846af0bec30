/* examples/camera-daemon/view.c alone: a bright square is where it is in the whole frame, however the frame lies and by how
 * much it is reduced, and a JPEG is decoded in full only for a face that needs it. Prints what is wrong. */
#include "view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int faults;

#define CHECK(holds, ...) \
  do { \
    if (!(holds)) printf("line %d: %s: ", __LINE__, #holds), printf(__VA_ARGS__), printf("\n"), faults++; \
  } while (0)

/* A frame of Motion JPEG, dark but for a square of 32 pixels at (left, top). */
static struct picture frame_with_square(uint8_t *bytes, size_t capacity, uint32_t width, uint32_t height, uint32_t left, uint32_t top) {
  uint8_t *pixels = calloc((size_t)width * height, 3);
  for (uint32_t y = top; y < top + 32; y++) memset(pixels + 3 * (y * width + left), 255, 3 * 32);
  fs_pixels given = {.size = sizeof given, .data = pixels, .byte_count = 3 * (size_t)width * height, .width = width, .height = height};
  fs_image *image = NULL;
  size_t count = 0;
  fs_status made = fs_image_from_pixels(&image, &given);
  fs_status encoded = fs_image_encode(image, FS_JPEG, 95, bytes, capacity, &count);
  CHECK(made == FS_OK && encoded == FS_OK, "%s", fs_last_error());
  fs_image_destroy(image);
  free(pixels);
  return (struct picture){.bytes = bytes, .byte_count = count, .width = width, .height = height};
}

/* Where the light of the upright picture is in the mean, in pixels of which the first one's middle is 0. */
static fs_point middle_of_light(const fs_frame *frame) {
  fs_image *image = NULL;
  double sum = 0, x_sum = 0, y_sum = 0;
  CHECK(fs_image_from_frame(&image, frame, NULL) == FS_OK, "%s", fs_last_error());
  const uint8_t *pixels = fs_image_data(image);
  uint32_t width = fs_image_width(image), height = fs_image_height(image);
  for (uint32_t y = 0; y < height; y++)
    for (uint32_t x = 0; x < width; x++) {
      double light = pixels[3 * (y * width + x)] > 40 ? pixels[3 * (y * width + x)] : 0; /* not the ringing around the square */
      sum += light, x_sum += light * x, y_sum += light * y;
    }
  fs_image_destroy(image);
  return (fs_point){(float)(x_sum / sum), (float)(y_sum / sum)};
}

static void check_place(const struct settings *settings, const struct picture *picture, uint32_t reduction) {
  struct stage_times times = {0};
  struct view view;
  char reason[256] = "";
  fs_status opened = view_open(&view, settings, picture, &times, reason, sizeof reason);
  CHECK(opened == FS_OK && view.reduction == reduction && times.count == 1, "%s", reason);
  if (opened != FS_OK) return;
  fs_point small = middle_of_light(&view.found), large = middle_of_light(view_whole(&view));
  fs_face face = {.x = small.x - 3, .y = small.y - 2, .width = 6, .height = 4, .score = 1};
  for (int i = 0; i < 5; i++) face.landmarks[i] = small;
  face.landmarks[1].x += 10; /* eyes 10 pixels apart */
  const fs_face before = face;
  view_enlarge(&view, &face);
  float factor = (float)reduction;
  CHECK(fabsf(face.landmarks[0].x - large.x) < 0.5f && fabsf(face.landmarks[0].y - large.y) < 0.5f,
        "by %u, rotation %u, mirrored %d: (%g, %g), not (%g, %g)", reduction, settings->rotation, settings->mirrored,
        face.landmarks[0].x, face.landmarks[0].y, large.x, large.y);
  CHECK(fabsf(face.x + face.width / 2 - large.x) < 0.5f && fabsf(face.y + face.height / 2 - large.y) < 0.5f,
        "the box is beside the square");
  CHECK(face.width == 6 * factor && face.height == 4 * factor, "%gx%g", face.width, face.height);

  fs_face there;
  const fs_frame *enough = view_of_face(&view, &face, 10, &there);
  CHECK(enough == (reduction == 1 ? &view.whole : &view.found), "10 pixels between the eyes are enough");
  CHECK(fabsf(there.x - before.x) < 1e-3f && fabsf(there.landmarks[2].y - before.landmarks[2].y) < 1e-3f, "%g %g", there.x, before.x);
  view_close(&view);
}

/* How often a JPEG is decoded for a face with eyes 10 pixels apart, of which so many are wanted. */
static void check_decodings(const struct settings *settings, const struct picture *picture) {
  static const struct { float wanted; uint64_t decodings; } cases[] = {{10, 1}, {9.5f, 1}, {10.5f, 2}};
  for (int i = 0; i < 3; i++) {
    struct stage_times times = {0};
    struct view view;
    char reason[256] = "";
    fs_face there, face = {0, 0, 60, 60, 1, {{20, 20}, {20 + 10 * 2, 20}, {30, 30}, {20, 40}, {40, 40}}};
    if (view_open(&view, settings, picture, &times, reason, sizeof reason) != FS_OK) continue;
    for (int look = 0; look < 3; look++) CHECK(view_of_face(&view, &face, cases[i].wanted, &there) != NULL, "%s", fs_last_error());
    CHECK(view.reduction == 2 && times.count == cases[i].decodings, "%g: %d", cases[i].wanted, (int)times.count);
    face.landmarks[0].x = NAN; /* no points: all there is is wanted */
    CHECK(view_of_face(&view, &face, 1, &there) == &view.whole && times.count == 2, "%d", (int)times.count);
    view_close(&view);
  }
}

int main(void) {
  static uint8_t bytes[1 << 18];
  struct settings settings;
  settings_default(&settings);
  settings_set(&settings, "format", "mjpeg", stdout);
  static const struct { float min_face; uint32_t reduction; } faces[] = {
      {39.9f, 1}, {40, 2}, {79, 2}, {80, 4}, {159, 4}, {160, 8}, {5000, 8}};
  for (size_t i = 0; i < sizeof faces / sizeof faces[0]; i++)
    for (uint32_t turn = 0; turn < 8; turn++) {
      settings.min_face = faces[i].min_face;
      settings.rotation = turn % 4 * 90, settings.mirrored = turn >= 4;
      struct picture even = frame_with_square(bytes, sizeof bytes, 160, 128, 80, 24);
      check_place(&settings, &even, faces[i].reduction);
      struct picture odd = frame_with_square(bytes, sizeof bytes, 157, 121, 80, 24); /* 5 and 1 pixels into the last 8 */
      check_place(&settings, &odd, faces[i].reduction);
    }
  settings.min_face = 60, settings.rotation = 0, settings.mirrored = false;
  struct picture picture = frame_with_square(bytes, sizeof bytes, 160, 128, 80, 24);
  check_decodings(&settings, &picture);

  struct stage_times times = {0};
  struct view view;
  char reason[256] = "";
  picture.byte_count /= 2;
  CHECK(view_open(&view, &settings, &picture, &times, reason, sizeof reason) == FS_BAD_DATA && strstr(reason, "JPEG"), "%s", reason);
  settings_set(&settings, "format", "grey", stdout);
  uint8_t *grey = calloc(160, 128);
  struct picture raw = {.bytes = grey, .byte_count = 160 * 128, .width = 160, .height = 128, .stride = 160};
  CHECK(view_open(&view, &settings, &raw, &times, reason, sizeof reason) == FS_OK && view.reduction == 1, "%s", reason);
  CHECK(view.found.planes[0] == grey && view_whole(&view)->planes[0] == grey && times.count == 0, "a raw frame is looked at in place");
  view_close(&view);
  free(grey);
  if (!faults) printf("good\n");
  return faults != 0;
}
