/* Marks: boxes, points and names on a copy of a photo. */
#include "support.h"

enum { SIDE = 60 };

static fs_image *white(uint32_t width, uint32_t height) {
  uint8_t *grey = malloc((size_t)width * height);
  memset(grey, 255, (size_t)width * height);
  fs_pixels pixels = {.size = sizeof pixels, .data = grey, .byte_count = (size_t)width * height,
                      .width = width, .height = height, .format = FS_GREY};
  fs_image *image = NULL;
  CHECK_OK(fs_image_from_pixels(&image, &pixels));
  free(grey);
  return image;
}

static fs_face face(float x, float y, float side) {
  fs_face made = {.x = x, .y = y, .width = side, .height = side, .score = 1};
  for (int i = 0; i < 5; i++) made.landmarks[i] = (fs_point){NAN, NAN};
  return made;
}

/* Pixel (x, y) as 0xRRGGBB. */
static uint32_t pixel(const fs_image *image, uint32_t x, uint32_t y) {
  const uint8_t *p = fs_image_data(image) + ((size_t)y * fs_image_width(image) + x) * 3;
  return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static bool same(const fs_image *a, const fs_image *b) {
  const size_t count = (size_t)fs_image_width(a) * fs_image_height(a) * 3;
  return memcmp(fs_image_data(a), fs_image_data(b), count) == 0;
}

static void drawn(const fs_image *photo) {
  fs_image *marked = NULL, *other = NULL;
  fs_mark_options options;
  fs_face two[2] = {face(20, 20, 20), face(5, 5, 8)};
  TEST("defaults are by the picture, with points and without labels") {
    REQUIRE_OK(fs_mark_options_init(&options, sizeof options));
    CHECK(options.size == sizeof options && options.labels == NULL && options.people == NULL);
    CHECK(options.letter_height == 0 && options.line_width == 0 && options.points == 1);
  }
  TEST("a copy has the box, the picture is as it was") {
    REQUIRE_OK(fs_mark_options_init(&options, sizeof options));
    options.line_width = 1;
    REQUIRE_OK(fs_image_mark_faces(&marked, photo, two, 1, &options));
    CHECK(fs_image_width(marked) == SIDE && fs_image_height(marked) == SIDE);
    CHECK(pixel(marked, 30, 19) == 0xffd133 && pixel(marked, 30, 30) == 0xffffff && pixel(photo, 30, 19) == 0xffffff);
    fs_image_destroy(marked);
  }
  TEST("no face leaves a copy") {
    REQUIRE_OK(fs_image_mark_faces(&marked, photo, NULL, 0, NULL));
    CHECK(same(marked, photo) && fs_image_data(marked) != fs_image_data(photo));
    fs_image_destroy(marked);
  }
  TEST("dots are drawn at points, on a copy") {
    const fs_point points[2] = {{30, 30}, {400, 3}}, bad[1] = {{NAN, 3}};
    REQUIRE_OK(fs_image_mark_points(&marked, photo, points, 2, 2));
    CHECK(pixel(marked, 30, 30) == 0xffd133 && pixel(marked, 40, 30) == 0xffffff && pixel(photo, 30, 30) == 0xffffff);
    fs_image_destroy(marked);
    REQUIRE_OK(fs_image_mark_points(&marked, photo, NULL, 0, 0));
    CHECK(same(marked, photo));
    fs_image_destroy(marked);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_points(&marked, photo, bad, 1, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_points(&marked, photo, points, 2, NAN));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_points(&marked, photo, points, 2, -1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_points(&marked, NULL, points, 2, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_points(&marked, photo, NULL, 2, 0));
  }
  TEST("the number of a person chooses the colour, a negative one grey") {
    const int32_t people[2] = {1, -1};
    REQUIRE_OK(fs_mark_options_init(&options, sizeof options));
    options.people = people, options.line_width = 1;
    REQUIRE_OK(fs_image_mark_faces(&marked, photo, two, 2, &options));
    CHECK(pixel(marked, 30, 19) == 0x40a9ff && pixel(marked, 9, 4) == 0xd8d8d8);
    fs_image_destroy(marked);
  }
  TEST("NULL and \"\" are no label, and any other is drawn") {
    const char *none[2] = {NULL, ""}, *some[2] = {"Zo\xc3\xab", NULL};
    REQUIRE_OK(fs_mark_options_init(&options, sizeof options));
    REQUIRE_OK(fs_image_mark_faces(&marked, photo, two, 2, &options));
    options.labels = none;
    REQUIRE_OK(fs_image_mark_faces(&other, photo, two, 2, &options));
    CHECK(same(marked, other));
    fs_image_destroy(other);
    options.labels = some;
    REQUIRE_OK(fs_image_mark_faces(&other, photo, two, 2, &options));
    CHECK(!same(marked, other));
    fs_image_destroy(other), fs_image_destroy(marked);
  }
  TEST("points are drawn unless they are not wanted") {
    fs_face one = face(20, 20, 20);
    for (int i = 0; i < 5; i++) one.landmarks[i] = (fs_point){22 + 4 * (float)i, 30};
    REQUIRE_OK(fs_mark_options_init(&options, sizeof options));
    REQUIRE_OK(fs_image_mark_faces(&marked, photo, &one, 1, &options));
    CHECK(pixel(marked, 22, 30) == 0xffd133);
    fs_image_destroy(marked);
    options.points = 0;
    REQUIRE_OK(fs_image_mark_faces(&marked, photo, &one, 1, &options));
    CHECK(pixel(marked, 22, 30) == 0xffffff);
    fs_image_destroy(marked);
  }
}

static void refused(const fs_image *photo) {
  fs_image *marked = NULL;
  fs_mark_options good, bad;
  const fs_face one = face(20, 20, 20);
  TEST("a NULL that is not allowed is refused") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_mark_faces(NULL, photo, &one, 1, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, NULL, &one, 1, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, photo, NULL, 1, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, photo, &one, SIZE_MAX, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_mark_options_init(NULL, sizeof good));
  }
  TEST("numbers outside their ranges are refused") {
    REQUIRE_OK(fs_mark_options_init(&good, sizeof good));
    const float letters[] = {NAN, INFINITY, -1, 4.9f, 1001}, lines[] = {NAN, INFINITY, -1, 0.9f, 201};
    for (int i = 0; i < 5; i++) {
      bad = good, bad.letter_height = letters[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, photo, &one, 1, &bad));
      bad = good, bad.line_width = lines[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, photo, &one, 1, &bad));
    }
    const float places[] = {NAN, INFINITY, -INFINITY, 1e7f};
    for (int i = 0; i < 4; i++) {
      fs_face wrong = one;
      wrong.x = places[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, photo, &wrong, 1, NULL));
      if (i == 0) continue; /* points that are NaN are not known */
      wrong = one;
      for (int k = 0; k < 5; k++) wrong.landmarks[k] = (fs_point){1, 1};
      wrong.landmarks[4].y = places[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, photo, &wrong, 1, NULL));
    }
  }
  TEST("labels that are not UTF-8, or too long, are refused") {
    static char longest[1026];
    memset(longest, 'a', 1024);
    const char *label = longest;
    REQUIRE_OK(fs_mark_options_init(&good, sizeof good));
    good.labels = &label;
    REQUIRE_OK(fs_image_mark_faces(&marked, photo, &one, 1, &good));
    fs_image_destroy(marked);
    longest[1024] = 'a';
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, photo, &one, 1, &good));
    label = "Zo\xeb";
    CHECK_REFUSED(FS_INVALID_ARGUMENT, marked, fs_image_mark_faces(&marked, photo, &one, 1, &good));
  }
}

int main(void) {
  fs_image *photo = white(SIDE, SIDE);
  drawn(photo);
  refused(photo);
  fs_image_destroy(photo);
  return test_end_program();
}
