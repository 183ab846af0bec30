/* Texts of expressions: parsed, derived, simplified, printed and read again. */
#include "fuzz.h"

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  enum { MOST = 1 << 14 };
  static char text[MOST + 1];
  if (count > MOST) return 0;
  memcpy(text, bytes, count);
  text[count] = 0;
  fs_expression *parsed = NULL, *derivative = NULL, *simple = NULL, *again = NULL;
  fs_expression_size size = {.size = sizeof size};
  if (checked(fs_expression_parse(&parsed, text)) == FS_OK) {
    const size_t variables = fs_expression_variable_count(parsed);
    double points[64], values[64];
    for (int i = 0; i < 64; i++) points[i] = 0.25 * i - 3;
    checked(fs_expression_measure(parsed, &size));
    if (variables <= 64) {
      checked(fs_expression_evaluate(parsed, points, 1, values, 64));
      checked(fs_expression_gradient(parsed, FS_REVERSE, points, 1, values, 64));
      checked(fs_expression_gradient(parsed, FS_FORWARD, points, 1, values, 64));
    }
    if (variables > 0 && checked(fs_expression_derivative(&derivative, parsed, fs_expression_variable(parsed, 0))) == FS_OK)
      checked(fs_expression_simplify(&simple, derivative));
    if (simple) {
      size_t length = 0;
      if (checked(fs_expression_text(simple, NULL, 0, &length)) == FS_OK && length < 1 << 16) {
        char *printed = malloc(length + 1);
        checked(fs_expression_text(simple, printed, length + 1, &length));
        /* What is printed is read. */
        if (checked(fs_expression_parse(&again, printed)) != FS_OK) fprintf(stderr, "%s: %s\n", printed, fs_last_error()), abort();
        free(printed);
      }
    }
  }
  fs_expression_destroy(parsed), fs_expression_destroy(derivative), fs_expression_destroy(simple), fs_expression_destroy(again);
  fuzz_end(0);
  return 0;
}
