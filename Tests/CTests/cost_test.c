/* Losses and costs: cases worked by hand, the course notebook's printed numbers, refusals. */
#include "support.h"

static void by_hand(void) {
  double value = -1;
  TEST("the triplet loss is zero when the negative is far") {
    const float a[2] = {0, 0}, p[2] = {1, 0}, n[2] = {0, 2}; /* 1 - 4 + 0.2 < 0 */
    CHECK_OK(fs_triplet_loss(a, p, n, 1, 2, 0.2f, FS_SUM, &value));
    CHECK(value == 0);
  }
  TEST("the triplet loss is the margin when both are equally far") {
    const float a[2] = {0, 0}, p[2] = {1, 0}, n[2] = {0, 1};
    CHECK_OK(fs_triplet_loss(a, p, n, 1, 2, 0.25f, FS_SUM, &value));
    CHECK_NEAR(value, 0.25, 1e-6);
  }
  TEST("the triplet loss sums or averages over its rows") {
    const float a[4] = {0, 0, 0, 0}, p[4] = {2, 0, 1, 0}, n[4] = {0, 1, 0, 2}; /* rows: 4 - 1 + 0.5, 0 */
    CHECK_OK(fs_triplet_loss(a, p, n, 2, 2, 0.5f, FS_SUM, &value));
    CHECK_NEAR(value, 3.5, 1e-6);
    CHECK_OK(fs_triplet_loss(a, p, n, 2, 2, 0.5f, FS_MEAN, &value));
    CHECK_NEAR(value, 1.75, 1e-6);
  }
  const float generated[4] = {1, 2, 3, 4}, zeros[4] = {0}; /* two pixels of two channels */
  TEST("the content cost is the factor of its variant times the squared difference") {
    CHECK_OK(fs_content_cost(generated, zeros, 1, 2, 2, FS_COST_NORMALISED, &value));
    CHECK_NEAR(value, 30.0 / 16, 1e-6);
    CHECK_OK(fs_content_cost(generated, zeros, 1, 2, 2, FS_COST_LECTURE, &value));
    CHECK_NEAR(value, 15, 1e-5);
    CHECK_OK(fs_content_cost(generated, generated, 2, 1, 2, FS_COST_NORMALISED, &value));
    CHECK(value == 0);
  }
  TEST("the Gram matrix is a times its transpose") {
    float gram[4] = {0}, one[1] = {0};
    CHECK_OK(fs_gram_matrix(generated, 2, 2, gram, sizeof gram / sizeof *gram)); /* rows (1,2) and (3,4) */
    CHECK(gram[0] == 5 && gram[1] == 11 && gram[2] == 11 && gram[3] == 25);
    CHECK_OK(fs_gram_matrix(generated, 1, 4, one, sizeof one / sizeof *one));
    CHECK(one[0] == 30);
  }
  TEST("the style cost compares Gram matrices over the pixels") {
    /* Channels (1,3) and (2,4): Gram 10 14 / 14 20; squares sum to 892. */
    CHECK_OK(fs_style_cost(generated, zeros, 1, 2, 2, FS_COST_NORMALISED, &value));
    CHECK_NEAR(value, 892.0 / 64, 1e-5);
    CHECK_OK(fs_style_cost(generated, zeros, 2, 1, 2, FS_COST_LECTURE, &value));
    CHECK_NEAR(value, 892.0 / 8, 1e-4);
    const float swapped[4] = {3, 4, 1, 2}; /* the same pixels in another order are the same style */
    CHECK_OK(fs_style_cost(generated, swapped, 1, 2, 2, FS_COST_NORMALISED, &value));
    CHECK(value == 0);
  }
  TEST("one channel, one pixel and one row are sizes like any other") {
    float gram[9];
    const float column[3] = {1, 2, 3}, two = 2, one = 1;
    CHECK_OK(fs_gram_matrix(column, 3, 1, gram, sizeof gram / sizeof *gram));
    for (int i = 0; i < 9; i++) CHECK(gram[i] == column[i / 3] * column[i % 3]);
    CHECK_OK(fs_style_cost(generated, zeros, 2, 2, 1, FS_COST_NORMALISED, &value)); /* Gram 30; 900 / (4 16) */
    CHECK_NEAR(value, 900.0 / 64, 1e-5);
    CHECK_OK(fs_style_cost(&two, &one, 1, 1, 1, FS_COST_NORMALISED, &value)); /* (4 - 1)^2 / 4 */
    CHECK_NEAR(value, 2.25, 1e-6);
    CHECK_OK(fs_content_cost(&two, &one, 1, 1, 1, FS_COST_LECTURE, &value));
    CHECK_NEAR(value, 0.5, 1e-6);
    CHECK_OK(fs_triplet_loss(&two, &one, &one, 1, 1, 0.5f, FS_MEAN, &value));
    CHECK_NEAR(value, 0.5, 1e-6);
  }
  TEST("the total cost is alpha content plus beta style") {
    CHECK_OK(fs_total_cost(1.5, 0.25, 10, 40, &value));
    CHECK(value == 25);
  }
  TEST("odd sizes agree with a plain loop") {
    enum { H = 5, W = 7, C = 3, N = H * W * C };
    float a[N], b[N];
    double content = 0, style = 0;
    for (int i = 0; i < N; i++) a[i] = (float)sin(i), b[i] = (float)cos(3 * i);
    for (int i = 0; i < N; i++) content += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
    for (int i = 0; i < C; i++)
      for (int j = 0; j < C; j++) {
        double difference = 0;
        for (int k = 0; k < H * W; k++) difference += (double)a[k * C + i] * a[k * C + j] - (double)b[k * C + i] * b[k * C + j];
        style += difference * difference;
      }
    CHECK_OK(fs_content_cost(a, b, H, W, C, FS_COST_NORMALISED, &value));
    CHECK_NEAR(value, content / (4.0 * N), 1e-5 * content / (4.0 * N));
    CHECK_OK(fs_style_cost(a, b, H, W, C, FS_COST_NORMALISED, &value));
    CHECK_NEAR(value, style / (4.0 * C * C * H * W * H * W), 1e-4 * style / (4.0 * C * C * H * W * H * W));
  }
}

/* ---- The notebook ---- */

static float *floats(const char *json, const char *section, const char *key, size_t wanted) {
  size_t count;
  double *numbers = json_numbers(json, section, key, &count);
  float *result = numbers && count == wanted ? malloc(count * sizeof *result) : NULL;
  for (size_t i = 0; result && i < count; i++) result[i] = (float)numbers[i];
  free(numbers);
  return result;
}

static double number(const char *json, const char *section, const char *key) {
  size_t count;
  double *numbers = json_numbers(json, section, key, &count), result = numbers && count == 1 ? numbers[0] : NAN;
  free(numbers);
  return result;
}

/* The notebook printed six digits. */
static bool prints(double value, const char *wanted) {
  char text[40];
  snprintf(text, sizeof text, "%.6g", value);
  if (strcmp(text, wanted) == 0) return true;
  printf("  %.17g prints as %s; expected %s\n", value, text, wanted);
  return false;
}

static void notebook(void) {
  if (!have(shared_path("fixtures/notebook.json"), "the notebook's numbers")) return;
  size_t count;
  char *json = (char *)read_file(shared_path("fixtures/notebook.json"), &count);
  double value = 0;
  TEST("the notebook's triplet loss is 528.143") {
    float *a = floats(json, "triplet", "anchor", 384), *p = floats(json, "triplet", "positive", 384);
    float *n = floats(json, "triplet", "negative", 384);
    REQUIRE(a && p && n);
    CHECK_OK(fs_triplet_loss(a, p, n, 3, 128, 0.2f, FS_SUM, &value));
    CHECK(prints(value, "528.143"));
    free(a), free(p), free(n);
  }
  TEST("the notebook's content cost is 6.76559") {
    float *c = floats(json, "content", "a_C", 48), *g = floats(json, "content", "a_G", 48);
    REQUIRE(c && g);
    CHECK_OK(fs_content_cost(g, c, 4, 4, 3, FS_COST_NORMALISED, &value));
    CHECK(prints(value, "6.76559"));
    free(c), free(g);
  }
  TEST("the notebook's Gram matrix has its nine numbers") {
    float *a = floats(json, "gram", "A", 6), *wanted = floats(json, "gram", "expected", 9), gram[9];
    REQUIRE(a && wanted);
    CHECK_OK(fs_gram_matrix(a, 3, 2, gram, sizeof gram / sizeof *gram));
    /* Printed with nine digits, of which a Float holds seven: 2e-6 is one unit of its last place at 19. */
    for (int i = 0; i < 9; i++) CHECK_NEAR(gram[i], wanted[i], 2e-6);
    free(a), free(wanted);
  }
  TEST("the notebook's style cost is 9.19028") {
    float *s = floats(json, "style", "a_S", 48), *g = floats(json, "style", "a_G", 48);
    REQUIRE(s && g);
    CHECK_OK(fs_style_cost(g, s, 4, 4, 3, FS_COST_NORMALISED, &value));
    CHECK(prints(value, "9.19028"));
    free(s), free(g);
  }
  TEST("the notebook's total cost is 35.34667875478276") {
    CHECK_OK(fs_total_cost(number(json, "total", "J_content"), number(json, "total", "J_style"), 10, 40, &value));
    char text[40];
    snprintf(text, sizeof text, "%.16g", value);
    CHECK(strcmp(text, "35.34667875478276") == 0);
  }
  free(json);
}

static void refusals(void) {
  float a[8] = {1, 2, 3, 4, 5, 6, 7, 8}, gram[4];
  double value;
  TEST("the triplet loss refuses NULL, nothing, sizes that overflow and NaN") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(NULL, a, a, 1, 2, 0.2f, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, NULL, a, 1, 2, 0.2f, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, NULL, 1, 2, 0.2f, FS_SUM, &value));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_triplet_loss(a, a, a, 1, 2, 0.2f, FS_SUM, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, 0, 2, 0.2f, FS_MEAN, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, 1, 0, 0.2f, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, SIZE_MAX, 2, 0.2f, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, 2, SIZE_MAX, 0.2f, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, SIZE_MAX / 2 + 1, 2, 0.2f, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, SIZE_MAX / 4 + 1, 1, 0.2f, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, 1, 2, NAN, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, 1, 2, INFINITY, FS_SUM, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, 1, 2, 0.2f, (fs_reduction)3, &value));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_triplet_loss(a, a, a, 1, 2, 0.2f, (fs_reduction)0xffffffffu, &value));
  }
  /* The two costs take the same arguments. */
  fs_status (*const costs[2])(const float *, const float *, size_t, size_t, size_t, fs_cost_variant, double *) = {
      fs_content_cost, fs_style_cost};
  const char *const sentences[2] = {"the content cost refuses NULL, nothing and sizes that overflow",
                                    "the style cost refuses NULL, nothing and sizes that overflow"};
  for (int i = 0; i < 2; i++) {
    TEST(sentences[i]) {
      CHECK_REFUSED(FS_INVALID_ARGUMENT, value, costs[i](NULL, a, 1, 2, 2, FS_COST_NORMALISED, &value));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, value, costs[i](a, NULL, 1, 2, 2, FS_COST_NORMALISED, &value));
      CHECK_STATUS(FS_INVALID_ARGUMENT, costs[i](a, a, 1, 2, 2, FS_COST_NORMALISED, NULL));
      static const size_t sizes[][3] = {{0, 2, 2}, {1, 0, 2}, {1, 2, 0}, {SIZE_MAX, 2, 2}, {1, SIZE_MAX, 2}, {1, 2, SIZE_MAX},
                                        {SIZE_MAX / 2 + 1, 2, 1}, {(size_t)1 << 32, (size_t)1 << 32, 1}, {SIZE_MAX / 4 + 1, 1, 1},
                                        {1, 1, SIZE_MAX / 4 + 1}, {SIZE_MAX, SIZE_MAX, SIZE_MAX}};
      for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++)
        CHECK_REFUSED(FS_INVALID_ARGUMENT, value,
                      costs[i](a, a, sizes[k][0], sizes[k][1], sizes[k][2], FS_COST_NORMALISED, &value));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, value, costs[i](a, a, 1, 2, 2, (fs_cost_variant)4, &value));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, value, costs[i](a, a, 1, 2, 2, (fs_cost_variant)0xffffffffu, &value));
    }
  }
  TEST("the Gram matrix refuses NULL, nothing and sizes that overflow") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gram, fs_gram_matrix(NULL, 2, 2, gram, sizeof gram / sizeof *gram));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gram_matrix(a, 2, 2, NULL, 0));
    static const size_t sizes[][2] = {{0, 2}, {2, 0}, {SIZE_MAX, 1}, {1, SIZE_MAX}, {SIZE_MAX / 2 + 1, 2}, {(size_t)1 << 32, 1},
                                      {2, SIZE_MAX / 8 + 1}, {SIZE_MAX, SIZE_MAX}};
    for (unsigned k = 0; k < sizeof sizes / sizeof *sizes; k++)
      CHECK_REFUSED(FS_INVALID_ARGUMENT, gram, fs_gram_matrix(a, sizes[k][0], sizes[k][1], gram, sizeof gram / sizeof *gram));
  }
  TEST("the total cost refuses NULL") { CHECK_STATUS(FS_INVALID_ARGUMENT, fs_total_cost(1, 2, 10, 40, NULL)); }
  TEST("numbers that are none give an error or a number that is none") {
    float none[4] = {NAN, INFINITY, -INFINITY, FLT_MAX};
    double values[3] = {NAN, INFINITY, DBL_MAX};
    CHECK_STATUS(TEST_ANY_STATUS, fs_triplet_loss(none, a, a, 2, 2, 0.2f, FS_MEAN, &value));
    CHECK_STATUS(TEST_ANY_STATUS, fs_triplet_loss(a, a, a, 2, 2, -FLT_MAX, FS_MEAN, &value));
    CHECK_STATUS(TEST_ANY_STATUS, fs_content_cost(none, a, 1, 2, 2, FS_COST_LECTURE, &value));
    CHECK_STATUS(TEST_ANY_STATUS, fs_style_cost(none, a, 1, 2, 2, FS_COST_LECTURE, &value));
    CHECK_STATUS(TEST_ANY_STATUS, fs_gram_matrix(none, 2, 2, gram, sizeof gram / sizeof *gram));
    for (int i = 0; i < 3; i++) {
      CHECK_STATUS(TEST_ANY_STATUS, fs_total_cost(values[i], 1, 10, 40, &value));
      CHECK_STATUS(TEST_ANY_STATUS, fs_total_cost(1, values[i], 10, 40, &value));
      CHECK_STATUS(TEST_ANY_STATUS, fs_total_cost(1, 1, values[i], 40, &value));
      CHECK_STATUS(TEST_ANY_STATUS, fs_total_cost(1, 1, 10, values[i], &value));
    }
  }
}

int main(void) {
  by_hand();
  notebook();
  refusals();
  return test_end_program();
}
