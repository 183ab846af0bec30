/* Distances, identification and calibration, worked out by hand; hostile input. */
#include "support.h"

static void distances(void) {
  const float a[2][3] = {{1, 0, 0}, {0, 2, 0}}, b[3][3] = {{1, 0, 0}, {0, 1, 0}, {-1, 0, 0}};
  float found[6];
  TEST("distances of all rows to all rows, by hand") {
    static const float wanted[4][6] = {
        {0, 1.41421356f, 2, 2.23606798f, 1, 2.23606798f}, /* sqrt(5) */
        {0, 2, 4, 5, 1, 5},
        {0, 1, 2, 1, 0, 1},
        {0, 2, 2, 3, 1.0f / 3, 3}}; /* 1/1 + 4/2, 1/3 */
    for (int kind = 0; kind < 4; kind++) {
      CHECK_OK(fs_distances((fs_distance_kind)kind, &a[0][0], 2, &b[0][0], 3, 3, NULL, found, 6));
      for (int i = 0; i < 6; i++) CHECK_NEAR(found[i], wanted[kind][i], 1e-6);
    }
  }
  TEST("a head makes the probability of two people") {
    const float head[4] = {-1, -2, 0, 0.5f}; /* weight, bias */
    REQUIRE_OK(fs_distances(FS_DISTANCE_DIFFERENCE_HEAD, &a[0][0], 2, &b[0][0], 3, 3, head, found, 6));
    CHECK_NEAR(found[0], 1 / (1 + exp(0.5)), 1e-6);
    CHECK_NEAR(found[1], 1 / (1 + exp(0.5 - 1 - 2)), 1e-6);
    CHECK_NEAR(found[3], 1 / (1 + exp(0.5 - 1 - 4)), 1e-6);
    REQUIRE_OK(fs_distances(FS_DISTANCE_CHI_SQUARE_HEAD, &a[0][0], 2, &b[0][0], 3, 3, head, found, 6));
    CHECK_NEAR(found[3], 1 / (1 + exp(0.5 - 1 - 2 * 2)), 1e-6);
    CHECK_NEAR(found[4], 1 / (1 + exp(0.5 - 2 * (1.0 / 3))), 1e-6);
  }
  TEST("a vector of zeros is at a right angle to all, and at no chi-square from itself") {
    const float zero[3] = {0};
    REQUIRE_OK(fs_distances(FS_DISTANCE_COSINE, zero, 1, &b[0][0], 3, 3, NULL, found, 6));
    CHECK(found[0] == 1 && found[1] == 1 && found[2] == 1);
    REQUIRE_OK(fs_distances(FS_DISTANCE_CHI_SQUARE, zero, 1, zero, 1, 3, NULL, found, 6));
    CHECK(found[0] == 0);
  }
  TEST("the Euclidean kind is fs_distance, to the bit") {
    float x[137], y[137], plain;
    for (int i = 0; i < 137; i++) x[i] = (float)sin(i), y[i] = (float)cos(3 * i);
    REQUIRE_OK(fs_distance(x, y, 137, &plain));
    REQUIRE_OK(fs_distances(FS_DISTANCE_EUCLIDEAN, x, 1, y, 1, 137, NULL, found, 1));
    CHECK(found[0] == plain);
  }
  TEST("the same bits for any number of threads") {
    enum { N = 90, D = 40 };
    static float rows[N * D], one[N * N], many[N * N];
    for (int i = 0; i < N * D; i++) rows[i] = (float)sin(i * 0.37 + i % 7);
    for (int kind = 0; kind < 4; kind++) {
      CHECK_OK(fs_threads_set(1));
      CHECK_OK(fs_distances((fs_distance_kind)kind, rows, N, rows, N, D, NULL, one, N * N));
      CHECK_OK(fs_threads_set(5));
      CHECK_OK(fs_distances((fs_distance_kind)kind, rows, N, rows, N, D, NULL, many, N * N));
      CHECK(memcmp(one, many, sizeof one) == 0);
    }
    CHECK_OK(fs_threads_set(0));
  }
  TEST("numbers that are too large are infinitely far, never NaN") {
    const float large[2] = {FLT_MAX, -FLT_MAX}, small[2] = {-FLT_MAX, FLT_MAX};
    for (int kind = 0; kind < 4; kind++) {
      CHECK_OK(fs_distances((fs_distance_kind)kind, large, 1, small, 1, 2, NULL, found, 1));
      CHECK(found[0] >= 2);
    }
  }
  TEST("hostile distances are refused") {
    const float bad[3] = {1, NAN, 0}, worse[3] = {1, INFINITY, 0}, head[4] = {1, 1, 1, NAN};
    const float *x = &a[0][0], *y = &b[0][0];
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_COSINE, bad, 1, y, 3, 3, NULL, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_COSINE, x, 2, worse, 1, 3, NULL, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_DIFFERENCE_HEAD, x, 2, y, 3, 3, head, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_DIFFERENCE_HEAD, x, 2, y, 3, 3, NULL, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances((fs_distance_kind)6, x, 2, y, 3, 3, NULL, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances((fs_distance_kind)-1, x, 2, y, 3, 3, NULL, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_SQUARED, x, 2, y, 3, 3, NULL, found, 5));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_SQUARED, NULL, 2, y, 3, 3, NULL, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_SQUARED, x, 2, NULL, 3, 3, NULL, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_SQUARED, x, 0, y, 3, 3, NULL, found, 6));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_SQUARED, x, 2, y, 3, 0, NULL, found, 6));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_distances(FS_DISTANCE_SQUARED, x, 2, y, 3, 3, NULL, NULL, 6));
    static const size_t huge[] = {SIZE_MAX, SIZE_MAX / 2, SIZE_MAX / 8, (size_t)1 << 62};
    for (int i = 0; i < 4; i++) {
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_SQUARED, x, huge[i], y, 3, 3, NULL, found, 6));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_SQUARED, x, 2, y, huge[i], 3, NULL, found, 6));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_distances(FS_DISTANCE_DIFFERENCE_HEAD, x, 2, y, 3, huge[i], head, found, 6));
    }
  }
}

static void identification(void) {
  /* Two photos of 7 about 0, three of -3 about 1, one of 12 far away; on a line. */
  const float photos[6] = {0, 0.3f, 0.9f, 1.1f, 1.6f, 9};
  const int32_t labels[6] = {7, 7, -3, -3, -3, 12};
  fs_identify_options options;
  fs_identity found = {.size = sizeof found};
  float probe = 0.4f;
  TEST("a threshold has no default") {
    REQUIRE_OK(fs_identify_options_init(&options, sizeof options));
    CHECK(options.rule == FS_RULE_NEAREST && options.kind == FS_DISTANCE_EUCLIDEAN && options.neighbours == 5);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &probe, NULL, &found));
  }
  options.threshold = 0.2f;
  TEST("the nearest person, the next, and the margin") {
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(found.known == 1 && !found.ambiguous && found.label == 7 && found.runner_up == -3 && found.photo == 1);
    CHECK_NEAR(found.distance, 0.1, 1e-6);
    CHECK_NEAR(found.runner_up_distance, 0.5, 1e-6);
    CHECK_NEAR(found.margin, 0.4, 1e-6);
    CHECK(found.threshold == 0.2f && found.votes == 0);
  }
  TEST("a stranger is told whom they are nearest to") {
    options.threshold = 0.05f;
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(!found.known && !found.ambiguous && found.label == INT32_MIN && found.nearest == 7); /* a stranger is nobody */
    options.threshold = 0.2f;
  }
  TEST("too small a margin makes a stranger") {
    options.margin = 0.45f;
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(!found.known && found.ambiguous && found.label == INT32_MIN && found.nearest == 7);
    options.margin = 0;
  }
  TEST("each rule by hand") {
    options.threshold = 1;
    probe = 0.65f;
    /* Distances 0.65, 0.35 | 0.25, 0.45, 0.95 | 8.35 */
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(found.label == -3 && found.photo == 2 && fabsf(found.distance - 0.25f) < 1e-6f);
    options.rule = FS_RULE_MEAN;
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(found.label == 7 && found.runner_up == -3 && found.photo == 1);
    CHECK_NEAR(found.distance, 0.5, 1e-6);
    CHECK_NEAR(found.runner_up_distance, 0.55, 1e-6);
    options.rule = FS_RULE_TEMPLATE; /* means 0.15 and 1.2 */
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(found.label == 7);
    CHECK_NEAR(found.distance, 0.5, 1e-6);
    CHECK_NEAR(found.margin, 0.05, 1e-6);
    options.rule = FS_RULE_VOTE, options.neighbours = 3; /* 0.25 (-3), 0.35 (7), 0.45 (-3) */
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(found.label == -3 && found.votes == 2 && found.runner_up == 7);
    options.neighbours = 2; /* one each: the nearer */
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(found.label == -3 && found.votes == 1);
    probe = 0.45f, options.neighbours = 4; /* 0.15 (7), 0.45 twice, 0.65 (-3): -3 has two of four, 7 two, and is nearer */
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(found.label == 7 && found.votes == 2);
    options.neighbours = 5; /* 1.15 (-3) is the fifth */
    REQUIRE_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK(found.label == -3 && found.votes == 3 && found.margin < 0);
    options.neighbours = UINT32_MAX;
    CHECK_OK(fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    options.rule = FS_RULE_NEAREST, options.neighbours = 5;
  }
  TEST("nobody, and nobody else") {
    REQUIRE_OK(fs_identify(NULL, NULL, 0, 1, &probe, &options, &found));
    CHECK(!found.known && found.label == INT32_MIN && found.nearest == INT32_MIN);
    CHECK(isinf(found.distance) && isinf(found.margin) && found.photo == UINT64_MAX);
    options.margin = 5;
    REQUIRE_OK(fs_identify(photos, labels, 2, 1, &probe, &options, &found));
    CHECK(found.known && found.label == 7 && isinf(found.runner_up_distance) && isinf(found.margin) && found.runner_up == INT32_MIN);
    options.margin = 0;
  }
  TEST("hostile identification is refused") {
    const float bad = NAN, lots[2] = {INFINITY, 1};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &bad, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(lots, labels, 2, 1, &probe, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(NULL, labels, 6, 1, &probe, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, NULL, 6, 1, &probe, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, NULL, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 0, &probe, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, SIZE_MAX, 1, &probe, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, SIZE_MAX, &probe, &options, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_identify(photos, labels, 6, 1, &probe, &options, NULL));
    static const float thresholds[] = {-1, NAN, -INFINITY};
    for (int i = 0; i < 3; i++) {
      options.threshold = thresholds[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    }
    options.threshold = 1;
    static const float margins[] = {-1, NAN, INFINITY};
    for (int i = 0; i < 3; i++) {
      options.margin = margins[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    }
    options.margin = 0, options.neighbours = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    options.neighbours = 1, options.rule = (fs_rule)4;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    options.rule = FS_RULE_VOTE, options.kind = FS_DISTANCE_CHI_SQUARE_HEAD;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    options.size = 3;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_identify(photos, labels, 6, 1, &probe, &options, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_identify_options_init(NULL, sizeof options));
  }
}

static void calibration(void) {
  enum { N = 400 };
  static double distance[N];
  static int32_t same[N];
  /* Impostors at 129/128, 130/128, ..., which are floats; genuine pairs at 0.025, 0.05, ... 2.5. */
  for (int i = 0; i < 300; i++) distance[i] = 1 + (i + 1) / 128.0;
  for (int i = 300; i < N; i++) distance[i] = (i - 299) / 40.0, same[i] = 1;
  fs_calibration_options options;
  fs_calibration found = {.size = sizeof found};
  TEST("zero of n is the bound 1 - 0.05^(1/n)") {
    REQUIRE_OK(fs_calibration_options_init(&options, sizeof options));
    CHECK(options.false_accept_rate == 0.001 && options.confidence == 0.95 && options.people == 1);
    options.false_accept_rate = 0.01; /* log 0.05 / log 0.99 = 298.07 */
    REQUIRE_OK(fs_calibrate(distance, same, N, &options, &found));
    CHECK(found.genuine == 100 && found.impostors == 300 && found.impostors_accepted == 0 && found.impostors_needed == 299);
    CHECK_NEAR(found.max_false_accepts, 1 - pow(0.05, 1.0 / 300), 1e-14);
    CHECK(found.max_false_accepts <= found.comparison_rate && found.comparison_rate == 0.01);
    CHECK(found.threshold == 1 && found.genuine_rejected == 60);
    CHECK_NEAR(found.false_rejects, 0.6, 1e-15);
    /* Where 60 or more, and 60 or fewer, of 100 have a probability of 0.025: exact sums of fractions. */
    CHECK_NEAR(found.min_false_rejects, 0.4972091504223348, 1e-12);
    CHECK_NEAR(found.max_false_rejects, 0.6967052312971226, 1e-12);
  }
  TEST("more may be accepted where more pairs speak") {
    options.false_accept_rate = 0.05; /* P(X <= 8; 300, 0.05) = 0.0341, P(X <= 9) = 0.0650: exact sums */
    REQUIRE_OK(fs_calibrate(distance, same, N, &options, &found));
    CHECK(found.impostors_accepted == 8);
    CHECK(found.threshold == 1.0625); /* the eighth impostor's; a genuine pair's 1.075 lies past the ninth's */
    CHECK(found.max_false_accepts > 0.04 && found.max_false_accepts <= 0.05);
  }
  TEST("a threshold is a float, and no pair beyond it is accepted") {
    distance[7] = 1.08; /* the nearest float is larger: the one below it leaves this pair out */
    REQUIRE_OK(fs_calibrate(distance, same, N, &options, &found));
    CHECK((double)(float)found.threshold == found.threshold);
    CHECK(found.threshold <= 1.08 && found.impostors_accepted <= 8);
    distance[7] = 1.0625;
  }
  TEST("a threshold accepts the distance that it was chosen for") {
    static double near[3005];
    static int32_t genuine[3005];
    for (int i = 0; i < 3005; i++) near[i] = i < 5 ? 0.1 : 0.9, genuine[i] = i < 5;
    REQUIRE_OK(fs_calibrate(near, genuine, 3005, NULL, &found));
    CHECK(found.threshold == (double)0.1f && found.genuine_rejected == 0 && found.impostors_accepted == 0);
  }
  TEST("too few pairs are told; expected with how many") {
    options.false_accept_rate = 0.001;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, &options, &found));
    CHECK(strstr(fs_last_error(), "2995") && strstr(fs_last_error(), "300 pairs"));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, NULL, &found));
  }
  TEST("a search among many allows one comparison less") {
    options.false_accept_rate = 0.2, options.people = 10;
    REQUIRE_OK(fs_calibrate(distance, same, N, &options, &found));
    CHECK_NEAR(found.comparison_rate, 1 - pow(0.8, 0.1), 1e-14);
    CHECK_NEAR(found.max_false_accepts_of_search, 1 - pow(1 - found.max_false_accepts, 10), 1e-12);
    CHECK(found.max_false_accepts_of_search <= 0.2);
    options.people = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, &options, &found));
    options.people = UINT64_MAX;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, &options, &found));
    options.people = 1;
  }
  TEST("a table for numbers of people, with gaps where pairs are too few") {
    const uint64_t people[4] = {1, 10, 100, UINT64_MAX};
    fs_growth rows[4];
    options.false_accept_rate = 0.1;
    REQUIRE_OK(fs_calibrate(distance, same, N, &options, &found));
    REQUIRE_OK(fs_calibrate_growth(distance, same, N, &options, people, 4, rows, 4));
    CHECK(rows[0].people == 1 && rows[0].threshold == found.threshold && rows[0].false_rejects == found.false_rejects);
    CHECK_NEAR(rows[1].false_accepts, 1 - pow(1 - found.false_accepts, 10), 1e-12);
    CHECK_NEAR(rows[1].max_false_accepts, 1 - pow(1 - found.max_false_accepts, 10), 1e-12);
    CHECK(rows[1].threshold < rows[0].threshold && rows[1].false_rejects > rows[0].false_rejects);
    CHECK(isnan(rows[2].threshold) && isnan(rows[2].max_false_rejects) && rows[2].impostors_needed == 2844);
    CHECK(isnan(rows[3].threshold) && rows[3].max_false_accepts == 1 && rows[3].impostors_needed > 1000000);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, rows, fs_calibrate_growth(distance, same, N, &options, people, 4, rows, 3));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, rows, fs_calibrate_growth(distance, same, N, &options, NULL, 4, rows, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, rows, fs_calibrate_growth(distance, same, N, &options, people, SIZE_MAX, rows, 4));
    const uint64_t none = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, rows, fs_calibrate_growth(distance, same, N, &options, &none, 1, rows, 4));
  }
  TEST("from embeddings of a gallery and of impostors") {
    /* Three people with two photos each, 0.1 apart; 100 impostors from 50 on: 600 pairs of two people. */
    float photos[6], strangers[100];
    int32_t labels[6];
    for (int i = 0; i < 6; i++) photos[i] = (float)(i / 2) + 0.1f * (float)(i % 2), labels[i] = i / 2;
    for (int i = 0; i < 100; i++) strangers[i] = 50 + (float)i;
    options.false_accept_rate = 0.01;
    REQUIRE_OK(fs_calibrate_embeddings(photos, labels, 6, 1, strangers, 100, &options, &found));
    CHECK(found.genuine == 3 && found.impostors == 600 && found.genuine_rejected == 0 && found.impostors_accepted <= 2);
    options.false_accept_rate = 0.3; /* without impostors: 15 - 3 = 12 pairs of two labels */
    REQUIRE_OK(fs_calibrate_embeddings(photos, labels, 6, 1, NULL, 0, &options, &found));
    CHECK(found.genuine == 3 && found.impostors == 12 && found.impostors_accepted == 0 && found.threshold < 0.9);
    strangers[3] = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate_embeddings(photos, labels, 6, 1, strangers, 100, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate_embeddings(photos, labels, 6, 1, NULL, 100, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate_embeddings(NULL, labels, 6, 1, NULL, 0, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate_embeddings(photos, NULL, 6, 1, NULL, 0, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate_embeddings(photos, labels, 0, 1, NULL, 0, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate_embeddings(photos, labels, SIZE_MAX, 1, NULL, 0, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate_embeddings(photos, labels, 6, SIZE_MAX, NULL, 0, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate_embeddings(photos, labels, 6, 1, strangers, SIZE_MAX, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found,
                  fs_calibrate_embeddings(photos, labels, 6, 1, photos, (size_t)1 << 40, &options, &found));
  }
  TEST("hostile calibration is refused") {
    static const double rates[] = {0, 1, -1, 2, NAN, INFINITY};
    for (int i = 0; i < 6; i++) {
      REQUIRE_OK(fs_calibration_options_init(&options, sizeof options));
      options.false_accept_rate = rates[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, &options, &found));
      options.false_accept_rate = 0.1, options.confidence = rates[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, &options, &found));
    }
    static const double fine[] = {DBL_MIN, 5e-324, 1 - DBL_EPSILON / 2, 1e-300};
    for (int i = 0; i < 4; i++) { /* as strange, but numbers: no crash, no hang */
      options.confidence = 0.95, options.false_accept_rate = fine[i];
      CHECK_STATUS(TEST_ANY_STATUS, fs_calibrate(distance, same, N, &options, &found));
      options.false_accept_rate = 0.1, options.confidence = fine[i];
      CHECK_STATUS(TEST_ANY_STATUS, fs_calibrate(distance, same, N, &options, &found));
    }
    options.confidence = 0.95;
    double kept = distance[5];
    static const double bad[] = {NAN, -INFINITY, -0.5};
    for (int i = 0; i < 3; i++) {
      distance[5] = bad[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, &options, &found));
    }
    for (int i = 0; i < 300; i++) distance[i] = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, &options, &found));
    for (int i = 0; i < 300; i++) distance[i] = INFINITY;
    CHECK_OK(fs_calibrate(distance, same, N, &options, &found));
    CHECK(found.impostors_accepted == 0 && found.genuine_rejected == 0 && found.threshold == 2.5);
    distance[5] = kept;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(NULL, same, N, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, NULL, N, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, 0, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, 300, &options, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, SIZE_MAX, &options, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_calibrate(distance, same, N, &options, NULL));
    options.size = 1 << 20;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_calibrate(distance, same, N, &options, &found));
  }
}

int main(void) {
  distances();
  identification();
  calibration();
  return test_end_program();
}
