/* Evaluation by hand, readers of pairs and landmarks, maps. */
#include "support.h"

static const double distances[8] = {0.1, 0.4, 0.35, 0.8, 0.2, 0.9, 0.7, 1.1};
static const int32_t same[8] = {1, 1, 0, 0, 1, 1, 0, 0};

static void by_hand(void) {
  fs_evaluation found = {.size = sizeof found};
  const int32_t folds[8] = {7, 7, 7, 7, -3, -3, -3, -3};
  TEST("an evaluation of eight pairs, worked out by hand") {
    /* Couples of a genuine and an impostor pair: 0.1, 0.2 beat all four impostors, 0.4 beats three, 0.9 beats one. */
    REQUIRE_OK(fs_evaluate_pairs(distances, same, folds, 8, NULL, &found));
    CHECK(found.genuine == 4 && found.impostors == 4 && found.folds == 2);
    CHECK_NEAR(found.auc, 12.0 / 16, 0);
    /* FAR rises 0, 1/4 (0.35), then TAR 3/4 at 0.4: FAR = 1 - TAR = 1/4. */
    CHECK_NEAR(found.equal_error_rate, 0.25, 1e-15);
    /* Fold 7 by the other's best: accept 0.2 alone, half-way to 0.7 = 0.45: 0.1 and 0.4 right, 0.35 wrong, 0.8 right.
     * Fold -3 by the other's best: 3 of 4 at 0.1 alone, threshold (0.1 + 0.35) / 2: 0.2 right, 0.9 wrong, both impostors
     * right. */
    CHECK_NEAR(found.accuracy, 0.75, 0);
    CHECK_NEAR(found.accuracy_deviation, 0, 0);
    CHECK_NEAR(found.threshold, (0.45 + 0.225) / 2, 1e-15);
  }
  TEST("four impostor pairs support no FAR of a tenth") {
    REQUIRE_OK(fs_evaluate_pairs(distances, same, NULL, 8, NULL, &found));
    for (int i = 0; i < FS_OPERATING_POINTS; i++) CHECK(isnan(found.points[i].tar) && isnan(found.points[i].threshold));
    CHECK(found.points[0].limit == 0.1 && found.points[0].impostors_needed == 10);
    CHECK(found.points[2].limit == 0.001 && found.points[2].impostors_needed == 1000);
    CHECK(isnan(found.accuracy) && found.folds == 10); /* four of a kind do not fill ten folds */
  }
  TEST("the ROC has a point for each distance and one before") {
    fs_roc_point points[9];
    size_t count = 0;
    REQUIRE_OK(fs_evaluate_roc(distances, same, 8, points, 9, &count));
    CHECK(count == 9 && points[0].far == 0 && points[0].tar == 0 && points[0].threshold < 0.1);
    CHECK(points[3].threshold == 0.35 && points[3].far == 0.25 && points[3].tar == 0.5);
    CHECK(points[8].threshold == 1.1 && points[8].far == 1 && points[8].tar == 1);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, points, fs_evaluate_roc(distances, same, 8, points, 8, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_evaluate_roc(distances, same, 8, points, 9, NULL));
  }
  TEST("what cannot be evaluated is refused") {
    const double none[2] = {NAN, 1}, below[2] = {-INFINITY, 1};
    const int32_t one[2] = {1, 1}, both[2] = {1, 0};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(none, both, NULL, 2, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(below, both, NULL, 2, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(distances, one, NULL, 2, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(distances, both, NULL, 0, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(NULL, both, NULL, 2, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(distances, NULL, NULL, 2, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(distances, both, NULL, SIZE_MAX, NULL, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_evaluate_pairs(distances, both, NULL, 2, NULL, NULL));
  }
  TEST("options are checked") {
    fs_evaluation_options options;
    REQUIRE_OK(fs_evaluation_options_init(&options, sizeof options));
    CHECK(options.folds == 10 && options.min_false_accepts == 1);
    options.folds = 2;
    REQUIRE_OK(fs_evaluate_pairs(distances, same, NULL, 8, &options, &found));
    CHECK(found.folds == 2 && found.accuracy > 0);
    options.folds = 1;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(distances, same, NULL, 8, &options, &found));
    options.folds = UINT32_MAX;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(distances, same, NULL, 8, &options, &found));
    options.folds = 2, options.min_false_accepts = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(distances, same, NULL, 8, &options, &found));
    options.min_false_accepts = DBL_MAX;
    CHECK_OK(fs_evaluate_pairs(distances, same, NULL, 8, &options, &found));
    options.size = 3;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_evaluate_pairs(distances, same, NULL, 8, &options, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_evaluation_options_init(NULL, sizeof options));
  }
}

static void pairs(void) {
  fs_pairs *list = NULL;
  fs_pair pair;
  TEST("pairs are read, photos are counted once") {
    const char *text = "2\t1\nAda\t1\t2\nAda\t2\tBob\t10\n\nBob 10 3\r\nAda 1 Eve 12345\n";
    REQUIRE_OK(fs_pairs_load(&list, text, strlen(text)));
    CHECK(fs_pairs_count(list) == 4 && fs_pairs_fold_count(list) == 2 && fs_pairs_photo_count(list) == 5);
    REQUIRE_OK(fs_pairs_get(list, 1, &pair));
    CHECK(pair.same == 0 && pair.fold == 0);
    CHECK(strcmp(fs_pairs_photo(list, pair.first), "Ada/Ada_0002.jpg") == 0);
    CHECK(strcmp(fs_pairs_photo(list, pair.second), "Bob/Bob_0010.jpg") == 0);
    REQUIRE_OK(fs_pairs_get(list, 3, &pair));
    CHECK(pair.same == 0 && pair.fold == 1 && strcmp(fs_pairs_photo(list, pair.second), "Eve/Eve_12345.jpg") == 0);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, pair, fs_pairs_get(list, 4, &pair));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, pair, fs_pairs_get(list, SIZE_MAX, &pair));
    CHECK(fs_pairs_photo(list, 5) == NULL && fs_pairs_photo(list, SIZE_MAX) == NULL);
  }
  fs_pairs_destroy(list);
  TEST("a plain list and CSV are read too, with folds and without") {
    const char *text = "a.jpg b.jpg 1\nsub/c.png a.jpg 0\n", *csv = "one,two,same,fold\r\n\"a, b.jpg\",c.jpg,1,1\r\nc.jpg,d.jpg,0,0\r\n";
    REQUIRE_OK(fs_pairs_load(&list, text, strlen(text)));
    CHECK(fs_pairs_count(list) == 2 && fs_pairs_fold_count(list) == 1 && fs_pairs_photo_count(list) == 3);
    REQUIRE_OK(fs_pairs_get(list, 1, &pair));
    CHECK(pair.same == 0 && strcmp(fs_pairs_photo(list, pair.first), "sub/c.png") == 0 && pair.second == 0);
    fs_pairs_destroy(list);
    REQUIRE_OK(fs_pairs_load(&list, csv, strlen(csv)));
    REQUIRE_OK(fs_pairs_get(list, 0, &pair));
    CHECK(fs_pairs_fold_count(list) == 2 && pair.same == 1 && pair.fold == 1 && strcmp(fs_pairs_photo(list, pair.first), "a, b.jpg") == 0);
  }
  fs_pairs_destroy(list);
  TEST("hostile lists are refused with their line") {
    static const struct { const char *text, *line; } hostile[] = {
        {"", "line 1"}, {"x 3\n", "line 1"}, {"0 3\n", "line 1"}, {"1 2 3\n", "line 1"}, {"9999999 9999999\nA 1 2\n", "line 1"},
        {"99999999999999999999 1\n", "line 1"}, {"1 1\nA 1 2\n", "line 2"}, {"1 1\nA 1\nB 1 C 1\n", "line 2"},
        {"1 1\nA 1 B 2\nA 1 2\n", "line 2"}, {"1 1\nA 1 2\nA 1 A 2\n", "line 3"}, {"1 1\nA 1 1\nA 1 B 2\n", "line 2"},
        {"1 1\nA 1 2\n../A 1 B 2\n", "line 3"}, {"1 1\n.. 1 2\nA 1 B 2\n", "line 2"}, {"1 1\nA 0 2\nA 1 B 2\n", "line 2"},
        {"1 1\nA -1 2\nA 1 B 2\n", "line 2"}, {"1 1\nA 1 2x\nA 1 B 2\n", "line 2"}, {"1 1\nA 1 2\nA 1 B 2\nA 1 C 2\n", "line 4"},
        {"a.jpg b.jpg 1\na.jpg ../../etc 0\n", "line 2"}, {"a.jpg b.jpg 2\n", "line 1"}, {"a,b,c\n", "line 1"}, {"a.jpg,\"b.jpg,1\n", "line 1"},
        {"a.jpg,b.jpg,1,99999999999999999999\n", "line 1"}, {"a.jpg\1 b.jpg 1\n", "line 1"}};
    for (unsigned i = 0; i < sizeof hostile / sizeof *hostile; i++) {
      CHECK_REFUSED(FS_BAD_DATA, list, fs_pairs_load(&list, hostile[i].text, strlen(hostile[i].text)));
      if (!strstr(fs_last_error(), hostile[i].line)) printf("  %s\n", fs_last_error()), CHECK(!"the line is named");
    }
    CHECK_REFUSED(FS_INVALID_ARGUMENT, list, fs_pairs_load(&list, NULL, 4));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_pairs_load(NULL, "", 0));
    CHECK_REFUSED(FS_IO, list, fs_pairs_open(&list, "/nothing/there"));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_pairs_get(NULL, 0, &pair));
    CHECK(fs_pairs_count(NULL) == 0 && fs_pairs_photo_count(NULL) == 0 && fs_pairs_fold_count(NULL) == 0 && !fs_pairs_photo(NULL, 0));
  }
}

static void landmarks(void) {
  fs_landmarks *file = NULL;
  fs_face face;
  TEST("landmarks are read with a box and without") {
    const char *text = "{\"A/A_0001.jpg\": {\"box\": [1, 2, 3.5, 4], \"landmarks\": [[1, 2], [-3.5, 4], [5, 6], [7, 8], [9, 1e1]]},"
                       " \"b\": [[0, 0], [1, 0], [0.5, 1], [0, 2], [1, 2]]}";
    REQUIRE_OK(fs_landmarks_load(&file, text, strlen(text)));
    CHECK(fs_landmarks_count(file) == 2);
    REQUIRE_OK(fs_landmarks_find(file, "A/A_0001.jpg", &face));
    CHECK(face.landmarks[1].x == -3.5f && face.landmarks[4].y == 10 && face.x == 1 && face.width == 3.5f);
    REQUIRE_OK(fs_landmarks_find(file, "b", &face));
    CHECK(face.landmarks[2].x == 0.5f && face.width == 0);
    CHECK_REFUSED(FS_NOT_FOUND, face, fs_landmarks_find(file, "c", &face));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, face, fs_landmarks_find(file, NULL, &face));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_landmarks_find(file, "b", NULL));
  }
  fs_landmarks_destroy(file);
  TEST("hostile landmarks are refused") {
    static const char *const hostile[] = {
        "", "[]", "{", "{\"a\": 1}", "{\"a\": []}", "{\"a\": {}}", "{\"a\": {\"landmarks\": [[1, 2]]}}",
        "{\"a\": [[1, 2], [3, 4], [5, 6], [7, 8], [9]]}", "{\"a\": [[1, 2], [3, 4], [5, 6], [7, 8], [9, \"x\"]]}",
        "{\"a\": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 1e99]]}", "{\"a\": [[1, 2], [3, 4], [5, 6], [7, 8], [9, NaN]]}",
        "{\"a\": {\"box\": [1], \"landmarks\": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 9]]}}", "[[[[[[[[[[[[[[[["};
    for (unsigned i = 0; i < sizeof hostile / sizeof *hostile; i++)
      CHECK_REFUSED(FS_BAD_DATA, file, fs_landmarks_load(&file, hostile[i], strlen(hostile[i])));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_landmarks_open(NULL, "x"));
    CHECK_REFUSED(FS_IO, file, fs_landmarks_open(&file, "/nothing/there"));
    CHECK(fs_landmarks_count(NULL) == 0);
  }
}

static fs_action cancel(const fs_tsne_progress *progress, void *user) {
  *(uint32_t *)user = progress->step;
  return FS_CANCEL;
}

static fs_action answer(const fs_tsne_progress *progress, void *user) {
  (void)progress;
  return *(fs_action *)user;
}

static void maps(void) {
  enum { COUNT = 40, DIMENSION = 3 };
  float points[COUNT * DIMENSION], map[2 * COUNT], other[2 * COUNT];
  for (int i = 0; i < COUNT * DIMENSION; i++) points[i] = (float)sin(i * i + 0.5 * i);
  fs_tsne_options options;
  double divergence = -1;
  TEST("a map is the same bits for any number of threads") {
    REQUIRE_OK(fs_tsne_options_init(&options, sizeof options));
    CHECK(options.perplexity == 30 && options.steps == 1000 && options.seed == 1);
    options.perplexity = 8, options.steps = 60;
    CHECK_OK(fs_threads_set(1));
    REQUIRE_OK(fs_tsne(points, COUNT, DIMENSION, &options, map, 2 * COUNT, &divergence));
    CHECK(divergence > 0 && divergence < 10);
    CHECK_OK(fs_threads_set(3));
    REQUIRE_OK(fs_tsne(points, COUNT, DIMENSION, &options, other, 2 * COUNT, NULL));
    CHECK_OK(fs_threads_set(0));
    CHECK(memcmp(map, other, sizeof map) == 0);
  }
  TEST("equal points have a map of finite numbers") {
    float equal[COUNT * DIMENSION] = {0};
    REQUIRE_OK(fs_tsne(equal, COUNT, DIMENSION, &options, map, 2 * COUNT, NULL));
    for (int i = 0; i < 2 * COUNT; i++)
      if (!isfinite(map[i])) CHECK(!"finite");
  }
  TEST("the callback cancels") {
    uint32_t step = 0;
    options.on_step = cancel, options.user = &step;
    CHECK_REFUSED(FS_CANCELLED, map, fs_tsne(points, COUNT, DIMENSION, &options, map, 2 * COUNT, NULL));
    CHECK(step == 25);
    fs_action wrong = (fs_action)3;
    options.on_step = answer, options.user = &wrong;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, COUNT, DIMENSION, &options, map, 2 * COUNT, NULL));
    CHECK(strstr(fs_last_error(), "the host's on_step returned 3; expected FS_CONTINUE") != NULL);
    options.on_step = NULL;
  }
  TEST("what has no map is refused") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, COUNT, DIMENSION, NULL, map, 2 * COUNT, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, 3, DIMENSION, &options, map, 2 * COUNT, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, SIZE_MAX, 2, &options, map, 2 * COUNT, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, COUNT, 0, &options, map, 2 * COUNT, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(NULL, COUNT, DIMENSION, &options, map, 2 * COUNT, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, COUNT, DIMENSION, &options, map, 2 * COUNT - 1, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tsne(points, COUNT, DIMENSION, &options, NULL, 2 * COUNT, NULL));
    float kept = points[4];
    points[4] = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, COUNT, DIMENSION, &options, map, 2 * COUNT, NULL));
    points[4] = kept;
    static const float bad[] = {NAN, INFINITY, -1, 0.5f};
    for (int i = 0; i < 4; i++) {
      options.perplexity = bad[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, COUNT, DIMENSION, &options, map, 2 * COUNT, NULL));
    }
    options.perplexity = 8, options.learning_rate = FLT_MAX;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, COUNT, DIMENSION, &options, map, 2 * COUNT, NULL));
    options.learning_rate = 0, options.steps = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, map, fs_tsne(points, COUNT, DIMENSION, &options, map, 2 * COUNT, NULL));
  }
}

int main(void) {
  by_hand();
  pairs();
  landmarks();
  maps();
  return test_end_program();
}
