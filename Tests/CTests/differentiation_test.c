/* Four ways to a derivative agree; a host's gradient is checked; convolution has the right shapes. */
#include "support.h"

enum { CALLS_BEFORE_FAILURE = 3 };

/* x0^2 x1 + sin(x1), gradient (2 x0 x1, x0^2 + cos(x1)) */
static fs_status smooth(const double *x, size_t count, double *value, void *user) {
  if (user) ++*(int *)user;
  *value = count == 2 ? x[0] * x[0] * x[1] + sin(x[1]) : NAN;
  return FS_OK;
}

static fs_status right(const double *x, size_t count, double *gradient, void *user) {
  (void)count, (void)user;
  gradient[0] = 2 * x[0] * x[1];
  gradient[1] = x[0] * x[0] + cos(x[1]);
  return FS_OK;
}

static fs_status wrong(const double *x, size_t count, double *gradient, void *user) {
  right(x, count, gradient, user);
  gradient[1] += 1;
  return FS_OK;
}

/* Writes one of its two numbers. */
static fs_status partial(const double *x, size_t count, double *gradient, void *user) {
  (void)x, (void)count, (void)user;
  gradient[0] = 0;
  return FS_OK;
}

static fs_status fails(const double *x, size_t count, double *value, void *user) {
  (void)x, (void)count;
  *value = 1;
  return ++*(int *)user > CALLS_BEFORE_FAILURE ? FS_IO : FS_OK;
}

static fs_status silent(const double *x, size_t count, double *value, void *user) {
  (void)x, (void)count, (void)value, (void)user;
  return FS_OK;
}

/* Uses the library, and fails inside it, from within its own call. */
static fs_status reentrant(const double *x, size_t count, double *value, void *user) {
  double derivative;
  fs_differentiate((fs_function)99, FS_FORWARD, x, count, NULL, NULL, count);
  fs_status status = fs_differentiate(FS_FUNCTION_TANH, FS_FORWARD, x, 1, value, &derivative, 1);
  return user ? FS_CANCELLED : status;
}

static fs_status kinked(const double *x, size_t count, double *value, void *user) {
  (void)count, (void)user;
  *value = fabs(x[0] - 1.5e-6);
  return FS_OK;
}

static void functions(void) {
  TEST("all four ways agree on every function") {
    const double x[3] = {0.3, 1, 2.5};
    for (int f = FS_FUNCTION_EXP; f <= FS_FUNCTION_SIGN; f++) {
      double value[4][3], derivative[4][3];
      for (int way = FS_FORWARD; way <= FS_SYMBOLIC; way++)
        CHECK_OK(fs_differentiate((fs_function)f, (fs_differentiation)way, x, 3, value[way], derivative[way], 3));
      for (int i = 0; i < 3; i++) {
        CHECK_NEAR(value[FS_REVERSE][i], value[FS_FORWARD][i], 1e-14);
        CHECK_NEAR(value[FS_NUMERIC][i], value[FS_FORWARD][i], 1e-14);
        CHECK_NEAR(value[FS_SYMBOLIC][i], value[FS_FORWARD][i], 1e-14);
        CHECK_NEAR(derivative[FS_SYMBOLIC][i], derivative[FS_FORWARD][i], 1e-13);
        CHECK_NEAR(derivative[FS_REVERSE][i], derivative[FS_FORWARD][i], 1e-13);
        CHECK_NEAR(derivative[FS_NUMERIC][i], derivative[FS_FORWARD][i], 1e-7);
      }
    }
  }
  TEST("tanh at 1 is the C library's, its derivative 1 - tanh(1)^2") {
    const double x = 1;
    double value = 0, derivative = 0;
    CHECK_OK(fs_differentiate(FS_FUNCTION_TANH, FS_FORWARD, &x, 1, &value, &derivative, 1));
    CHECK_NEAR(value, tanh(1), 1e-15);
    CHECK_NEAR(derivative, 1 - tanh(1) * tanh(1), 1e-15);
  }
  TEST("either answer may be left out, and no numbers are fine") {
    const double x = 4;
    double value = 0, derivative = 0;
    CHECK_OK(fs_differentiate(FS_FUNCTION_SQRT, FS_REVERSE, &x, 1, &value, NULL, 1));
    CHECK(value == 2);
    CHECK_OK(fs_differentiate(FS_FUNCTION_SQRT, FS_REVERSE, &x, 1, NULL, &derivative, 1));
    CHECK(derivative == 0.25);
    for (int way = FS_FORWARD; way <= FS_SYMBOLIC; way++)
      CHECK_OK(fs_differentiate(FS_FUNCTION_SQRT, (fs_differentiation)way, &x, 0, &value, &derivative, 0));
  }
  TEST("where a function has no value there is NaN") {
    const double x[2] = {-1, NAN};
    double value[2] = {0, 0}, derivative[2];
    for (int way = FS_FORWARD; way <= FS_SYMBOLIC; way++) {
      CHECK_OK(fs_differentiate(FS_FUNCTION_LOG, (fs_differentiation)way, x, 2, value, derivative, 2));
      CHECK(isnan(value[0]) && isnan(value[1]));
    }
  }
  TEST("unknown functions and ways, NULL and sizes beyond memory are refused") {
    const double x = 1;
    double value;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_differentiate((fs_function)12, FS_FORWARD, &x, 1, &value, NULL, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_differentiate((fs_function)-1, FS_FORWARD, &x, 1, &value, NULL, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_differentiate(FS_FUNCTION_EXP, (fs_differentiation)4, &x, 1, &value, NULL, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_differentiate(FS_FUNCTION_EXP, FS_FORWARD, NULL, 1, &value, NULL, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, value, fs_differentiate(FS_FUNCTION_EXP, FS_FORWARD, &x, SIZE_MAX, &value, NULL, SIZE_MAX));
  }
}

static void gradients(void) {
  const double x[2] = {0.7, -1.3};
  fs_gradient_report report = {.size = sizeof report};
  TEST("a right gradient passes") {
    CHECK_OK(fs_gradient_check(smooth, right, NULL, x, 2, NULL, &report));
    CHECK(report.passed == 1 && report.ratio <= 1 && report.index < 2);
  }
  TEST("a wrong gradient is caught with its index and both numbers") {
    CHECK_OK(fs_gradient_check(smooth, wrong, NULL, x, 2, NULL, &report));
    CHECK(report.passed == 0 && report.index == 1 && report.ratio > 1);
    CHECK_NEAR(report.analytic, 0.49 + cos(1.3) + 1, 1e-14);
    CHECK_NEAR(report.numeric, 0.49 + cos(1.3), 1e-8);
    CHECK_NEAR(report.ratio, 1 / (1e-5 + 1e-3 * report.numeric), 0.01);
  }
  TEST("the numeric gradient takes two calls a number") {
    double gradient[2];
    int calls = 0;
    CHECK_OK(fs_gradient_numeric(smooth, &calls, x, 2, NULL, gradient, sizeof gradient / sizeof *gradient));
    CHECK(calls == 4);
    CHECK_NEAR(gradient[0], -1.82, 1e-8);
    CHECK_NEAR(gradient[1], 0.49 + cos(1.3), 1e-8);
  }
  TEST("without a gradient a kink is told from a smooth point") {
    const double zero = 0;
    CHECK_OK(fs_gradient_check(smooth, NULL, NULL, x, 2, NULL, &report));
    CHECK(report.passed == 1);
    CHECK_OK(fs_gradient_check(kinked, NULL, NULL, &zero, 1, NULL, &report));
    CHECK(report.passed == 0);
  }
  TEST("NaN and numbers that are not written are reported") {
    CHECK_OK(fs_gradient_check(silent, right, NULL, x, 2, NULL, &report));
    CHECK(report.passed == 0 && isinf(report.ratio) && isnan(report.numeric));
    CHECK_OK(fs_gradient_check(smooth, partial, NULL, x, 2, NULL, &report));
    CHECK(report.passed == 0 && report.index == 1 && isinf(report.ratio) && isnan(report.analytic));
  }
  TEST("what a callback answers comes out") {
    int calls = 0;
    CHECK_REFUSED(FS_IO, report, fs_gradient_check(fails, NULL, &calls, x, 2, NULL, &report));
    CHECK(calls == CALLS_BEFORE_FAILURE + 1 && strstr(fs_last_error(), "FS_IO"));
    double gradient[2];
    CHECK_REFUSED(FS_CANCELLED, gradient, fs_gradient_numeric(reentrant, &calls, x, 2, NULL, gradient, sizeof gradient / sizeof *gradient));
    CHECK_OK(fs_gradient_numeric(reentrant, NULL, x, 2, NULL, gradient, sizeof gradient / sizeof *gradient));
    CHECK_NEAR(gradient[0], 1 - tanh(0.7) * tanh(0.7), 1e-8);
    CHECK(gradient[1] == 0);
  }
  TEST("options have defaults and ranges") {
    fs_gradient_options options;
    CHECK_OK(fs_gradient_options_init(&options, sizeof options));
    CHECK(options.size == sizeof options && options.step == 1e-6 && options.absolute == 1e-5 && options.relative == 1e-3);
    const double steps[] = {0, -1, 2, NAN, 1e-300, INFINITY}, tolerances[] = {-1, NAN, INFINITY};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
      options.step = steps[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(smooth, right, NULL, x, 2, &options, &report));
    }
    options.step = 1e-4;
    CHECK_OK(fs_gradient_check(smooth, right, NULL, x, 2, &options, &report));
    for (size_t i = 0; i < sizeof tolerances / sizeof *tolerances; i++) {
      options.absolute = tolerances[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(smooth, right, NULL, x, 2, &options, &report));
    }
    options.absolute = options.relative = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(smooth, right, NULL, x, 2, &options, &report));
    options.size = 8;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(smooth, right, NULL, x, 2, &options, &report));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gradient_options_init(NULL, sizeof options));
  }
  TEST("NULL, no numbers and numbers that are not finite are refused") {
    const double bad[2] = {1, INFINITY};
    double gradient[2];
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(NULL, right, NULL, x, 2, NULL, &report));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(smooth, right, NULL, NULL, 2, NULL, &report));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(smooth, right, NULL, x, 0, NULL, &report));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(smooth, right, NULL, x, SIZE_MAX, NULL, &report));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, report, fs_gradient_check(smooth, right, NULL, bad, 2, NULL, &report));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gradient_check(smooth, right, NULL, x, 2, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_gradient_numeric(smooth, NULL, x, 2, NULL, NULL, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gradient, fs_gradient_numeric(NULL, NULL, x, 2, NULL, gradient, sizeof gradient / sizeof *gradient));
  }
}

static void convolutions(void) {
  static float ones[14 * 14 * 14], y[10 * 10 * 10 * 16];
  for (int i = 0; i < 14 * 14 * 14; i++) ones[i] = 1;
  size_t shape[5];
  TEST("14x1 with 16 filters of 5 gives 10x16") {
    const size_t x[3] = {1, 14, 1}, w[3] = {16, 1, 5};
    CHECK_OK(fs_convolve(1, ones, x, ones, w, NULL, 1, 0, y, 160, shape));
    CHECK(shape[0] == 1 && shape[1] == 10 && shape[2] == 16);
    for (int i = 0; i < 160; i++) CHECK(y[i] == 5);
  }
  TEST("14x14x14x1 with 16 filters of 5x5x5 gives 10x10x10x16") {
    const size_t x[5] = {1, 14, 14, 14, 1}, w[5] = {16, 1, 5, 5, 5};
    CHECK_OK(fs_convolve(3, ones, x, ones, w, NULL, 1, 0, NULL, 0, shape));
    CHECK(shape[0] == 1 && shape[1] == 10 && shape[2] == 10 && shape[3] == 10 && shape[4] == 16);
    CHECK_OK(fs_convolve(3, ones, x, ones, w, NULL, 1, 0, y, sizeof y / sizeof *y, shape));
    for (int i = 0; i < 16000; i++) CHECK(y[i] == 125);
  }
  TEST("two axes with stride, padding and bias give the numbers worked by hand") {
    const float x[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, w[4] = {1, 10, 100, 1000}, bias = 0.5f;
    const size_t xs[4] = {1, 3, 3, 1}, ws[4] = {1, 1, 2, 2};
    CHECK_OK(fs_convolve(2, x, xs, w, ws, &bias, 2, 1, y, 4, shape));
    CHECK(shape[1] == 2 && shape[2] == 2);
    CHECK(y[0] == 1000.5f && y[1] == 3200.5f && y[2] == 7040.5f && y[3] == 9865.5f);
  }
  TEST("shapes that do not fit are refused") {
    const size_t x[5] = {1, 4, 1, 1, 1}, w[5] = {1, 1, 5, 1, 1}, fits[5] = {1, 1, 3, 1, 1}, huge[5] = {SIZE_MAX, 4, 1, 1, 1};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(1, ones, x, ones, w, NULL, 1, 0, y, 99, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(0, ones, x, ones, fits, NULL, 1, 0, y, 99, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(4, ones, x, ones, fits, NULL, 1, 0, y, 99, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(1, ones, x, ones, fits, NULL, 0, 0, y, 99, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(1, ones, x, ones, fits, NULL, 1, SIZE_MAX, y, 99, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(1, ones, x, ones, fits, NULL, 1, 0, y, 1, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(1, NULL, x, ones, fits, NULL, 1, 0, y, 99, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(1, ones, x, NULL, fits, NULL, 1, 0, y, 99, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(1, ones, NULL, ones, fits, NULL, 1, 0, y, 99, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_convolve(1, ones, huge, ones, fits, NULL, 1, 0, y, 99, shape));
    CHECK_REFUSED(TEST_ANY_FAILURE, shape, fs_convolve(1, ones, x, ones, fits, NULL, 1, 0, NULL, 99, shape));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_convolve(1, ones, x, ones, fits, NULL, 1, 0, y, 99, NULL));
  }
}

int main(void) {
  functions();
  gradients();
  convolutions();
  return test_end_program();
}
