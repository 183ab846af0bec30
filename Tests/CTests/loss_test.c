/* Losses: cases worked by hand, slopes against differences, degenerate batches, refusals. */
#include "support.h"

enum { ROWS = 6, DIMENSION = 5, CLASSES = 3, KINDS = FS_LOSS_CROSS_ENTROPY + 1 };

static const int32_t people[ROWS] = {0, 2, 0, 1, 2, 1}, pairs[ROWS / 2] = {0, 1, 1};

static bool has_pairs(int kind) { return kind >= FS_LOSS_CONTRASTIVE && kind <= FS_LOSS_PAIR_CHI_SQUARE; }
static const int32_t *labels_for(int kind) { return has_pairs(kind) ? pairs : people; }

static fs_loss_options options_for(int kind) {
  fs_loss_options options;
  CHECK_OK(fs_loss_options_init(&options, sizeof options, (fs_loss_kind)kind));
  return options;
}

/* Smooth numbers that no two losses find a kink in. */
static void fill(float *values, size_t count, float seed) {
  for (size_t i = 0; i < count; i++) values[i] = (float)(0.7 * sin(seed + 1.7 * (double)i) + 0.2 * cos(3.1 * (double)i));
}

static void by_hand(void) {
  double value = -1;
  fs_mining_statistics found;
  TEST("the defaults are the papers'") {
    fs_loss_options options = options_for(FS_LOSS_ARCFACE);
    CHECK(options.size == sizeof options && options.kind == FS_LOSS_ARCFACE && options.reduction == FS_MEAN);
    CHECK(options.margin == 0.5f && options.scale == 64);
    CHECK(options_for(FS_LOSS_COSFACE).margin == 0.35f && options_for(FS_LOSS_SEMI_HARD).margin == 0.2f);
  }
  /* On a line: person 7 at 0, 1 and 3, person -4 at 2 and 4. */
  const float line[5] = {0, 1, 3, 2, 4};
  const int32_t who[5] = {7, 7, 7, -4, -4};
  TEST("batch-hard takes the farthest positive and the nearest negative") {
    fs_loss_options options = options_for(FS_LOSS_BATCH_HARD);
    options.margin = 1, options.reduction = FS_SUM;
    CHECK_OK(fs_loss_evaluate(&options, line, 5, 1, who, NULL, NULL, 0, &value, NULL, 0, NULL, 0, &found));
    CHECK_NEAR(value, 6 + 4 + 9 + 4 + 4, 1e-5);
    CHECK(found.triplets == 5 && found.active == 5);
    CHECK_NEAR(found.hardest_positive, 9, 1e-5);
    CHECK_NEAR(found.hardest_negative, 1, 1e-5);
  }
  TEST("a mean of the active leaves out what is far apart") {
    const float far[4] = {0, 0, 0, 9};
    const int32_t two[4] = {1, 1, 1, 2}; /* three anchors are apart by 81; the last has no positive */
    fs_loss_options options = options_for(FS_LOSS_BATCH_HARD);
    options.reduction = FS_MEAN_OF_ACTIVE;
    float gradient[4];
    CHECK_OK(fs_loss_evaluate(&options, far, 4, 1, two, NULL, NULL, 0, &value, gradient, sizeof gradient / sizeof *gradient, NULL, 0, &found));
    CHECK(value == 0 && found.active == 0 && found.triplets == 3);
    for (int i = 0; i < 4; i++) CHECK(gradient[i] == 0);
  }
  TEST("triplets that the caller names are fs_triplet_loss's") {
    const float rows[6] = {0, 0, 2, 0, 0, 1}; /* 4 - 1 + 0.5 */
    fs_loss_options options = options_for(FS_LOSS_TRIPLET);
    options.margin = 0.5f;
    CHECK_OK(fs_loss_evaluate(&options, rows, 3, 2, NULL, NULL, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    CHECK_NEAR(value, 3.5, 1e-6);
  }
  TEST("the contrastive loss pulls and pushes") {
    const float rows[8] = {0, 0, 3, 4, 0, 0, 0.6f, 0.8f}; /* 5 apart, the same; 1 apart, two people */
    const int32_t same_two[2] = {0, 1};
    fs_loss_options options = options_for(FS_LOSS_CONTRASTIVE);
    options.margin = 2, options.epsilon = 0, options.reduction = FS_SUM;
    CHECK_OK(fs_loss_evaluate(&options, rows, 4, 2, same_two, NULL, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    CHECK_NEAR(value, 25.0 / 2 + 1.0 / 2, 1e-5);
  }
  TEST("a classifier that knows nothing costs the logarithm of its classes") {
    float rows[ROWS * DIMENSION], head[CLASSES * (DIMENSION + 1)] = {0};
    fill(rows, ROWS * DIMENSION, 1);
    fs_loss_options options = options_for(FS_LOSS_SOFTMAX);
    CHECK_OK(fs_loss_evaluate(&options, rows, ROWS, DIMENSION, people, NULL, head, CLASSES, &value, NULL, 0, NULL, 0, NULL));
    CHECK_NEAR(value, log(3), 1e-6);
  }
  TEST("centres move by the paper's rule") {
    const float rows[2] = {4, 10};
    const int32_t zero[2] = {0, 0};
    float head[6] = {0, 0, 0, 0, 1, 9}; /* two weights, two biases, two centres */
    fs_loss_options options = options_for(FS_LOSS_CENTRE);
    CHECK_OK(fs_loss_update_centres(&options, rows, 2, 1, zero, 2, head, sizeof head / sizeof *head));
    CHECK_NEAR(head[4], 1 + 0.5 * (3 + 9) / 3, 1e-6);
    CHECK(head[5] == 9 && head[0] == 0 && head[2] == 0);
  }
  TEST("cross-entropy takes the rows for scores and has no head") {
    const float scores[4] = {0, 0, 1, 3}; /* log 2, and log(1 + exp(2)) for the smaller */
    const int32_t labels[2] = {1, 0}, high[2] = {0, 2};
    float gradient[4];
    fs_loss_options options = options_for(FS_LOSS_CROSS_ENTROPY);
    size_t count = 9;
    CHECK_OK(fs_loss_head_size(&options, 2, 0, &count));
    CHECK(count == 0);
    options.reduction = FS_SUM;
    CHECK_OK(fs_loss_evaluate(&options, scores, 2, 2, labels, NULL, NULL, 0, &value, gradient, sizeof gradient / sizeof *gradient, NULL, 0, NULL));
    CHECK_NEAR(value, log(2) + log(1 + exp(2)), 1e-6);
    CHECK_NEAR(gradient[0], 0.5, 1e-6);
    CHECK_NEAR(gradient[2], 1 / (1 + exp(2)) - 1, 1e-6);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, scores, 2, 2, high, NULL, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
  }
  TEST("a pupil that is its teacher has nothing to learn") {
    float rows[ROWS * DIMENSION];
    fill(rows, ROWS * DIMENSION, 1);
    for (int kind = FS_LOSS_DISTILLATION; kind <= FS_LOSS_TEACHER_DISTANCE; kind++) {
      fs_loss_options options = options_for(kind);
      CHECK_OK(fs_loss_evaluate(&options, rows, ROWS, DIMENSION, NULL, rows, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
      CHECK_NEAR(value, 0, 1e-6);
    }
  }
}

static void strangers(void) {
  double value = -1;
  const float rows[4] = {3, 0, 1, 0}; /* one direction */
  const int32_t two[2] = {5, 8}, one[2] = {5, 5}, unknown[2] = {5, -1};
  fs_loss_options options = options_for(FS_LOSS_DISTILLATION);
  TEST("strangers have no weight at first, and then need labels") {
    CHECK(options.stranger_weight == 0 && options.memory == 4096);
    CHECK_NEAR(options.stranger_limit, 0.7, 1e-6);
    options.stranger_weight = 10;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, 2, 2, NULL, rows, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
  }
  TEST("strangers in one direction cost 10 * 0.3^2, and 4 * 0.3^2 / 2 as the teacher is not followed") {
    CHECK_OK(fs_loss_evaluate(&options, rows, 2, 2, two, rows, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    CHECK_NEAR(value, 10 * 0.09 + 4 * 0.09 / 2, 1e-5);
    CHECK_OK(fs_loss_evaluate(&options, rows, 2, 2, one, rows, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    CHECK_NEAR(value, 0, 1e-6);
    CHECK_OK(fs_loss_evaluate(&options, rows, 2, 2, unknown, rows, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    CHECK_NEAR(value, 0, 1e-6);
  }
  TEST("a limit that is no cosine and a memory beyond measure are refused") {
    options.stranger_limit = 1.5f;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, 2, 2, two, rows, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    options.stranger_limit = 0.5f;
    options.memory = UINT32_MAX;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, 2, 2, two, rows, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
  }
}

static void every_kind(void) {
  float rows[ROWS * DIMENSION], teacher[ROWS * DIMENSION], gradient[ROWS * DIMENSION], again[ROWS * DIMENSION];
  float head[64], head_gradient[64], head_again[64];
  double value, up, down;
  fill(rows, ROWS * DIMENSION, 1);
  fill(teacher, ROWS * DIMENSION, 2);
  for (int kind = 0; kind < KINDS; kind++) {
    char sentence[80];
    snprintf(sentence, sizeof sentence, "loss %d has the slopes of its values", kind);
    fs_loss_options options = options_for(kind);
    options.margin = kind == FS_LOSS_COSFACE || kind == FS_LOSS_ARCFACE ? 0.3f : 3;
    options.scale = 4, options.centre_weight = 0.5f, options.epsilon = 0.01f;
    size_t count = 99;
    CHECK_OK(fs_loss_head_size(&options, DIMENSION, CLASSES, &count));
    CHECK(count <= 64);
    CHECK_OK(fs_loss_head_init(&options, DIMENSION, CLASSES, 3, head, 64));
    TEST(sentence) {
      const int32_t *labels = labels_for(kind);
      CHECK_OK(fs_loss_evaluate(&options, rows, ROWS, DIMENSION, labels, teacher, head, CLASSES, &value, gradient, sizeof gradient / sizeof *gradient, head_gradient, sizeof head_gradient / sizeof *head_gradient, NULL));
      CHECK(value > 0);
      /* Along the gradient the value changes by its squared length; Float answers, so a step is large. */
      float *places[2] = {rows, head}, *slopes[2] = {gradient, head_gradient};
      size_t lengths[2] = {ROWS * DIMENSION, count};
      for (int part = 0; part < 2; part++) {
        double square = 0;
        float kept[64];
        for (size_t i = 0; i < lengths[part]; i++) square += (double)slopes[part][i] * slopes[part][i];
        if (square == 0) continue;
        const double step = 2e-3 / sqrt(square);
        for (size_t i = 0; i < lengths[part]; i++) kept[i] = places[part][i];
        for (size_t i = 0; i < lengths[part]; i++) places[part][i] = (float)(kept[i] + step * slopes[part][i]);
        CHECK_OK(fs_loss_evaluate(&options, rows, ROWS, DIMENSION, labels, teacher, head, CLASSES, &up, NULL, 0, NULL, 0, NULL));
        for (size_t i = 0; i < lengths[part]; i++) places[part][i] = (float)(kept[i] - step * slopes[part][i]);
        CHECK_OK(fs_loss_evaluate(&options, rows, ROWS, DIMENSION, labels, teacher, head, CLASSES, &down, NULL, 0, NULL, 0, NULL));
        for (size_t i = 0; i < lengths[part]; i++) places[part][i] = kept[i];
        CHECK_NEAR((up - down) / (2 * step), square, 5e-3 * square + 1e-4 * fabs(value));
      }
      /* One gradient alone is the same. */
      CHECK_OK(fs_loss_evaluate(&options, rows, ROWS, DIMENSION, labels, teacher, head, CLASSES, &up, again, sizeof again / sizeof *again, NULL, 0, NULL));
      CHECK(up == value && memcmp(gradient, again, sizeof again) == 0);
      CHECK_OK(fs_loss_evaluate(&options, rows, ROWS, DIMENSION, labels, teacher, head, CLASSES, &up, NULL, 0, head_again, sizeof head_again / sizeof *head_again, NULL));
      CHECK(up == value && memcmp(head_gradient, head_again, count * sizeof *head_again) == 0);
    }
    snprintf(sentence, sizeof sentence, "loss %d is a number for zeros", kind);
    TEST(sentence) {
      const float zeros[64] = {0};
      CHECK_OK(fs_loss_evaluate(&options, zeros, ROWS, DIMENSION, labels_for(kind), zeros, zeros, CLASSES, &value, gradient, sizeof gradient / sizeof *gradient, head_gradient, sizeof head_gradient / sizeof *head_gradient, NULL));
      CHECK(isfinite(value));
      for (int i = 0; i < ROWS * DIMENSION; i++) CHECK(isfinite(gradient[i]));
      for (size_t i = 0; i < count; i++) CHECK(isfinite(head_gradient[i]));
    }
  }
}

static void refusals(void) {
  float rows[ROWS * DIMENSION], head[64] = {0}, none[ROWS * DIMENSION];
  double value;
  size_t count;
  fill(rows, ROWS * DIMENSION, 1);
  TEST("options of no loss and out of range are refused") {
    fs_loss_options options;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, options, fs_loss_options_init(&options, sizeof options, (fs_loss_kind)KINDS));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, options, fs_loss_options_init(&options, 8, FS_LOSS_SOFTMAX));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_loss_options_init(NULL, sizeof options, FS_LOSS_SOFTMAX));
    for (int kind = 0; kind < KINDS; kind++) {
      options = options_for(kind);
      options.margin = options.epsilon = options.scale = options.centre_weight = options.cosine_weight = NAN;
      options.reduction = (fs_reduction)3;
      CHECK_STATUS(kind == FS_LOSS_TEACHER_DISTANCE ? TEST_ANY_STATUS : FS_INVALID_ARGUMENT,
                   fs_loss_head_size(&options, 2, 2, &count));
      options = options_for(kind);
      options.size = 8;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_loss_head_size(&options, 2, 2, &count));
    }
    options = options_for(FS_LOSS_ARCFACE), options.margin = 4;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_loss_head_size(&options, 2, 2, &count));
    options = options_for(FS_LOSS_COSFACE), options.scale = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_loss_head_size(&options, 2, 2, &count));
    options = options_for(FS_LOSS_CENTRE), options.centre_rate = 1.5f;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_loss_head_size(&options, 2, 2, &count));
  }
  TEST("a batch that cannot serve is refused") {
    fs_loss_options options = options_for(FS_LOSS_SEMI_HARD);
    const int32_t one[3] = {4, 4, 4}, three[3] = {1, 2, 3}, high[ROWS] = {0, 1, 2, 3, 0, 0}, low[ROWS] = {0, -1, 0, 0, 0, 0};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, 3, 2, one, NULL, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, 3, 2, three, NULL, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    options = options_for(FS_LOSS_SOFTMAX);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, ROWS, 2, high, NULL, head, 3, &value, NULL, 0, NULL, 0, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, ROWS, 2, low, NULL, head, 3, &value, NULL, 0, NULL, 0, NULL));
    options = options_for(FS_LOSS_CONTRASTIVE);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, 5, 2, pairs, NULL, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, 4, 2, three, NULL, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    options = options_for(FS_LOSS_TRIPLET);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                  fs_loss_evaluate(&options, rows, 4, 2, NULL, NULL, NULL, 0, &value, NULL, 0, NULL, 0, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_loss_update_centres(&options, rows, 4, 2, people, 3, head, sizeof head / sizeof *head));
  }
  for (int kind = 0; kind < KINDS; kind++) {
    char sentence[80];
    snprintf(sentence, sizeof sentence, "loss %d refuses NULL, nothing, sizes that overflow and NaN", kind);
    const int32_t *labels = labels_for(kind);
    fs_loss_options options = options_for(kind);
    CHECK_OK(fs_loss_head_size(&options, DIMENSION, CLASSES, &count));
    const bool has_head = count > 0, has_teacher = kind == FS_LOSS_DISTILLATION || kind == FS_LOSS_TEACHER_DISTANCE;
    TEST(sentence) {
#define EVALUATE(options, x, n, d, labels, teacher, head, classes, value) \
  fs_loss_evaluate(options, x, n, d, labels, teacher, head, classes, value, NULL, 0, NULL, 0, NULL)
      CHECK_REFUSED(FS_INVALID_ARGUMENT, value, EVALUATE(NULL, rows, ROWS, DIMENSION, labels, rows, head, CLASSES, &value));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, value, EVALUATE(&options, NULL, ROWS, DIMENSION, labels, rows, head, CLASSES, &value));
      CHECK_STATUS(FS_INVALID_ARGUMENT, EVALUATE(&options, rows, ROWS, DIMENSION, labels, rows, head, CLASSES, NULL));
      if (!has_teacher && kind != FS_LOSS_TRIPLET)
        CHECK_REFUSED(FS_INVALID_ARGUMENT, value, EVALUATE(&options, rows, ROWS, DIMENSION, NULL, rows, head, CLASSES, &value));
      if (has_teacher)
        CHECK_REFUSED(FS_INVALID_ARGUMENT, value, EVALUATE(&options, rows, ROWS, DIMENSION, labels, NULL, head, CLASSES, &value));
      if (has_head)
        CHECK_REFUSED(FS_INVALID_ARGUMENT, value, EVALUATE(&options, rows, ROWS, DIMENSION, labels, rows, NULL, CLASSES, &value));
      static const size_t sizes[][2] = {{0, 5}, {6, 0}, {SIZE_MAX, 1}, {6, SIZE_MAX}, {SIZE_MAX / 2 + 1, 2}, {SIZE_MAX / 4 + 1, 1},
                                        {(size_t)6 << 32, (size_t)1 << 32}, {SIZE_MAX, SIZE_MAX}};
      for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++)
        CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                      EVALUATE(&options, rows, sizes[k][0], sizes[k][1], labels, rows, head, CLASSES, &value));
      if (kind >= FS_LOSS_SOFTMAX && has_head) {
        CHECK_REFUSED(FS_INVALID_ARGUMENT, value, EVALUATE(&options, rows, ROWS, DIMENSION, labels, rows, head, 0, &value));
        CHECK_REFUSED(FS_INVALID_ARGUMENT, value, EVALUATE(&options, rows, ROWS, DIMENSION, labels, rows, head, SIZE_MAX, &value));
        CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_loss_head_size(&options, DIMENSION, (size_t)1 << 62, &count));
      }
      memcpy(none, rows, sizeof none);
      none[7] = NAN;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, value, EVALUATE(&options, none, ROWS, DIMENSION, labels, rows, head, CLASSES, &value));
      for (int i = 0; i < ROWS * DIMENSION; i++) none[i] = i % 2 ? FLT_MAX : -FLT_MAX;
      CHECK_STATUS(TEST_ANY_STATUS, EVALUATE(&options, none, ROWS, DIMENSION, labels, rows, head, CLASSES, &value));
    }
  }
  TEST("a head needs room") {
    fs_loss_options options = options_for(FS_LOSS_CENTRE);
    CHECK_OK(fs_loss_head_size(&options, 5, 3, &count));
    CHECK(count == 3 * 5 + 3 + 3 * 5);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, head, fs_loss_head_init(&options, 5, 3, 1, head, count - 1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_loss_head_init(&options, 5, 3, 1, NULL, 64));
    options = options_for(FS_LOSS_BATCH_HARD);
    CHECK_OK(fs_loss_head_size(&options, 5, 0, &count));
    CHECK(count == 0);
    CHECK_OK(fs_loss_head_init(&options, 5, 0, 1, NULL, 0));
  }
}

int main(void) {
  by_hand();
  strangers();
  every_kind();
  refusals();
  return test_end_program();
}
