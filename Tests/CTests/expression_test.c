/* Formulas are parsed, derived, simplified, printed and evaluated; four ways to a gradient agree; no text is too hostile. */
#include "support.h"

#include <pthread.h>

/* NULL for a text that is refused. */
static fs_expression *parsed(const char *text) {
  fs_expression *expression = NULL;
  fs_expression_parse(&expression, text);
  return expression;
}

static bool reads(const fs_expression *expression, const char *wanted) {
  char text[1000];
  if (fs_expression_text(expression, text, sizeof text, NULL) != FS_OK) return false;
  if (strcmp(text, wanted) == 0) return true;
  printf("  the text is %s\n", text);
  return false;
}

static bool derives(const char *text, const char *variable, bool simplified, const char *wanted) {
  fs_expression *whole = parsed(text), *slope = NULL, *simple = NULL;
  bool right = fs_expression_derivative(&slope, whole, variable) == FS_OK &&
               fs_expression_simplify(&simple, slope) == FS_OK && reads(simplified ? simple : slope, wanted);
  fs_expression_destroy(whole);
  fs_expression_destroy(slope);
  fs_expression_destroy(simple);
  return right;
}

static bool simplifies(const char *text, const char *wanted) {
  fs_expression *whole = parsed(text), *simple = NULL;
  bool right = fs_expression_simplify(&simple, whole) == FS_OK && reads(simple, wanted);
  fs_expression_destroy(whole);
  fs_expression_destroy(simple);
  return right;
}

/* `count` times `open`, `middle`, `count` times `close`; free it. */
static char *nested(const char *open, const char *middle, const char *close, size_t count) {
  size_t length = count * (strlen(open) + strlen(close)) + strlen(middle);
  char *text = malloc(length + 1), *end = text;
  if (!text) return NULL;
  for (size_t i = 0; i < count; i++) end = stpcpy(end, open);
  end = stpcpy(end, middle);
  for (size_t i = 0; i < count; i++) end = stpcpy(end, close);
  *end = 0;
  return text;
}

static void texts(void) {
  TEST("a text is printed so that it is the same expression again") {
    const char *const same[] = {
        "p0 + p1*x + exp(sin(x)/x)^2", "-x^2", "(-x)^2", "2^(-x)*y", "x^y^z", "(x^y)^z", "x - (y - z)", "x - y - z", "x/(y*z)",
        "x/y*z", "-(x + y)", "-(-x)", "1e+300*x", "0.1", "x - (-2)", "5e-324", "(-2)^x", "square(reciprocal(x))",
        "absolute(sign(x))", "softplus(sigmoid(tanh(x)))", "log(sqrt(cos(_a1)))"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
      fs_expression *expression = parsed(same[i]);
      CHECK(expression != NULL && reads(expression, same[i]));
      fs_expression_destroy(expression);
    }
  }
  TEST("blanks, needless brackets and other forms of a number are left out") {
    fs_expression *expression = parsed(" ( (x)\t*\n2.50 ) + .5e1 - 3. ");
    CHECK(reads(expression, "x*2.5 + 5 - 3"));
    fs_expression_destroy(expression);
  }
  TEST("a number is the nearest double, to its last digit") {
    const double x = 0;
    double value = 0;
    fs_expression *expression = parsed("0.1234567890123456789 + x");
    CHECK_OK(fs_expression_evaluate(expression, &x, 1, &value, 1));
    CHECK(value == 0.1234567890123456789);
    fs_expression_destroy(expression);
  }
  TEST("the length is asked for; too little room is refused") {
    fs_expression *expression = parsed("sin(x)");
    size_t length = 0;
    char text[7];
    CHECK_OK(fs_expression_text(expression, NULL, 0, &length));
    CHECK(length == 6);
    length = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, text, fs_expression_text(expression, text, 6, &length));
    CHECK(length == 6);
    CHECK_OK(fs_expression_text(expression, text, 7, NULL));
    CHECK(strcmp(text, "sin(x)") == 0);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_expression_text(expression, NULL, 7, &length));
    fs_expression_destroy(expression);
  }
  TEST("a text that is none is refused with the position, what was seen and what was expected") {
    static const char *const wrong[][3] = {
        {"2*", "position 3: the end of the text", "expected a number"},
        {"2*)", "position 3: \")\"", "expected a number"},
        {"x y", "position 3: \"y\"", "expected an operator"},
        {"(x", "position 3: the end of the text", "expected \")\" for the bracket at position 1"},
        {"x)", "position 2: \")\"", "no bracket is open"},
        {"foo(x)", "position 1: function \"foo\"", "expected one of exp, log"},
        {"sin x", "position 5: \"x\"", "expected \"(\" behind sin"},
        {"sin()", "position 5: \")\"", "expected a number"},
        {"1e", "position 3: the end", "expected a digit of the exponent"},
        {"1e999", "position 1: number 1e999", "expected at most 1.797"},
        {".", "position 2: the end", "expected a digit"},
        {"1.2.3", "position 4: \".\"", "expected an operator"},
        {"x + \xc3\xa4", "position 5: \"\xc3\xa4\"", "expected a number"},
        {"+x", "position 1: \"+\"", "expected a number"},
        {"x**2", "position 3: \"*\"", "expected a number"},
        {"2x", "position 2: \"x\"", "expected an operator"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
      fs_expression *expression = NULL;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, wrong[i][0]));
      if (!CHECK(strstr(fs_last_error(), wrong[i][1]) && strstr(fs_last_error(), wrong[i][2])))
        printf("  %s: %s\n", wrong[i][0], fs_last_error());
    }
    fs_expression *expression = NULL;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, ""));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, "x + \xff"));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_expression_parse(NULL, "x"));
  }
}

static void rules(void) {
  TEST("a derivative is what the rules say, part by part") {
    CHECK(derives("x*x", "x", false, "1*x + x*1"));
    CHECK(derives("x/y", "y", false, "(0 - x/y*1)/y"));
    CHECK(derives("x^3", "x", false, "3*x^(3 - 1)*1"));
    CHECK(derives("sin(x*y)", "x", false, "cos(x*y)*(1*y + x*0)"));
  }
  /* The derivatives of a table of integrals, in the order that simplification has. */
  TEST("every function's derivative, simplified, is the one of the books") {
    CHECK(derives("exp(x)", "x", true, "exp(x)"));
    CHECK(derives("log(x)", "x", true, "1/x"));
    CHECK(derives("sqrt(x)", "x", true, "1/(2*sqrt(x))"));
    CHECK(derives("sin(x)", "x", true, "cos(x)"));
    CHECK(derives("cos(x)", "x", true, "-sin(x)"));
    CHECK(derives("tanh(x)", "x", true, "1 - tanh(x)^2"));
    CHECK(derives("sigmoid(x)", "x", true, "sigmoid(x)*(1 - sigmoid(x))"));
    CHECK(derives("softplus(x)", "x", true, "sigmoid(x)"));
    CHECK(derives("absolute(x)", "x", true, "sign(x)"));
    CHECK(derives("reciprocal(x)", "x", true, "-1/x^2"));
    CHECK(derives("square(x)", "x", true, "2*x"));
    CHECK(derives("sign(x)", "x", true, "0"));
  }
  TEST("a polynomial's derivative is a polynomial; powers have both rules") {
    CHECK(derives("p0 + p1*x + p2*x^2 + p3*x^3", "x", true, "p1 + 2*p2*x + 3*p3*x^2"));
    CHECK(derives("p0 + p1*x + p2*x^2 + p3*x^3", "p2", true, "x^2"));
    CHECK(derives("x^y", "x", true, "y*x^(y - 1)"));
    CHECK(derives("x^y", "y", true, "x^y*log(x)"));
  }
  TEST("a variable that is not there is not found, and its name comes back") {
    fs_expression *expression = parsed("x*y"), *slope = NULL;
    CHECK_REFUSED(FS_NOT_FOUND, slope, fs_expression_derivative(&slope, expression, "z"));
    CHECK(strstr(fs_last_error(), "\"z\"") && strstr(fs_last_error(), "x, y"));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, slope, fs_expression_derivative(&slope, expression, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, slope, fs_expression_derivative(&slope, NULL, "x"));
    fs_expression_destroy(expression);
  }
  TEST("simplification folds numbers, leaves 0 and 1 out, joins terms, factors and powers") {
    CHECK(simplifies("0*x + 1*y + 2*3", "6 + y"));
    CHECK(simplifies("x + x + y - x", "x + y"));
    CHECK(simplifies("x - x", "0"));
    CHECK(simplifies("x*x*x/x", "x^2"));
    CHECK(simplifies("x^2*x^3*y/y", "x^5"));
    CHECK(simplifies("x^1 + x^0", "1 + x"));
    CHECK(simplifies("(x^2)^3", "x^6"));
    CHECK(simplifies("(2*x)^3", "8*x^3"));
    CHECK(simplifies("x/3 + x/3", "2*x/3"));
    CHECK(simplifies("sqrt(x)*sqrt(x)", "x"));
    CHECK(simplifies("-(-x)", "x"));
    CHECK(simplifies("a - (b - a)", "2*a - b"));
    CHECK(simplifies("sin(y*x) + sin(x*y)", "2*sin(x*y)"));
    CHECK(simplifies("(x + y)*(y + x)", "(x + y)^2"));
  }
  TEST("what has no value, or is too large, is not folded") {
    CHECK(simplifies("1/0", "1/0"));
    CHECK(simplifies("log(0)", "log(0)"));
    CHECK(simplifies("1e300*1e300", "1e+300*1e+300"));
    CHECK(simplifies("(x^2)^0.5", "(x^2)^0.5"));
  }
}

static void values(void) {
  TEST("values are those of the C library, at several points with several variables") {
    fs_expression *expression = parsed("y*exp(sin(x)/x)^2 - x/y");
    const double points[4] = {0.5, 2, -1.5, 0.25};
    double found[2];
    CHECK(fs_expression_variable_count(expression) == 2);
    CHECK(strcmp(fs_expression_variable(expression, 0), "y") == 0 && strcmp(fs_expression_variable(expression, 1), "x") == 0);
    CHECK(fs_expression_variable(expression, 2) == NULL && fs_expression_variable(NULL, 0) == NULL);
    CHECK_OK(fs_expression_evaluate(expression, points, 2, found, 2));
    for (int i = 0; i < 2; i++) {
      const double y = points[2 * i], x = points[2 * i + 1];
      CHECK_NEAR(found[i], y * pow(exp(sin(x) / x), 2) - x / y, 1e-13);
    }
    fs_expression_destroy(expression);
  }
  TEST("where there is no value there is NaN or infinity, and no error") {
    fs_expression *expression = parsed("1/x"), *root = parsed("log(x)");
    const double points[2] = {0, -1};
    double found[2];
    CHECK_OK(fs_expression_evaluate(expression, points, 2, found, 2));
    CHECK(isinf(found[0]) && found[1] == -1);
    CHECK_OK(fs_expression_evaluate(root, points, 2, found, 2));
    CHECK(isinf(found[0]) && isnan(found[1]));
    for (int way = FS_FORWARD; way <= FS_SYMBOLIC; way++) {
      CHECK_OK(fs_expression_gradient(expression, (fs_differentiation)way, points, 1, found, 1));
      CHECK(!isfinite(found[0]) || way == FS_NUMERIC);
    }
    fs_expression_destroy(expression);
    fs_expression_destroy(root);
  }
  TEST("four ways to a gradient agree, simplified or not") {
    const char *const all[] = {
        "p0 + p1*x + exp(sin(x)/x)^2", "x^y*log(x + y^2)", "tanh(x*y)/sqrt(1 + x^2)", "softplus(x - y)*sigmoid(x*y)",
        "absolute(x)*reciprocal(y) + square(x*y)*sign(x)", "cos(x)^3 - x/(y - x)", "-(x*-y)^2/2^x"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
      fs_expression *expression = parsed(all[i]);
      const size_t width = fs_expression_variable_count(expression);
      double points[400], gradients[4][400];
      CHECK(width >= 2 && width <= 4);
      for (size_t k = 0; k < 100 * width; k++) points[k] = 0.2 + 1.7 * (double)((k * 7919 + 13 * (k % width)) % 997) / 997;
      for (int way = FS_FORWARD; way <= FS_SYMBOLIC; way++)
        CHECK_OK(fs_expression_gradient(expression, (fs_differentiation)way, points, 100, gradients[way], 400));
      for (size_t k = 0; k < 100 * width; k++) {
        const double wanted = gradients[FS_FORWARD][k], scale = 1 + fabs(wanted);
        CHECK_NEAR(gradients[FS_REVERSE][k], wanted, 1e-12 * scale);
        CHECK_NEAR(gradients[FS_SYMBOLIC][k], wanted, 1e-12 * scale);
        if (i != 5) CHECK_NEAR(gradients[FS_NUMERIC][k], wanted, 1e-6 * scale);
      }
      for (size_t v = 0; v < width; v++) {
        fs_expression *slope = NULL, *simple = NULL;
        double found[100];
        CHECK_OK(fs_expression_derivative(&slope, expression, fs_expression_variable(expression, v)));
        CHECK_OK(fs_expression_simplify(&simple, slope));
        CHECK_OK(fs_expression_evaluate(simple, points, 100, found, 100));
        for (size_t k = 0; k < 100; k++)
          CHECK_NEAR(found[k], gradients[FS_FORWARD][k * width + v], 1e-11 * (1 + fabs(gradients[FS_FORWARD][k * width + v])));
        fs_expression_destroy(slope);
        fs_expression_destroy(simple);
      }
      fs_expression_destroy(expression);
    }
  }
  TEST("an expression without variables has its value at every point") {
    fs_expression *expression = parsed("2^0.5");
    double found[3] = {0, 0, 0}, none[1];
    CHECK_OK(fs_expression_evaluate(expression, NULL, 3, found, 3));
    CHECK(found[0] == pow(2, 0.5) && found[2] == found[0]);
    CHECK_OK(fs_expression_gradient(expression, FS_REVERSE, NULL, 3, none, 1));
    fs_expression_destroy(expression);
  }
  TEST("NULL, unknown ways, too little room and sizes beyond memory are refused") {
    fs_expression *expression = parsed("x*y");
    const double points[2] = {1, 2};
    double found[2];
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_evaluate(NULL, points, 1, found, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_evaluate(expression, NULL, 1, found, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_evaluate(expression, points, 1, found, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_evaluate(expression, points, SIZE_MAX, found, SIZE_MAX));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_evaluate(expression, points, SIZE_MAX / 4, found, SIZE_MAX / 4));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_expression_evaluate(expression, points, 1, NULL, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_gradient(expression, FS_FORWARD, points, 1, found, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_gradient(expression, (fs_differentiation)4, points, 1, found, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_gradient(NULL, FS_FORWARD, points, 1, found, 2));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_expression_simplify(NULL, expression));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_expression_measure(expression, NULL));
    fs_expression_destroy(expression);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_expression_evaluate(expression, points, 1, found, 2));
    CHECK(fs_expression_variable_count(expression) == 0);
    fs_expression_destroy(expression);
    fs_expression_destroy(NULL);
  }
}

static void sizes(void) {
  TEST("nodes are counted as a tree and with equal parts as one") {
    /* (x + 1)*(x + 1): a product, two sums, two x and two 1; shared: a product, a sum, x and 1. Reverse mode: the two
     * operations; dy b and dy a, their sum; nothing for the sum, whose rule is dy. */
    fs_expression *expression = parsed("(x + 1)*(x + 1)");
    fs_expression_size size = {.size = sizeof size};
    CHECK_OK(fs_expression_measure(expression, &size));
    CHECK(size.nodes == 7 && size.shared_nodes == 4 && size.operations == 2 && size.depth == 3);
    CHECK(size.reverse_operations == 5);
    size.size = 8;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_expression_measure(expression, &size));
    fs_expression_destroy(expression);
  }
}

/* A thread's program: everything with a text, in 64 KB. */
static void *everything(void *given) {
  fs_expression *expression = NULL, *slope = NULL, *simple = NULL, *simpler = NULL;
  fs_expression_size size = {.size = sizeof size};
  double point[4] = {0.5, 0.5, 0.5, 0.5}, found[4];
  size_t length;
  intptr_t statuses = 0;
  if (fs_expression_parse(&expression, given) != FS_OK) return (void *)1;
  statuses |= fs_expression_simplify(&simpler, expression) << 4;
  statuses |= fs_expression_text(expression, NULL, 0, &length) << 8;
  statuses |= fs_expression_evaluate(expression, point, 1, found, 4) << 12;
  for (int way = FS_FORWARD; way <= FS_SYMBOLIC; way++)
    statuses |= fs_expression_gradient(expression, (fs_differentiation)way, point, 1, found, 4) << 16;
  statuses |= fs_expression_measure(expression, &size) << 20;
  if (fs_expression_derivative(&slope, expression, fs_expression_variable(expression, 0)) == FS_OK) {
    statuses |= fs_expression_simplify(&simple, slope) << 24;
    fs_expression_text(simple, NULL, 0, &length); /* it may be too long */
  }
  fs_expression_destroy(expression);
  fs_expression_destroy(slope);
  fs_expression_destroy(simple);
  fs_expression_destroy(simpler);
  return (void *)statuses;
}

static intptr_t on_a_small_stack(char *text) {
  pthread_attr_t attributes;
  pthread_t thread;
  void *statuses = NULL;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 64 << 10);
  int status = pthread_create(&thread, &attributes, everything, text);
  pthread_attr_destroy(&attributes);
  if (status) return -1;
  pthread_join(thread, &statuses);
  return (intptr_t)statuses;
}

static void hostile(void) {
  const size_t deep = FS_EXPRESSION_MAX_DEPTH - 10;
  TEST("the deepest and longest texts are done with on a stack of 64 KB") {
    /* The last number: how many nodes, or brackets and operators that wait, a form adds, itself or in its derivative. */
    const struct { const char *open, *middle, *close; size_t adds; } forms[] = {
        {"sin(", "x", ")", 1}, {"(", "x", ")", 1}, {"-", "x", "", 1}, {"2^", "x", "", 2}, {"", "x", "+1", 1}, {"", "x", "*x", 2},
        {"1/(", "x", ")", 4}, {"(x-", "x", ")", 2}, {"", "x", "/2", 2}};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
      char *text = nested(forms[i].open, forms[i].middle, forms[i].close, deep / forms[i].adds / (quick() ? 20 : 1));
      intptr_t statuses = on_a_small_stack(text);
      if (!CHECK(statuses == 0)) printf("  %s%s: %lx\n", forms[i].open, forms[i].close, (unsigned long)statuses);
      free(text);
    }
  }
  TEST("beyond the limits there is an error that names them") {
    fs_expression *expression = NULL;
    char *text = nested("sin(", "x", ")", FS_EXPRESSION_MAX_DEPTH);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, text));
    CHECK(strstr(fs_last_error(), "10000"));
    free(text);
    text = nested("(", "x", ")", FS_EXPRESSION_MAX_DEPTH + 1);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, text));
    CHECK(strstr(fs_last_error(), "position 10001") && strstr(fs_last_error(), "10000"));
    free(text);
    text = nested("(", "", "", FS_EXPRESSION_MAX_BYTES + 1);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, text));
    CHECK(strstr(fs_last_error(), "1048576"));
    free(text);
    text = nested("", "x", "+x", FS_EXPRESSION_MAX_DEPTH);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, text));
    CHECK(strstr(fs_last_error(), "deep"));
    free(text);
    text = nested("a", "", "", FS_EXPRESSION_MAX_NAME + 1);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, text));
    CHECK(strstr(fs_last_error(), "a name of 65 characters; expected at most 64"));
    free(text);
  }
  TEST("more variables or more nodes than there may be are refused") {
    fs_expression *expression = NULL;
    char *text = malloc(FS_EXPRESSION_MAX_BYTES + 1), *end = text;
    REQUIRE(text);
    for (unsigned i = 0; i <= FS_EXPRESSION_MAX_VARIABLES; i++) end += sprintf(end, "%sv%u", i ? "+" : "", i);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, text));
    CHECK(strstr(fs_last_error(), "\"v1024\"") && strstr(fs_last_error(), "1024 variables"));
    /* Numbers no two alike, in brackets of few: 140,000 nodes, not deep. */
    end = text;
    for (unsigned i = 0; i < 700; i++) {
      end += sprintf(end, "%s(", i ? "+" : "");
      for (unsigned j = 0; j < 100; j++) end += sprintf(end, "%s%u", j ? "*" : "", 100 * i + j);
      end += sprintf(end, ")");
    }
    CHECK(end - text < FS_EXPRESSION_MAX_BYTES);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, expression, fs_expression_parse(&expression, text));
    CHECK(strstr(fs_last_error(), "131072 nodes"));
    free(text);
  }
  TEST("a derivative whose text would be too long says so") {
    char *text = nested("sin(", "x", ")", 2000);
    fs_expression *expression = parsed(text), *slope = NULL;
    size_t length = 0;
    CHECK_OK(fs_expression_derivative(&slope, expression, "x"));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, length, fs_expression_text(slope, NULL, 0, &length));
    CHECK(strstr(fs_last_error(), "1048576"));
    fs_expression_destroy(expression);
    fs_expression_destroy(slope);
    free(text);
  }
  TEST("texts of random bytes are parsed or refused, and what is parsed is printed") {
    static const char letters[] = "xy12.e+-*/^()( sincoexplg";
    unsigned state = 1, taken = 0;
    for (int turn = 0; turn < (quick() ? 2000 : 50000); turn++) {
      char text[40], again[400];
      size_t count = 1 + turn % 30;
      for (size_t i = 0; i < count; i++) text[i] = letters[(state = state * 1664525u + 1013904223u) / 65536 % (sizeof letters - 1)];
      text[count] = 0;
      fs_expression *expression = parsed(text);
      if (!expression) continue;
      taken++;
      CHECK_OK(fs_expression_text(expression, again, sizeof again, NULL));
      fs_expression *same = parsed(again);
      CHECK(same && reads(same, again));
      fs_expression_destroy(expression);
      fs_expression_destroy(same);
    }
    CHECK(taken > 20);
  }
  TEST("everything is given back") { CHECK(fs_debug_live_handles() == 0); }
}

int main(void) {
  texts();
  rules();
  values();
  sizes();
  hostile();
  return test_end_program();
}
