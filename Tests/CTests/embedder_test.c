/* Embedder and verification: alignment, embeddings, distances, two photos compared. */
#include "support.h"

enum { DIMENSION = 128 };

/* A face whose points stand as those of an upright face of this width at (x, y). */
static fs_face face_at(float x, float y, float width) {
  fs_face face = {.x = x, .y = y, .width = width, .height = 1.2f * width, .score = 0.9f,
                  .landmarks = {{x + 0.3f * width, y + 0.45f * width}, {x + 0.7f * width, y + 0.45f * width},
                                {x + 0.5f * width, y + 0.7f * width}, {x + 0.35f * width, y + 0.9f * width},
                                {x + 0.65f * width, y + 0.9f * width}}};
  return face;
}

static void distances(void) {
  const float a[4] = {0, 0, 1, 2}, b[4] = {3, 4, 1, 2};
  float distance;
  TEST("the distance of two embeddings is Euclidean") {
    CHECK_OK(fs_distance(a, b, 4, &distance));
    CHECK_NEAR(distance, 5, 1e-6);
    CHECK_OK(fs_distance(a, a, 4, &distance));
    CHECK(distance == 0);
    CHECK_OK(fs_distance(a, b, 1, &distance));
    CHECK_NEAR(distance, 3, 1e-6);
  }
  TEST("the distance refuses NULL, no dimension and one that overflows") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, distance, fs_distance(NULL, b, 4, &distance));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, distance, fs_distance(a, NULL, 4, &distance));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_distance(a, b, 4, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, distance, fs_distance(a, b, 0, &distance));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, distance, fs_distance(a, b, SIZE_MAX, &distance));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, distance, fs_distance(a, b, SIZE_MAX / 4 + 1, &distance));
  }
  TEST("the distance is right where its squares are too large or too small for a float") {
    const float zero[2] = {0, 0}, far[2] = {3e19f, 4e19f}, near[2] = {3e-25f, 4e-25f};
    float all[2], rows[4] = {3e19f, 4e19f, 3e-25f, 4e-25f};
    CHECK_OK(fs_distance(zero, far, 2, &distance));
    CHECK_NEAR(distance / 1e19f, 5, 1e-6);
    CHECK_OK(fs_distance(zero, near, 2, &distance));
    CHECK_NEAR(distance / 1e-25f, 5, 1e-6);
    CHECK_OK(fs_distances(FS_DISTANCE_EUCLIDEAN, zero, 1, rows, 2, 2, NULL, all, 2));
    CHECK(all[1] == distance);
    CHECK_NEAR(all[0] / 1e19f, 5, 1e-6);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, distance, fs_distance((float[]){FLT_MAX}, (float[]){-FLT_MAX}, 1, &distance));
  }
  TEST("numbers that are none do no harm to the distance") {
    const float none[4] = {NAN, INFINITY, -INFINITY, FLT_MAX};
    CHECK_STATUS(TEST_ANY_STATUS, fs_distance(none, b, 4, &distance));
    CHECK_STATUS(TEST_ANY_STATUS, fs_distance(none + 3, b, 1, &distance));
  }
}

static void without_model(void) {
  TEST("without a model there is no embedder, and its getters answer nothing") {
    fs_embedder *embedder;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, embedder, fs_embedder_create(&embedder, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_create(NULL, NULL));
    CHECK(fs_embedder_dimension(NULL) == 0);
    CHECK(fs_embedder_chip_width(NULL) == 0 && fs_embedder_chip_height(NULL) == 0);
    CHECK(!(fs_embedder_threshold(NULL) > 0));
  }
  TEST("without an embedder every call is refused") {
    fs_image *image = plain(20, 20, 1, 2, 3), *chip;
    fs_face face = face_at(2, 2, 10), found;
    const fs_image *chips[1] = {image};
    float embedding[4];
    fs_verdict verdict;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, chip, fs_embedder_align(NULL, &chip, image, &face));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, embedding, fs_embedder_embed(NULL, image, &face, 1, embedding, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, embedding, fs_embedder_embed_chips(NULL, chips, 1, embedding, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_embedder_embed_photo(NULL, NULL, image, &found, embedding, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_compare_photos(NULL, NULL, image, image, 0.6f, &verdict));
    fs_image_destroy(image);
  }
}

static void aligning(const fs_embedder *embedder, const fs_image *image) {
  fs_image *chip = NULL;
  fs_face face = face_at(20, 10, 60), bad;
  TEST("an aligned picture is chip_width x chip_height") {
    REQUIRE_OK(fs_embedder_align(embedder, &chip, image, &face));
    CHECK(fs_image_width(chip) == fs_embedder_chip_width(embedder) && fs_image_height(chip) == fs_embedder_chip_height(embedder));
    fs_image_destroy(chip);
  }
  TEST("aligning refuses NULL") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_align(embedder, NULL, image, &face));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, chip, fs_embedder_align(embedder, &chip, NULL, &face));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, chip, fs_embedder_align(embedder, &chip, image, NULL));
  }
  TEST("points that are no numbers are refused") {
    const float values[3] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 5; i++)
      for (int k = 0; k < 3; k++) {
        bad = face, bad.landmarks[i].x = values[k];
        CHECK_REFUSED(FS_INVALID_ARGUMENT, chip, fs_embedder_align(embedder, &chip, image, &bad));
        bad = face, bad.landmarks[i].y = values[k];
        CHECK_REFUSED(FS_INVALID_ARGUMENT, chip, fs_embedder_align(embedder, &chip, image, &bad));
      }
  }
  TEST("five points in one place are refused") {
    bad = face;
    for (int i = 0; i < 5; i++) bad.landmarks[i].x = bad.landmarks[i].y = 7;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, chip, fs_embedder_align(embedder, &chip, image, &bad));
    memset(&bad, 0, sizeof bad);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, chip, fs_embedder_align(embedder, &chip, image, &bad));
  }
  TEST("points far outside or far apart give a picture or a refusal") {
    const float values[4] = {1e30f, -1e30f, FLT_MAX, 1e9f};
    for (int k = 0; k < 4; k++) {
      bad = face, bad.landmarks[2].x = values[k], chip = NULL;
      CHECK_STATUS(TEST_ANY_STATUS, fs_embedder_align(embedder, &chip, image, &bad));
      fs_image_destroy(chip);
      bad = face, chip = NULL;
      for (int i = 0; i < 5; i++) bad.landmarks[i].x += values[k];
      CHECK_STATUS(TEST_ANY_STATUS, fs_embedder_align(embedder, &chip, image, &bad));
      fs_image_destroy(chip);
    }
  }
}

static void embedding(const fs_embedder *embedder, const fs_image *image) {
  fs_face faces[2] = {face_at(20, 10, 60), face_at(5, 5, 40)};
  float values[2 * DIMENSION], again[2 * DIMENSION];
  fs_image *chip[2] = {NULL, NULL};

  TEST("an embedding is as long as the embedder says, and made of numbers") {
    CHECK(fs_embedder_dimension(embedder) == DIMENSION);
    CHECK_NEAR(fs_embedder_threshold(embedder), 0.6, 1e-6);
    CHECK(fs_embedder_chip_width(embedder) == 150 && fs_embedder_chip_height(embedder) == 150);
    REQUIRE_OK(fs_embedder_embed(embedder, image, faces, 1, values, DIMENSION));
    bool finite = true;
    for (int i = 0; i < DIMENSION; i++) finite = finite && isfinite(values[i]);
    CHECK(finite);
  }
  TEST("embedding refuses NULL, small arrays and sizes that overflow") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed(embedder, NULL, faces, 1, again, DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed(embedder, image, NULL, 1, again, DIMENSION));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_embed(embedder, image, faces, 1, NULL, DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed(embedder, image, faces, 1, again, DIMENSION - 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed(embedder, image, faces, 1, again, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed(embedder, image, faces, 2, again, 2 * DIMENSION - 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed(embedder, image, faces, SIZE_MAX, again, 2 * DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again,
                  fs_embedder_embed(embedder, image, faces, SIZE_MAX / DIMENSION + 1, again, 2 * DIMENSION));
    CHECK_STATUS(TEST_ANY_STATUS, fs_embedder_embed(embedder, image, faces, 0, again, 2 * DIMENSION));
    CHECK_STATUS(TEST_ANY_STATUS, fs_embedder_embed(embedder, image, NULL, 0, NULL, 0));
    fs_face bad = faces[0];
    bad.landmarks[3].y = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed(embedder, image, &bad, 1, again, DIMENSION));
  }
  if (quick()) {
    test_skip_group("batches of faces, in quick runs");
    return;
  }
  TEST("the same face has the same embedding, bit for bit") {
    REQUIRE_OK(fs_embedder_embed(embedder, image, faces, 1, again, DIMENSION));
    CHECK(memcmp(values, again, DIMENSION * sizeof(float)) == 0);
  }
  TEST("a face among others has nearly the embedding it has alone") {
    REQUIRE_OK(fs_embedder_embed(embedder, image, faces, 2, again, 2 * DIMENSION));
    float distance = 1;
    CHECK_OK(fs_distance(values, again, DIMENSION, &distance));
    CHECK(distance < 1e-4f);
  }
  TEST("embedding an aligned picture is embedding the face") {
    REQUIRE_OK(fs_embedder_align(embedder, &chip[0], image, &faces[0]));
    REQUIRE_OK(fs_embedder_align(embedder, &chip[1], image, &faces[1]));
    REQUIRE_OK(fs_embedder_embed_chips(embedder, (const fs_image *const *)chip, 2, again, 2 * DIMENSION));
    float distance = 1;
    CHECK_OK(fs_distance(values, again, DIMENSION, &distance));
    CHECK(distance < 1e-4f);
  }
  TEST("aligned pictures of another size, NULL and small arrays are refused") {
    const fs_image *wrong[2] = {chip[0], image}, *none[2] = {NULL, chip[0]};
    const fs_image *const *chips = (const fs_image *const *)chip;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed_chips(embedder, wrong, 2, again, 2 * DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed_chips(embedder, none, 2, again, 2 * DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed_chips(embedder, NULL, 1, again, 2 * DIMENSION));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_embed_chips(embedder, chips, 1, NULL, DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed_chips(embedder, chips, 2, again, 2 * DIMENSION - 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_embedder_embed_chips(embedder, chips, SIZE_MAX, again, 2 * DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again,
                  fs_embedder_embed_chips(embedder, chips, SIZE_MAX / DIMENSION + 1, again, 2 * DIMENSION));
    CHECK_STATUS(TEST_ANY_STATUS, fs_embedder_embed_chips(embedder, chips, 0, again, 2 * DIMENSION));
    uint64_t bytes;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_embedder_memory_needed(NULL, 1, &bytes));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_memory_needed(embedder, 1, NULL));
    CHECK_OK(fs_embedder_memory_needed(embedder, SIZE_MAX, &bytes));
    CHECK(bytes < 1u << 30);
    CHECK_OK(fs_embedder_memory_needed(embedder, 0, &bytes));
    CHECK(bytes == 0);
  }
  fs_image_destroy(chip[0]), fs_image_destroy(chip[1]);
}

static void photos(const fs_embedder *embedder, const fs_detector *detector, const fs_image *image) {
  float values[DIMENSION];
  fs_face face;
  fs_verdict verdict;
  TEST("a photo without a face is FS_NO_FACE") {
    fs_image *grey = plain(60, 60, 128, 128, 128);
    CHECK_REFUSED(FS_NO_FACE, values, fs_embedder_embed_photo(embedder, detector, grey, NULL, values, DIMENSION));
    CHECK_REFUSED(FS_NO_FACE, face, fs_embedder_embed_photo(embedder, detector, grey, &face, values, DIMENSION));
    CHECK_REFUSED(FS_NO_FACE, verdict, fs_compare_photos(embedder, detector, grey, grey, FS_DEFAULT_THRESHOLD, &verdict));
    fs_image_destroy(grey);
  }
  TEST("embedding a photo refuses NULL and small arrays") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, values, fs_embedder_embed_photo(embedder, NULL, image, NULL, values, DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, values, fs_embedder_embed_photo(embedder, detector, NULL, NULL, values, DIMENSION));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_embed_photo(embedder, detector, image, NULL, NULL, DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, values, fs_embedder_embed_photo(embedder, detector, image, NULL, values, DIMENSION - 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, face, fs_embedder_embed_photo(embedder, detector, image, &face, values, 0));
  }
  TEST("comparing refuses NULL and thresholds that are none") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_compare_photos(embedder, NULL, image, image, 0.6f, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_compare_photos(embedder, detector, NULL, image, 0.6f, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_compare_photos(embedder, detector, image, NULL, 0.6f, &verdict));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_compare_photos(embedder, detector, image, image, 0.6f, NULL));
    const float thresholds[] = {NAN, -0.5f, -2, -INFINITY};
    for (int i = 0; i < 4; i++)
      CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_compare_photos(embedder, detector, image, image, thresholds[i], &verdict));
  }
  if (quick()) {
    test_skip_group("real photos, in quick runs");
    return;
  }
  if (!have(photo_path("obama2.jpg"), "real photos") || !have(photo_path("biden.jpg"), "real photos")) return;
  fs_image *obama = photo("obama.jpg", 640), *again = photo("obama2.jpg", 640), *biden = photo("biden.jpg", 640);
  TEST("two photos of one person are near, those of two people far") {
    REQUIRE_OK(fs_compare_photos(embedder, detector, obama, again, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.same == 1 && verdict.distance > 0 && verdict.distance < 0.6f);
    CHECK(verdict.threshold == fs_embedder_threshold(embedder));
    REQUIRE_OK(fs_compare_photos(embedder, detector, obama, biden, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.same == 0 && verdict.distance > 0.6f);
  }
  TEST("the threshold that is given is the one used, and it is included") {
    REQUIRE_OK(fs_compare_photos(embedder, detector, obama, again, 0, &verdict));
    CHECK(verdict.same == 0 && verdict.threshold == 0);
    float distance = verdict.distance;
    REQUIRE_OK(fs_compare_photos(embedder, detector, obama, again, distance, &verdict));
    CHECK(verdict.same == 1 && verdict.distance == distance);
    REQUIRE_OK(fs_compare_photos(embedder, detector, obama, biden, 100, &verdict));
    CHECK(verdict.same == 1 && verdict.threshold == 100);
    REQUIRE_OK(fs_compare_photos(embedder, detector, obama, obama, 0, &verdict));
    CHECK(verdict.same == 1 && verdict.distance == 0);
  }
  TEST("the main face of a photo is embedded as if found first") {
    fs_face faces[8];
    float other[DIMENSION];
    size_t count = 0;
    memset(&face, 0x5e, sizeof face);
    REQUIRE_OK(fs_embedder_embed_photo(embedder, detector, obama, &face, values, DIMENSION));
    REQUIRE_OK(fs_detector_find(detector, obama, faces, 8, &count));
    CHECK(count > 0 && memcmp(&face, &faces[0], sizeof face) == 0);
    REQUIRE_OK(fs_embedder_embed(embedder, obama, &face, 1, other, DIMENSION));
    CHECK(memcmp(values, other, sizeof values) == 0);
  }
  fs_image_destroy(obama), fs_image_destroy(again), fs_image_destroy(biden);
}

int main(void) {
  distances();
  without_model();
  if (have(model_path("dlib-resnet.safetensors"), "embeddings") && have(model_path("mtcnn.safetensors"), "embeddings")) {
    fs_model *network = open_model("dlib-resnet.safetensors"), *mtcnn = open_model("mtcnn.safetensors");
    fs_embedder *embedder = NULL;
    fs_detector *detector = NULL;
    fs_image *image = picture(100, 90, 2);
    TEST("an embedder is made from a face network alone") {
      CHECK_REFUSED(FS_WRONG_MODEL, embedder, fs_embedder_create(&embedder, mtcnn));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_create(NULL, network));
      embedder = NULL;
      CHECK_OK(fs_embedder_create(&embedder, network));
      CHECK_OK(fs_detector_create(&detector, mtcnn, NULL));
    }
    fs_model_destroy(network), fs_model_destroy(mtcnn); /* the two keep what they need */
    aligning(embedder, image);
    embedding(embedder, image);
    photos(embedder, detector, image);
    fs_embedder_destroy(embedder), fs_detector_destroy(detector);
    fs_image_destroy(image);
  }
  return test_end_program();
}
