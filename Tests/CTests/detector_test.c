/* Detector: options, refusals, the reference's faces. */
#include "support.h"

static void options(void) {
  TEST("options are filled with the documented defaults") {
    fs_detector_options options;
    memset(&options, 0x5e, sizeof options);
    CHECK_OK(fs_detector_options_init(&options, sizeof options));
    CHECK(options.size == sizeof options);
    CHECK(options.min_face == 40);
    for (int i = 0; i < 3; i++) CHECK(options.thresholds[i] == FS_DEFAULT_THRESHOLD);
    CHECK(options.scale_step == 0.709f);
    CHECK(options.max_faces == 0 && options.order == FS_LARGEST_FIRST);
    CHECK(!options.region.x && !options.region.y && !options.region.width && !options.region.height);
    CHECK(options.close_ups == 0);
  }
  TEST("options refuse NULL and sizes before the first version's") {
    fs_detector_options options;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detector_options_init(NULL, sizeof options));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, options, fs_detector_options_init(&options, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, options, fs_detector_options_init(&options, sizeof options - 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, options, fs_detector_options_init(&options, sizeof(size_t)));
  }
  TEST("a program compiled for a later version gets its options too") {
    struct { fs_detector_options options; uint8_t tail[24], beyond; } larger;
    memset(&larger, 0x5e, sizeof larger);
    CHECK_OK(fs_detector_options_init(&larger.options, sizeof(fs_detector_options) + sizeof larger.tail));
    CHECK(larger.options.min_face == 40 && larger.beyond == 0x5e);
  }
}

static void creation(const fs_model *mtcnn) {
  fs_detector *detector = NULL;
  TEST("a detector is made with NULL options") {
    REQUIRE_OK(fs_detector_create(&detector, mtcnn, NULL));
    CHECK(fs_detector_finds_points(detector) == 1 && fs_detector_finds_points(NULL) == 0);
    fs_detector_destroy(detector);
  }
  TEST("larger options are accepted, whatever their tail holds") {
    struct { fs_detector_options options; uint8_t tail[24]; } larger;
    memset(&larger, 0xff, sizeof larger);
    CHECK_OK(fs_detector_options_init(&larger.options, sizeof larger.options));
    larger.options.size = sizeof larger;
    REQUIRE_OK(fs_detector_create(&detector, mtcnn, &larger.options));
    fs_detector_destroy(detector);
  }
  TEST("creation refuses NULL") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detector_create(NULL, mtcnn, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, detector, fs_detector_create(&detector, NULL, NULL));
  }
  TEST("options outside their ranges are refused") {
    fs_detector_options good, bad;
    fs_detector_options_init(&good, sizeof good);
#define REFUSE(field, value)                    \
  bad = good, bad.field = (value);              \
  CHECK_REFUSED(FS_INVALID_ARGUMENT, detector, fs_detector_create(&detector, mtcnn, &bad))
    REFUSE(size, 0);
    REFUSE(size, 8);
    REFUSE(size, sizeof good - 1);
    REFUSE(min_face, NAN);
    REFUSE(min_face, INFINITY);
    REFUSE(min_face, -INFINITY);
    REFUSE(min_face, 0);
    REFUSE(min_face, -40);
    REFUSE(min_face, 11.9f);
    for (int i = 0; i < 3; i++) {
      REFUSE(thresholds[i], NAN);
      REFUSE(thresholds[i], INFINITY);
      REFUSE(thresholds[i], -0.1f);
      REFUSE(thresholds[i], 1.1f);
    }
    REFUSE(scale_step, NAN);
    REFUSE(scale_step, 0);
    REFUSE(scale_step, -0.7f);
    REFUSE(scale_step, 0.09f);
    REFUSE(scale_step, 0.96f);
    REFUSE(scale_step, 1);
    REFUSE(scale_step, INFINITY);
    REFUSE(order, (fs_face_order)2);
    REFUSE(order, (fs_face_order)-1);
    REFUSE(region.x, 1);
    REFUSE(region.width, 1);
    REFUSE(region.height, UINT32_MAX);
#undef REFUSE
  }
  TEST("the ends of the ranges are allowed") {
    fs_detector_options options;
    fs_detector_options_init(&options, sizeof options);
    options.min_face = 12, options.scale_step = 0.1f;
    if (CHECK_OK(fs_detector_create(&detector, mtcnn, &options))) fs_detector_destroy(detector);
    options.min_face = 1e9f, options.scale_step = 0.95f;
    if (CHECK_OK(fs_detector_create(&detector, mtcnn, &options))) fs_detector_destroy(detector);
  }
  TEST("another network makes no detector") {
    if (!exists(model_path("dlib-resnet.safetensors"))) SKIP("dlib-resnet.safetensors is not there");
    if (quick()) SKIP("a second model, in quick runs");
    fs_model *other = open_model("dlib-resnet.safetensors");
    CHECK_REFUSED(FS_WRONG_MODEL, detector, fs_detector_create(&detector, other, NULL));
    fs_model_destroy(other);
  }
}

/* The picture three times side by side, each smaller than the one before. */
static fs_image *crowd(const fs_image *image) {
  uint32_t width = fs_image_width(image), height = fs_image_height(image);
  uint8_t *rgb = calloc((size_t)3 * width * height, 3);
  for (uint32_t i = 0; rgb && i < 3; i++) {
    fs_image *part = NULL;
    uint32_t w = width * (4 - i) / 4, h = height * (4 - i) / 4;
    if (fs_image_resize(&part, image, w, h, FS_BILINEAR) != FS_OK) continue;
    for (uint32_t y = 0; y < h; y++)
      memcpy(rgb + 3 * ((size_t)y * 3 * width + i * width), fs_image_data(part) + (size_t)3 * y * w, (size_t)3 * w);
    fs_image_destroy(part);
  }
  fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = (size_t)9 * width * height,
                      .width = 3 * width, .height = height, .format = FS_RGB};
  fs_image *people = NULL;
  if (fs_image_from_pixels(&people, &pixels) != FS_OK) people = NULL;
  free(rgb);
  return people;
}

static void searching(fs_model *mtcnn) {
  fs_detector *detector = NULL;
  fs_image *grey = plain(90, 70, 128, 128, 128), *dot = plain(1, 1, 0, 0, 0);
  fs_face face, faces[4];
  size_t count = 9;
  if (fs_detector_create(&detector, mtcnn, NULL) != FS_OK) detector = NULL;
  fs_model_destroy(mtcnn); /* the detector keeps what it needs */

  TEST("a plain picture has no face") {
    CHECK_OK(fs_detector_find(detector, grey, faces, 4, &count));
    CHECK(count == 0);
  }
  TEST("a picture smaller than any face has none") {
    count = 9;
    CHECK_OK(fs_detector_find(detector, dot, faces, 4, &count));
    CHECK(count == 0);
  }
  TEST("searching refuses NULL") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find(NULL, grey, faces, 4, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find(detector, NULL, faces, 4, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find(detector, grey, NULL, 4, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find(detector, grey, NULL, SIZE_MAX, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, face, fs_detector_find(detector, grey, &face, 1, NULL));
  }
  TEST("capacity 0 with NULL only counts") {
    count = 9;
    CHECK_OK(fs_detector_find(detector, grey, NULL, 0, &count));
    CHECK(count == 0);
  }
  if (quick()) test_skip_group("real photos, in quick runs");
  else if (have(photo_path("obama.jpg"), "faces in a real photo")) {
    fs_image *image = photo("obama.jpg", 800);
    TEST("a photo has its faces, the largest first, each with its points inside") {
      REQUIRE_OK(fs_detector_find(detector, image, faces, 4, &count));
      REQUIRE(count >= 1 && count <= 4);
      for (size_t i = 0; i < count; i++) {
        const fs_face *f = &faces[i];
        CHECK(f->score > 0.7f && f->score <= 1 && f->width > 0 && f->height > 0);
        if (i) CHECK(f->width * f->height <= faces[i - 1].width * faces[i - 1].height);
        for (int k = 0; k < 5; k++)
          CHECK(f->landmarks[k].x > f->x && f->landmarks[k].x < f->x + f->width && f->landmarks[k].y > f->y &&
                f->landmarks[k].y < f->y + f->height);
        CHECK(f->landmarks[0].x < f->landmarks[1].x && f->landmarks[3].x < f->landmarks[4].x);
        CHECK(f->landmarks[0].y < f->landmarks[2].y && f->landmarks[2].y < f->landmarks[3].y);
      }
    }
    TEST("the largest face and its points lie where the reference finds them") {
      /* fixtures/mtcnn_reference.json, obama.jpg, first face; 2 pixels for another resize and rounding. */
      static const double box[4] = {259.03, 58.65, 429.28, 295.18}, eyes[4] = {311.6, 151.81, 387.8, 151.35};
      REQUIRE(count >= 1);
      CHECK_NEAR(faces[0].x, box[0], 2);
      CHECK_NEAR(faces[0].y, box[1], 2);
      CHECK_NEAR(faces[0].x + faces[0].width, box[2], 2);
      CHECK_NEAR(faces[0].y + faces[0].height, box[3], 2);
      CHECK_NEAR(faces[0].landmarks[0].x, eyes[0], 2);
      CHECK_NEAR(faces[0].landmarks[0].y, eyes[1], 2);
      CHECK_NEAR(faces[0].landmarks[1].x, eyes[2], 2);
      CHECK_NEAR(faces[0].landmarks[1].y, eyes[3], 2);
    }
    TEST("a small array receives the largest faces, and the count stays true") {
      fs_face two[2];
      size_t again = 0;
      memset(two, 0x5e, sizeof two);
      CHECK_OK(fs_detector_find(detector, image, two, 1, &again));
      CHECK(again == count && memcmp(&two[0], &faces[0], sizeof two[0]) == 0);
      CHECK(test_untouched(&two[1], sizeof two[1]));
      again = 0;
      CHECK_OK(fs_detector_find(detector, image, NULL, 0, &again));
      CHECK(again == count);
    }
    TEST("the most that are wanted are the first in order, and the others are not counted") {
      fs_model *model = open_model("mtcnn.safetensors");
      fs_image *people = crowd(image);
      fs_face all[8], some[8];
      for (int order = FS_LARGEST_FIRST; order <= FS_SUREST_FIRST; order++) {
        fs_detector *each = NULL;
        fs_detector_options options;
        fs_detector_options_init(&options, sizeof options);
        options.order = (fs_face_order)order;
        CHECK_OK(fs_detector_create(&each, model, &options));
        CHECK_OK(fs_detector_find(each, people, all, 8, &count));
        CHECK(count >= 3 && count <= 8);
        for (size_t i = 1; i < count && i < 8; i++)
          CHECK(order == FS_SUREST_FIRST ? all[i].score <= all[i - 1].score
                                         : all[i].width * all[i].height <= all[i - 1].width * all[i - 1].height);
        fs_detector_destroy(each);
        options.max_faces = 2;
        CHECK_OK(fs_detector_create(&each, model, &options));
        CHECK_OK(fs_detector_find(each, people, some, 8, &count));
        CHECK(count == 2 && memcmp(some, all, 2 * sizeof *all) == 0);
        fs_detector_destroy(each);
      }
      fs_model_destroy(model);
      fs_image_destroy(people);
    }
    TEST("a large smallest face hides the small ones") {
      fs_model *model = open_model("mtcnn.safetensors");
      fs_detector *large = NULL;
      fs_detector_options options;
      fs_detector_options_init(&options, sizeof options);
      options.min_face = 400;
      CHECK_OK(fs_detector_create(&large, model, &options));
      CHECK_OK(fs_detector_find(large, image, faces, 4, &count));
      CHECK(count == 0);
      fs_detector_destroy(large);
      fs_model_destroy(model);
    }
    TEST("thresholds of zero flood the stages and are survived") {
      fs_model *model = open_model("mtcnn.safetensors");
      fs_detector *greedy = NULL;
      fs_detector_options options;
      fs_image *small = photo("obama.jpg", 160);
      fs_detector_options_init(&options, sizeof options);
      options.thresholds[0] = options.thresholds[1] = options.thresholds[2] = 0;
      CHECK_OK(fs_detector_create(&greedy, model, &options));
      CHECK_STATUS(TEST_ANY_STATUS, fs_detector_find(greedy, small, faces, 4, &count));
      fs_detector_destroy(greedy);
      fs_model_destroy(model);
      fs_image_destroy(small);
    }
    fs_image_destroy(image);
  }
  fs_detector_destroy(detector);
  fs_image_destroy(grey), fs_image_destroy(dot);
}

/* The model that comes with the library: the same calls, faces without points. */
static void cascade(void) {
  static const char *shipped = "models/faces-cascade.safetensors";
  if (!have(shipped, "finding faces with CascadeCNN")) return;
  fs_model *model = NULL;
  fs_detector *detector = NULL;
  fs_detector_options options;
  size_t count = 9;
  fs_face faces[4];
  if (!CHECK_OK(fs_model_open(&model, shipped))) return;
  CHECK_OK(fs_detector_options_init(&options, sizeof options));
  options.min_face = 60, options.order = FS_SUREST_FIRST;
  TEST("a cascade is a detector of faces without points") {
    CHECK(strcmp(fs_model_architecture(model), "cascade") == 0);
    REQUIRE_OK(fs_detector_create(&detector, model, &options));
    CHECK(fs_detector_finds_points(detector) == 0);
  }
  TEST("it finds nothing on a plain picture and on one too small") {
    fs_image *grey = plain(200, 150, 128, 128, 128), *dot = plain(1, 1, 9, 9, 9);
    CHECK_OK(fs_detector_find(detector, grey, faces, 4, &count));
    CHECK(count == 0);
    CHECK_OK(fs_detector_find(detector, dot, faces, 4, &count));
    CHECK(count == 0);
    fs_image_destroy(grey), fs_image_destroy(dot);
  }
  if (have(photo_path("obama.jpg"), "a cascade on a photo")) {
    fs_image *image = photo("obama.jpg", 400);
    TEST("it finds the face of a photo, whose points are NaN") {
      CHECK_OK(fs_detector_find(detector, image, faces, 4, &count));
      CHECK(count >= 1 && faces[0].width > 60 && faces[0].score > 0 && faces[0].score <= 1);
      for (int i = 0; i < 5; i++) CHECK(isnan(faces[0].landmarks[i].x) && isnan(faces[0].landmarks[i].y));
    }
    if (exists(model_path("dlib-resnet.safetensors")) && !quick()) {
      fs_model *network = open_model("dlib-resnet.safetensors");
      fs_embedder *embedder = NULL;
      fs_image *chip = NULL;
      float embedding[128];
      TEST("a face without points is not embedded, and the message says why") {
        REQUIRE_OK(fs_embedder_create(&embedder, network));
        CHECK_REFUSED(FS_INVALID_ARGUMENT, chip, fs_embedder_align(embedder, &chip, image, &faces[0]));
        CHECK(strstr(fs_last_error(), "the face has no points") != NULL);
        CHECK_REFUSED(FS_INVALID_ARGUMENT, embedding,
                      fs_embedder_embed_photo(embedder, detector, image, NULL, embedding, 128));
      }
      fs_embedder_destroy(embedder), fs_model_destroy(network);
    }
    fs_image_destroy(image);
  }
  TEST("thresholds of the caller's take the place of the model's") {
    fs_detector *strict = NULL;
    options.thresholds[0] = 1.1f;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, strict, fs_detector_create(&strict, model, &options));
    options.thresholds[0] = 0, options.thresholds[2] = 1;
    if (CHECK_OK(fs_detector_create(&strict, model, &options))) fs_detector_destroy(strict);
  }
  fs_detector_destroy(detector), fs_model_destroy(model);
}

/* A network of one channel that sees the first pixel of each cell of 8: the logit is 20 times its level from -1 to 1, less 10.
 * What Tests/Fixtures/reference/pixel_detector.py writes. */
static struct { char header[1 << 13]; size_t header_count; float numbers[1024]; size_t count; } pixels;

static float *add(const char *name, const char *part, const char *shape, size_t count, float value) {
  pixels.header_count += (size_t)snprintf(
      pixels.header + pixels.header_count, sizeof pixels.header - pixels.header_count,
      ",\"%s%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}", name, part, shape, 4 * pixels.count,
      4 * (pixels.count + count));
  float *first = pixels.numbers + pixels.count;
  for (size_t i = 0; i < count; i++) first[i] = value;
  pixels.count += count;
  return first;
}

static void normalise(const char *name, const char *part) {
  char whole[64];
  snprintf(whole, sizeof whole, "%s%s", name, part);
  add(whole, ".weight", "1", 1, 1), add(whole, ".bias", "1", 1, 0);
  add(whole, ".running_mean", "1", 1, 0), add(whole, ".running_var", "1", 1, 1);
}

static fs_model *pixel_model(void) {
  static const char *units[] = {"unit4_0", "unit8_0", "unit16_0", "unit32_0", "top16", "top8", "cells8", "cells16", "cells32"};
  pixels.count = 0;
  pixels.header_count = (size_t)snprintf(
      pixels.header, sizeof pixels.header,
      "{\"__metadata__\":{\"architecture\":\"yunet\",\"channels\":\"1 1 1 1 1\",\"units\":\"0 0 0 0\",\"min_face\":\"12\"}");
  float *stem = add("stem", ".weight", "1,3,3,3", 27, 0);
  stem[4] = stem[13] = stem[22] = 1.0f / 3;
  normalise("stem_bn", "");
  for (int i = 0; i < 9; i++) {
    add(units[i], ".depthwise.weight", "1,1,3,3", 9, 0)[4] = 1;
    normalise(units[i], ".depthwise_bn");
    if (i < 6) {
      add(units[i], ".pointwise.weight", "1,1,1,1", 1, i == 2 ? 0 : 1); /* nothing coarse is added to what is fine */
      normalise(units[i], ".pointwise_bn");
      continue;
    }
    add(units[i], ".weight", "15,1,1,1", 15, 0)[0] = i == 6 ? 20 : 0;
    float *bias = add(units[i], ".bias", "15", 15, 0.5f);
    bias[0] = -10, bias[3] = bias[4] = 0;
  }
  pixels.header[pixels.header_count++] = '}';
  size_t count = 8 + pixels.header_count + 4 * pixels.count;
  uint8_t *bytes = malloc(count);
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(pixels.header_count >> 8 * i);
  memcpy(bytes + 8, pixels.header, pixels.header_count);
  memcpy(bytes + 8 + pixels.header_count, pixels.numbers, 4 * pixels.count);
  fs_model *model = NULL;
  CHECK_OK(fs_model_load(&model, bytes, count));
  free(bytes);
  return model;
}

static void one_pass(void) {
  fs_model *model = pixel_model();
  fs_detector *detector = NULL;
  fs_detector_options options;
  fs_face faces[4];
  size_t count = 9;
  static uint8_t levels[64 * 96 * 3], grey[64 * 96];
  for (int y = 16; y < 24; y++)
    for (int x = 40; x < 48; x++) grey[96 * y + x] = 255, memset(levels + 3 * (96 * y + x), 255, 3);
  fs_image *image = NULL, *dot = plain(1, 1, 255, 255, 255), *large = plain(2000, 40, 0, 0, 0);
  fs_pixels pixels = {.size = sizeof pixels, .data = levels, .byte_count = sizeof levels, .width = 96, .height = 64, .format = FS_RGB};
  CHECK_OK(fs_image_from_pixels(&image, &pixels));
  CHECK_OK(fs_detector_options_init(&options, sizeof options));
  options.min_face = 12, options.thresholds[0] = options.thresholds[1] = 1, options.scale_step = 0.5f;
  TEST("a detector of one pass finds a face and its points, whatever the first two thresholds are") {
    REQUIRE_OK(fs_detector_create(&detector, model, &options));
    CHECK(fs_detector_finds_points(detector) == 1);
    CHECK_OK(fs_detector_find(detector, image, faces, 4, &count));
    REQUIRE(count == 1);
    CHECK(fabsf(faces[0].x - 40) < 0.01f && fabsf(faces[0].y - 16) < 0.01f && fabsf(faces[0].width - 8) < 0.01f);
    for (int i = 0; i < 5; i++)
      CHECK(fabsf(faces[0].landmarks[i].x - 43.5f) < 0.01f && fabsf(faces[0].landmarks[i].y - 19.5f) < 0.01f);
  }
  TEST("it searches frames of luma alone, one pixel and pictures of several parts") {
    fs_frame frame = {.size = sizeof frame, .format = FS_GREY, .width = 96, .height = 64};
    frame.planes[0] = grey, frame.byte_counts[0] = sizeof grey;
    CHECK_OK(fs_detector_find_frame(detector, &frame, NULL, faces, 4, &count));
    CHECK(count == 1 && fabsf(faces[0].x - 40) < 0.01f);
    CHECK_OK(fs_detector_find(detector, dot, faces, 4, &count));
    CHECK(count == 1);
    CHECK_OK(fs_detector_find(detector, large, faces, 4, &count));
    CHECK(count == 0);
  }
  TEST("its last threshold is the score that a face needs") {
    fs_detector *strict = NULL;
    options.thresholds[2] = 1;
    REQUIRE_OK(fs_detector_create(&strict, model, &options));
    CHECK_OK(fs_detector_find(strict, image, faces, 4, &count));
    CHECK(count == 0);
    fs_detector_destroy(strict), strict = NULL;
    options.thresholds[2] = 1.1f;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, strict, fs_detector_create(&strict, model, &options));
  }
  fs_image_destroy(image), fs_image_destroy(dot), fs_image_destroy(large);
  fs_detector_destroy(detector), fs_model_destroy(model);
}

int main(void) {
  options();
  TEST("without a model there is no detector") {
    fs_detector *detector;
    fs_image *image = plain(20, 20, 1, 2, 3);
    size_t count;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, detector, fs_detector_create(&detector, NULL, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find(NULL, image, NULL, 0, &count));
    fs_image_destroy(image);
  }
  if (have(model_path("mtcnn.safetensors"), "finding faces")) {
    fs_model *mtcnn = open_model("mtcnn.safetensors");
    TEST("the detector's model opens") { CHECK(mtcnn != NULL); }
    creation(mtcnn);
    searching(mtcnn);
  }
  cascade();
  one_pass();
  return test_end_program();
}
