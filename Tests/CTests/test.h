/* A test program is a list of sentences:
 *
 *   TEST("is zero when the negative is far") {
 *     double loss = 1;
 *     CHECK_OK(fs_triplet_loss(a, p, n, 1, 2, 0.2f, FS_SUM, &loss));
 *     CHECK(loss == 0);
 *   }
 *
 * and ends with `return test_end_program();`. A failed sentence is printed once with the line of each
 * failed check. Checks are made by the main thread; other threads hand their results to it. */
#ifndef TEST_H
#define TEST_H

#define _XOPEN_SOURCE 700 /* mkdtemp, fork, pthreads under -std=c11 */

#include <facestyle.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEST_SHOWN 8 /* failed checks of one sentence that are printed */

static struct {
  const char *sentence;
  unsigned passed, failed, skipped;
  unsigned failed_checks; /* of this sentence */
  bool sentence_skipped;
} test;

static inline int test_begin(const char *sentence) {
  test.sentence = sentence;
  test.failed_checks = 0;
  test.sentence_skipped = false;
  return 1;
}

static inline int test_end(void) {
  if (test.failed_checks > TEST_SHOWN) printf("  and %u more\n", test.failed_checks - TEST_SHOWN);
  if (test.failed_checks) test.failed++;
  else if (test.sentence_skipped) test.skipped++;
  else test.passed++;
  fflush(stdout);
  return 0;
}

#define TEST(sentence) for (int test_running = test_begin(sentence); test_running; test_running = test_end())

/* Leaves the sentence, with the reason on a line. Not inside a loop of the sentence. */
#define SKIP(reason)                    \
  {                                     \
    test.sentence_skipped = true;       \
    printf("skipped: %s\n", (reason));  \
    continue;                           \
  }

/* Instead of a group of sentences that need a file which is not there. */
static inline void test_skip_group(const char *reason) {
  printf("skipped: %s\n", reason);
  test.skipped++;
}

static inline bool test_check(bool holds, const char *file, int line, const char *text) {
  if (holds) return true;
  if (test.failed_checks++ == 0) printf("FAILED: %s\n", test.sentence);
  if (test.failed_checks <= TEST_SHOWN) printf("  %s:%d: %s\n", file, line, text);
  return false;
}

#define CHECK(condition) test_check(condition, __FILE__, __LINE__, #condition)
/* The rest of the sentence makes no sense without this. Not inside a loop of the sentence. */
#define REQUIRE(condition) \
  if (!CHECK(condition)) continue

static inline bool test_near(double value, double wanted, double tolerance, const char *file, int line,
                             const char *text) {
  char message[400];
  snprintf(message, sizeof message, "%s is %.17g; expected %.17g within %g", text, value, wanted, tolerance);
  return test_check(fabs(value - wanted) <= tolerance, file, line, message);
}

#define CHECK_NEAR(value, wanted, tolerance) test_near(value, wanted, tolerance, __FILE__, __LINE__, #value)

#define TEST_ANY_FAILURE (-1)  /* any status but FS_OK: the header leaves it open which */
#define TEST_ANY_STATUS (-2)   /* the header leaves it open whether this is an error */

/* Every answer comes with the right fs_last_error: "" after FS_OK, else one line. FS_INTERNAL is a bug of
 * the library whatever the caller did. */
static inline bool test_status(fs_status seen, int wanted, const char *file, int line, const char *call) {
  const char *error = fs_last_error();
  char message[1200];
  bool right = wanted == TEST_ANY_STATUS    ? seen != FS_INTERNAL
               : wanted == TEST_ANY_FAILURE ? seen != FS_OK && seen != FS_INTERNAL
                                            : (int)seen == wanted;
  snprintf(message, sizeof message, "%s answers %s \"%s\"; expected %s", call, fs_status_name(seen), error ? error : "(NULL)",
           wanted == TEST_ANY_STATUS    ? "anything but FS_INTERNAL"
           : wanted == TEST_ANY_FAILURE ? "a refusal"
                                        : fs_status_name((fs_status)wanted));
  if (!test_check(right, file, line, message)) return false;
  if (!test_check(error != NULL, file, line, "fs_last_error() is NULL")) return false;
  if (seen == FS_OK) {
    snprintf(message, sizeof message, "%s answers FS_OK, but fs_last_error() is \"%s\"", call, error);
    return test_check(error[0] == 0, file, line, message);
  }
  snprintf(message, sizeof message, "%s fails, but fs_last_error() is not one line: \"%s\"", call, error);
  return test_check(error[0] != 0 && !strpbrk(error, "\r\n"), file, line, message);
}

#define CHECK_STATUS(wanted, call) test_status((call), wanted, __FILE__, __LINE__, #call)
#define CHECK_OK(call) CHECK_STATUS(FS_OK, call)
#define REQUIRE_OK(call) \
  if (!CHECK_OK(call)) continue

static inline bool test_untouched(const void *object, size_t size) {
  for (size_t i = 0; i < size; i++)
    if (((const unsigned char *)object)[i] != 0x5e) return false;
  return true;
}

/* Structs for answers that begin with their size. */
#define IS_SIZED_ANSWER(object)                                                                     \
  _Generic((object), fs_quality: 1, fs_identity: 1, fs_gallery_identity: 1, fs_enrolment: 1,        \
           fs_gallery_report: 1, fs_gradient_report: 1, fs_evaluation: 1, fs_calibration: 1,        \
           fs_architecture_info: 1, fs_layer_info: 1, fs_host_info: 1, fs_model_info: 1,            \
           fs_analysed_face: 1, fs_liveness_verdict: 1, fs_optional_library: 1, default: 0)

/* Bytes that nobody writes, behind the size of a struct that begins with one. */
static inline void test_mark(void *object, size_t size, bool is_sized) {
  memset(object, 0x5e, size);
  if (is_sized) memcpy(object, &size, sizeof size);
}

static inline bool test_left_alone(const void *object, size_t size, bool is_sized) {
  if (!is_sized) return test_untouched(object, size);
  return memcmp(object, &size, sizeof size) == 0 &&
         test_untouched((const char *)object + sizeof size, size - sizeof size);
}

/* `call` is refused and leaves `object`, which it would write, as it was. */
#define CHECK_REFUSED(wanted, object, call)                                                     \
  do {                                                                                          \
    test_mark(&(object), sizeof(object), IS_SIZED_ANSWER(object));                              \
    if (CHECK_STATUS(wanted, call))                                                             \
      test_check(test_left_alone(&(object), sizeof(object), IS_SIZED_ANSWER(object)), __FILE__,   \
                 __LINE__, #call " fails, but has written " #object);                           \
  } while (0)

static inline int test_end_program(void) {
  TEST("every handle is destroyed at the end of the program") {
    size_t alive = fs_debug_live_handles();
    CHECK_NEAR((double)alive, 0, 0);
  }
  printf("%u passed, %u failed, %u skipped\n", test.passed, test.failed, test.skipped);
  return test.failed ? 1 : 0;
}

#endif
