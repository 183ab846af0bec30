/* Liveness and dense landmarks: verdicts, points, refusals. */
#include "weights.h"

static const fs_face face = {.x = 10, .y = 8, .width = 12, .height = 14};

static fs_frame frame_of(const fs_image *image) {
  fs_frame frame;
  fs_frame_init(&frame, sizeof frame);
  frame.format = FS_RGB, frame.width = fs_image_width(image), frame.height = fs_image_height(image);
  frame.planes[0] = fs_image_data(image), frame.strides[0] = 3 * frame.width;
  frame.byte_counts[0] = (size_t)3 * frame.width * frame.height;
  return frame;
}

static void liveness(const fs_image *image) {
  fs_model *models[9], *other = row_model("landmarks", "points", 10, 0.5f), *damaged = row_model("liveness", "logits", 3, NAN);
  fs_liveness *one = NULL, *both = NULL, *broken = NULL, *none = NULL;
  fs_liveness_verdict verdict = {.size = sizeof verdict}, same = {.size = sizeof same};
  fs_frame frame = frame_of(image);
  for (int i = 0; i < 9; i++) models[i] = row_model("liveness", i ? "scores" : "logits", 3, i ? 0.3f : 0);
  TEST("one model is enough, and several are averaged") {
    REQUIRE_OK(fs_liveness_create(&one, (const fs_model *const *)models, 1));
    REQUIRE_OK(fs_liveness_create(&both, (const fs_model *const *)models, 2));
    CHECK_OK(fs_liveness_check(one, image, &face, &verdict));
    CHECK(verdict.score > 0 && verdict.score < 1 && (verdict.is_live == 0 || verdict.is_live == 1));
  }
  TEST("a face of a frame is that of its picture") {
    CHECK_OK(fs_liveness_check(one, image, &face, &verdict));
    CHECK_OK(fs_liveness_check_frame(one, &frame, &face, &same));
    CHECK(same.score == verdict.score && same.is_live == verdict.is_live);
  }
  TEST("creation refuses other models, and numbers of them that are out of range") {
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_liveness_create(&none, (const fs_model *const *)&other, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_liveness_create(&none, (const fs_model *const *)models, 9));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_liveness_create(&none, (const fs_model *const *)models, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_liveness_create(&none, NULL, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_liveness_create(&none, (const fs_model *const *)models, SIZE_MAX));
    const fs_model *holes[2] = {models[0], NULL};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_liveness_create(&none, holes, 2));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_liveness_create(NULL, (const fs_model *const *)models, 1));
  }
  TEST("without models the installed ones are taken, and missed") {
    setenv("FACESTYLE_MODELS", "/nonexistent", 1), setenv("XDG_DATA_HOME", "/nonexistent", 1);
    const fs_status status = fs_liveness_create(&none, NULL, 0);
    CHECK(status == FS_OK || (status == FS_NOT_FOUND && strstr(fs_last_error(), "liveness-2.7")));
    fs_liveness_destroy(none);
  }
  TEST("a check refuses what is missing, and writes nothing then") {
    fs_face empty = face, far = face, none_at_all = face;
    empty.width = 0, far.x = 1e9f, none_at_all.y = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_liveness_check(one, image, &empty, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_liveness_check(one, image, &far, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_liveness_check(one, image, &none_at_all, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_liveness_check(one, image, NULL, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_liveness_check(one, NULL, &face, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_liveness_check(NULL, image, &face, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_liveness_check_frame(one, NULL, &face, &verdict));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_liveness_check(one, image, &face, NULL));
    fs_liveness_verdict small = {.size = sizeof(size_t)};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_liveness_check(one, image, &face, &small));
  }
  TEST("a damaged model is an error, not an answer") {
    REQUIRE_OK(fs_liveness_create(&broken, (const fs_model *const *)&damaged, 1));
    CHECK_REFUSED(FS_BAD_DATA, verdict, fs_liveness_check(broken, image, &face, &verdict));
  }
  for (int i = 0; i < 9; i++) fs_model_destroy(models[i]);
  fs_model_destroy(other), fs_model_destroy(damaged);
  TEST("it outlives its models") {
    CHECK_OK(fs_liveness_check(both, image, &face, &verdict));
  }
  fs_liveness_destroy(one), fs_liveness_destroy(both), fs_liveness_destroy(broken), fs_liveness_destroy(NULL);
}

static void openness(void) {
  TEST("openness is of 68 or 98 points, and refuses what is no face") {
    fs_point points[98];
    fs_face_openness found;
    /* A zigzag: from corner to corner 3 (or 4) wide, each pair of edges 2 high. */
    for (int i = 0; i < 98; i++) points[i] = (fs_point){0, 0};
    const int eyes[] = {36, 42};
    for (int e = 0; e < 2; e++) {
      const fs_point ring[] = {{0, 0}, {1, 1}, {2, 1}, {3, 0}, {2, -1}, {1, -1}};
      for (int i = 0; i < 6; i++) points[eyes[e] + i] = ring[i];
    }
    const fs_point lips[] = {{0, 0}, {1, 0.5f}, {2, 0.5f}, {3, 0.5f}, {4, 0}, {3, -0.5f}, {2, -0.5f}, {1, -0.5f}};
    for (int i = 0; i < 8; i++) points[60 + i] = lips[i];
    REQUIRE_OK(fs_face_openness_get(points, 68, &found));
    CHECK(found.left_eye == 2 / 3.0f && found.right_eye == 2 / 3.0f && found.mouth == 0.25f);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_openness_get(points, 98, &found)); /* eyes without a width */
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_openness_get(points, 5, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_openness_get(points, SIZE_MAX, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_openness_get(NULL, 68, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_face_openness_get(points, 68, NULL));
    points[36].x = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_openness_get(points, 68, &found));
  }
}

static void dense_landmarks(const fs_image *image) {
  fs_model *model = row_model("landmarks", "points", 20, 0.5f), *other = row_model("liveness", "logits", 3, 0);
  fs_dense_landmarks *landmarks = NULL, *none = NULL;
  fs_point points[10], same[10];
  fs_frame frame = frame_of(image);
  TEST("points are counted and found, in a picture and in a frame") {
    REQUIRE_OK(fs_dense_landmarks_create(&landmarks, model));
    CHECK(fs_dense_landmarks_count(landmarks) == 10 && fs_dense_landmarks_count(NULL) == 0);
    CHECK_OK(fs_dense_landmarks_find(landmarks, image, &face, points, 10));
    CHECK_OK(fs_dense_landmarks_find_frame(landmarks, &frame, &face, same, 10));
    CHECK(!memcmp(points, same, sizeof points));
    for (int i = 0; i < 10; i++) CHECK(isfinite(points[i].x) && isfinite(points[i].y));
  }
  TEST("other models, faces without an area and arrays that are too small are refused") {
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_dense_landmarks_create(&none, other));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_dense_landmarks_create(&none, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, points, fs_dense_landmarks_find(landmarks, image, &face, points, 9));
    fs_face empty = face;
    empty.height = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, points, fs_dense_landmarks_find(landmarks, image, &empty, points, 10));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_dense_landmarks_find(landmarks, image, &face, NULL, 10));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, points, fs_dense_landmarks_find_frame(landmarks, NULL, &face, points, 10));
  }
  fs_model_destroy(model), fs_model_destroy(other);
  fs_dense_landmarks_destroy(landmarks), fs_dense_landmarks_destroy(NULL);
}

int main(void) {
  fs_image *image = picture(48, 32, 1);
  liveness(image);
  openness();
  dense_landmarks(image);
  fs_image_destroy(image);
  return test_end_program();
}
