/* Models: hostile files first, then the real ones. */
#include "support.h"

/* A safetensors file: the length of the header, the header, `data_count` zero bytes. Free it. */
static uint8_t *safetensors(const char *json, size_t json_count, uint64_t promised, const uint8_t *data, size_t data_count,
                            size_t *count) {
  uint8_t *bytes = calloc(8 + json_count + data_count + 1, 1);
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(promised >> 8 * i);
  memcpy(bytes + 8, json, json_count);
  if (data && data_count) memcpy(bytes + 8 + json_count, data, data_count);
  *count = 8 + json_count + data_count;
  return bytes;
}

/* Loads from a block of exactly that size, so that valgrind sees a read past the end. */
static fs_status load_exactly(fs_model **out, const uint8_t *bytes, size_t count) {
  uint8_t *copy = malloc(count ? count : 1);
  if (count) memcpy(copy, bytes, count);
  fs_status status = fs_model_load(out, copy, count);
  free(copy);
  return status;
}

static void refuse(int line, const char *what, const uint8_t *bytes, size_t count) {
  fs_model *model;
  char message[300];
  memset(&model, 0x5e, sizeof model);
  fs_status status = load_exactly(&model, bytes, count);
  snprintf(message, sizeof message, "%.200s gives %s", what, fs_status_name(status));
  test_check(status == FS_BAD_DATA || status == FS_WRONG_MODEL, __FILE__, line, message);
  if (status == FS_OK) fs_model_destroy(model);
  else test_check(test_untouched(&model, sizeof model), __FILE__, line, "a refused model is written");
  if (status != FS_OK)
    test_check(fs_last_error()[0] && !strpbrk(fs_last_error(), "\r\n"), __FILE__, line, "the error is not one line");
}

static void refuse_json(int line, const char *json, size_t data_count) {
  size_t count;
  uint8_t *bytes = safetensors(json, strlen(json), strlen(json), NULL, data_count, &count);
  refuse(line, json, bytes, count);
  free(bytes);
}

static void hostile(void) {
  fs_model *model = NULL;
  TEST("NULL arguments are refused") {
    uint8_t bytes[16] = {0};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_open(NULL, "x.safetensors"));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, model, fs_model_open(&model, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_load(NULL, bytes, sizeof bytes));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, model, fs_model_load(&model, NULL, 16));
    CHECK_REFUSED(TEST_ANY_FAILURE, model, fs_model_load(&model, NULL, 0));
    CHECK_REFUSED(TEST_ANY_FAILURE, model, fs_model_load(&model, bytes, 0));
  }
  TEST("getters of NULL answer nothing") {
    const char *architecture = fs_model_architecture(NULL);
    CHECK(!architecture || !*architecture);
    CHECK(fs_model_metadata(NULL, "name") == NULL);
    CHECK(fs_model_metadata(NULL, NULL) == NULL);
    CHECK(fs_model_parameter_count(NULL) == 0);
    CHECK(fs_model_fingerprint(NULL) == 0);
  }
  TEST("a file that cannot be read is FS_IO, with the system's reason") {
    CHECK_REFUSED(FS_IO, model, fs_model_open(&model, "/no/such/model.safetensors"));
    CHECK(strstr(fs_last_error(), "No such file") != NULL);
    CHECK_REFUSED(TEST_ANY_FAILURE, model, fs_model_open(&model, ""));
    CHECK_REFUSED(FS_IO, model, fs_model_open(&model, "/tmp"));
  }
  TEST("an empty file is bad data") {
    char path[] = "/tmp/facestyle-test-XXXXXX";
    int file = mkstemp(path);
    REQUIRE(file >= 0);
    close(file);
    CHECK_REFUSED(FS_BAD_DATA, model, fs_model_open(&model, path));
    unlink(path);
  }
  TEST("a device is refused, even one without end") {
    CHECK_REFUSED(TEST_ANY_FAILURE, model, fs_model_open(&model, "/dev/null"));
    CHECK_REFUSED(TEST_ANY_FAILURE, model, fs_model_open(&model, "/dev/zero"));
  }
  TEST("bytes that are no safetensors file are bad data") {
    uint8_t zeros[64] = {0}, ones[64];
    memset(ones, 0xff, sizeof ones);
    for (size_t count = 1; count <= 64; count++) {
      refuse(__LINE__, "zeros", zeros, count);
      refuse(__LINE__, "ones", ones, count);
    }
    refuse(__LINE__, "a PNG", (const uint8_t *)"\x89PNG\r\n\x1a\n\0\0\0\0", 12);
    refuse(__LINE__, "a pickle", (const uint8_t *)"\x80\x02}q\x00.", 6);
  }
  TEST("a header length beyond the file is bad data") {
    static const uint64_t lengths[] = {3, 4, 100, 0x7fffffff, 0xffffffffu, UINT64_MAX, UINT64_MAX - 7, UINT64_MAX - 8, INT64_MAX,
                                       (uint64_t)INT64_MAX + 1};
    size_t count;
    for (unsigned i = 0; i < sizeof lengths / sizeof *lengths; i++) {
      uint8_t *bytes = safetensors("{}", 2, lengths[i], NULL, 0, &count);
      refuse(__LINE__, "a long header", bytes, count);
      free(bytes);
    }
  }
  TEST("a header that is no JSON object is bad data") {
    static const char *const texts[] = {
        "", " ", "{", "}", "[]", "null", "1", "\"x\"", "{}", "{\"", "{\"a\"", "{\"a\":", "{\"a\":}", "{\"a\":1", "{,}", "{\"a\":1,}",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}", "{\"\\", "{\"\\u", "{\"\\ud800\":1}", "{\"\\uZZZZ\":1}",
        "{\"a\":tru}", "{\"a\":-}", "{\"a\":1e}", "{\"a\":1e999999999}", "{\"a\":\"\xff\xfe\"}", "{}{}", "{} x",
        "{\"__metadata__\":1}", "{\"__metadata__\":{\"architecture\":1}}", "{\"__metadata__\":{\"architecture\":\"\"}}",
        "{\"__metadata__\":{\"architecture\":\"no such network\"}}", "{\"__metadata__\":null}", "{\"__metadata__\":[]}"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) refuse_json(__LINE__, texts[i], 16);
  }
  TEST("deeply nested JSON is bad data, not a full stack") {
    enum { DEPTH = 1000000 };
    char *text = malloc(2 * DEPTH + 20);
    static const char *const opens[] = {"[", "{\"a\":"};
    for (int kind = 0; kind < 2; kind++) {
      size_t length = 0, unit = strlen(opens[kind]), depth = DEPTH / unit / (quick() ? 10 : 1);
      memcpy(text, "{\"a\":", 5), length = 5;
      for (size_t i = 0; i < depth; i++) memcpy(text + length, opens[kind], unit), length += unit;
      size_t count;
      uint8_t *bytes = safetensors(text, length, length, NULL, 0, &count);
      refuse(__LINE__, "open brackets", bytes, count);
      free(bytes);
      for (size_t i = 0; i < depth && length < 2 * DEPTH; i++) text[length++] = kind ? '}' : ']';
      bytes = safetensors(text, length, length, NULL, 0, &count);
      refuse(__LINE__, "nested brackets", bytes, count);
      free(bytes);
    }
    free(text);
  }
  TEST("tensors that make no sense are bad data") {
#define TENSOR(dtype, shape, offsets) \
  "{\"__metadata__\":{\"architecture\":\"vgg19\"},\"a\":{\"dtype\":" dtype ",\"shape\":" shape ",\"data_offsets\":" offsets "}}"
#define TWO(first, second)                                                                                       \
  "{\"__metadata__\":{\"architecture\":\"vgg19\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" first \
  "},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":" second "}}"
    static const char *const texts[] = {
        TENSOR("\"F31\"", "[4]", "[0,16]"), TENSOR("\"\"", "[4]", "[0,16]"), TENSOR("32", "[4]", "[0,16]"),
        TENSOR("null", "[4]", "[0,16]"), TENSOR("\"I64\"", "[2]", "[0,16]"), TENSOR("\"F64\"", "[2]", "[0,16]"),
        TENSOR("\"F32\"", "[0]", "[0,0]"), TENSOR("\"F32\"", "[4,0]", "[0,0]"), TENSOR("\"F32\"", "[]", "[0,4]"),
        TENSOR("\"F32\"", "[-4]", "[0,16]"), TENSOR("\"F32\"", "[1.5]", "[0,6]"), TENSOR("\"F32\"", "[1e3]", "[0,4000]"),
        TENSOR("\"F32\"", "\"4\"", "[0,16]"), TENSOR("\"F32\"", "4", "[0,16]"), TENSOR("\"F32\"", "[\"4\"]", "[0,16]"),
        TENSOR("\"F32\"", "[5]", "[0,16]"), TENSOR("\"F32\"", "[4]", "[0,12]"), TENSOR("\"F32\"", "[4]", "[16,0]"),
        TENSOR("\"F32\"", "[4]", "[4,20]"), TENSOR("\"F32\"", "[4]", "[16,32]"), TENSOR("\"F32\"", "[4]", "[-16,0]"),
        TENSOR("\"F32\"", "[4]", "[0]"), TENSOR("\"F32\"", "[4]", "[0,16,32]"), TENSOR("\"F32\"", "[4]", "[]"),
        TENSOR("\"F32\"", "[4]", "{}"), TENSOR("\"F32\"", "[4]", "[0,1e2]"), TENSOR("\"F32\"", "[4]", "[\"0\",\"16\"]"),
        TENSOR("\"F32\"", "[4]", "[18446744073709551600,18446744073709551616]"),
        TENSOR("\"F32\"", "[4]", "[9223372036854775792,9223372036854775808]"),
        TENSOR("\"F32\"", "[4]", "[99999999999999999999999999,99999999999999999999999999]"),
        TENSOR("\"F32\"", "[4611686018427387904]", "[0,0]"),          /* 2^62 * 4 wraps to 0 */
        TENSOR("\"F32\"", "[4294967296,4294967296]", "[0,0]"),        /* 2^64 wraps to 0 */
        TENSOR("\"F32\"", "[4294967296,1073741825]", "[0,17179869184]"),
        TENSOR("\"F32\"", "[9223372036854775807]", "[0,16]"), TENSOR("\"F32\"", "[18446744073709551615]", "[0,16]"),
        TENSOR("\"F32\"", "[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,4]", "[0,16]"),
        TENSOR("\"F32\"", "[3]", "[0,12]") /* four bytes that belong to nothing */, TENSOR("\"BF16\"", "[8]", "[0,16]"),
        TWO("[0,8]", "[0,8]"), TWO("[0,8]", "[4,12]"), TWO("[8,16]", "[4,12]"),
        "{\"a\":1}", "{\"a\":{}}", "{\"a\":{\"dtype\":\"F32\"}}", "{\"a\":{\"shape\":[4]}}", "{\"a\":[]}", "{\"\":{}}",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) refuse_json(__LINE__, texts[i], 16);
  }
  TEST("a sound file without the tensors of its architecture is refused, when it is opened or when it is used") {
    static const char *const texts[] = {
        TENSOR("\"F32\"", "[4]", "[0,16]"), TENSOR("\"U8\"", "[16]", "[0,16]"), TENSOR("\"F16\"", "[8]", "[0,16]"),
        "{\"__metadata__\":{\"architecture\":\"vgg19\"},\"conv1_1.bias\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}"};
    fs_image *image = plain(8, 8, 1, 2, 3);
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++) {
      size_t count;
      uint8_t *bytes = safetensors(texts[i], strlen(texts[i]), strlen(texts[i]), NULL, 16, &count);
      fs_styler *styler;
      uint32_t shape[3];
      static float values[8 * 8 * 64];
      model = NULL;
      CHECK_STATUS(TEST_ANY_STATUS, load_exactly(&model, bytes, count));
      if (model) {
        CHECK_REFUSED(FS_BAD_DATA, styler, fs_styler_create(&styler, model));
        CHECK_REFUSED(FS_BAD_DATA, shape, fs_model_features(model, image, "conv1_1", FS_POOLING_AVERAGE, values, 8 * 8 * 64, shape));
      }
      fs_model_destroy(model);
      free(bytes);
    }
    fs_image_destroy(image);
  }
}

/* ---- A real file, damaged ---- */

/* The header with what stands between the first `before` (at or behind `from`) and `end` replaced. Free it. */
static char *patched(const char *json, const char *from, const char *before, char end, const char *text) {
  const char *start = strstr(json, from);
  start = start ? strstr(start, before) : NULL;
  if (!start) return NULL;
  start += strlen(before);
  const char *stop = strchr(start, end);
  if (!stop) return NULL;
  size_t length = strlen(json) + strlen(text) + 1;
  char *result = malloc(length);
  snprintf(result, length, "%.*s%s%s", (int)(start - json), json, text, stop);
  return result;
}

static void damaged(void) {
  if (!have(model_path("mtcnn.safetensors"), "damaged copies of a real model")) return;
  size_t count, changed_count;
  uint8_t *bytes = read_file(model_path("mtcnn.safetensors"), &count);
  uint64_t header = 0;
  for (int i = 7; bytes && i >= 0; i--) header = header << 8 | bytes[i];
  char *json = header < count ? calloc(header + 1, 1) : NULL;
  if (json) memcpy(json, bytes + 8, header);
  fs_model *model = NULL;

  TEST("the file itself loads") {
    REQUIRE(json != NULL);
    if (CHECK_OK(load_exactly(&model, bytes, count))) fs_model_destroy(model);
  }
  TEST("a truncated model is bad data, wherever it ends") {
    REQUIRE(json != NULL);
    for (size_t length = 1; length < count; length += length < 16 ? 1 : length < header + 16 ? header / 20 + 1 : count / 20 + 1)
      refuse(__LINE__, "a truncated model", bytes, length);
    refuse(__LINE__, "a model without its last byte", bytes, count - 1);
  }
  TEST("a model followed by more bytes is bad data") {
    REQUIRE(json != NULL);
    uint8_t *longer = safetensors(json, header, header, bytes + 8 + header, count - 8 - header, &changed_count);
    refuse(__LINE__, "a model with a byte behind its end", longer, changed_count + 1);
    free(longer);
  }
  TEST("a header length one off is bad data") {
    REQUIRE(json != NULL);
    for (int off = -1; off <= 1; off += 2) {
      uint8_t *changed = safetensors(json, header, header + (uint64_t)(int64_t)off, bytes + 8 + header, count - 8 - header, &changed_count);
      refuse(__LINE__, "a header length one off", changed, changed_count);
      free(changed);
    }
  }
  TEST("a tensor with another type, shape or place is bad data") {
    REQUIRE(json != NULL);
    static const char *const places[][4] = {
        {"\"dtype\":", "\"dtype\":\"", "\"", "F64"},       {"\"dtype\":", "\"dtype\":\"", "\"", "F33"},
        {"\"dtype\":", "\"dtype\":\"", "\"", "F16"},       {"\"dtype\":", "\"dtype\":\"", "\"", "I32"},
        {"\"dtype\":", "\"dtype\":\"", "\"", ""},          {"\"dtype\":", "\"shape\":[", "]", "0"},
        {"\"dtype\":", "\"shape\":[", "]", ""},            {"\"dtype\":", "\"shape\":[", "]", "4294967296,4294967296"},
        {"\"dtype\":", "\"shape\":[", "]", "-1"},          {"\"dtype\":", "\"shape\":[", "]", "18446744073709551615"},
        {"\"dtype\":", "\"shape\":[", "]", "1,2,3,4,5,6"}, {"\"dtype\":", "\"data_offsets\":[", "]", "0,0"},
        {"\"dtype\":", "\"data_offsets\":[", "]", "4,0"},  {"\"dtype\":", "\"data_offsets\":[", "]", "1,999999999999"},
        {"\"dtype\":", "\"data_offsets\":[", "]", "18446744073709551612,18446744073709551615"},
        {"\"dtype\":", "\"data_offsets\":[", "]", "-4,0"}, {"\"architecture\":", "\"architecture\":\"", "\"", "mtcnn2"},
        {"\"architecture\":", "\"architecture\":\"", "\"", ""}};
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++) {
      char *other = patched(json, places[i][0], places[i][1], places[i][2][0], places[i][3]);
      if (!other) continue; /* the converter spells it with a space: nothing to damage here */
      uint8_t *changed = safetensors(other, strlen(other), strlen(other), bytes + 8 + header, count - 8 - header, &changed_count);
      char what[200];
      snprintf(what, sizeof what, "%s%s%s", places[i][1], places[i][3], places[i][2]);
      refuse(__LINE__, what, changed, changed_count);
      free(changed), free(other);
    }
  }
  TEST("a detector's weights under another network's name are refused, when they are opened or when they are used") {
    REQUIRE(json != NULL);
    char *other = patched(json, "\"architecture\":", "\"architecture\":\"", '"', "vgg19");
    REQUIRE(other != NULL);
    uint8_t *changed = safetensors(other, strlen(other), strlen(other), bytes + 8 + header, count - 8 - header, &changed_count);
    fs_styler *styler;
    model = NULL;
    CHECK_STATUS(TEST_ANY_STATUS, load_exactly(&model, changed, changed_count));
    if (model) CHECK_REFUSED(FS_BAD_DATA, styler, fs_styler_create(&styler, model));
    fs_model_destroy(model);
    free(changed), free(other);
  }
  TEST("any byte of the header changed gives a model or a refusal") {
    REQUIRE(json != NULL);
    for (size_t at = 0; at < header + 8; at += quick() ? header / 10 + 1 : 11) {
      bytes[at] ^= 0x55;
      model = NULL;
      fs_status status = fs_model_load(&model, bytes, count);
      CHECK(status == FS_OK || status == FS_BAD_DATA || status == FS_WRONG_MODEL);
      if (status == FS_OK) fs_model_destroy(model);
      bytes[at] ^= 0x55;
    }
  }
  TEST("weights that are not numbers are bad data, or a model that does no harm") {
    REQUIRE(json != NULL);
    for (size_t at = 8 + header; at + 4 <= count; at += 4) memcpy(bytes + at, "\0\0\xc0\x7f", 4);
    model = NULL;
    CHECK_STATUS(TEST_ANY_STATUS, fs_model_load(&model, bytes, count));
    fs_detector *detector = NULL;
    fs_image *image = picture(60, 60, 1);
    fs_face faces[4];
    size_t found = 0;
    if (model && fs_detector_create(&detector, model, NULL) == FS_OK) {
      CHECK_STATUS(TEST_ANY_STATUS, fs_detector_find(detector, image, faces, 4, &found));
      fs_detector_destroy(detector);
    }
    fs_image_destroy(image);
    fs_model_destroy(model);
  }
  free(json), free(bytes);
}

/* ---- Real models ---- */

static void real(void) {
  /* Counted from the papers' tables: Zhang et al. 2016 (P-, R- and O-Net with five-point outputs and
   * PReLU slopes), Simonyan and Zisserman 2015 without the fully connected layers. */
  static const struct { const char *file, *architecture; uint64_t parameters; } models[] = {
      {"mtcnn.safetensors", "mtcnn", 495850}, {"vgg19.safetensors", "vgg19", 20024384}, {"dlib-resnet.safetensors", "dlib-resnet", 0}};
  uint64_t fingerprints[3] = {0};
  for (unsigned i = 0; i < 3; i++) {
    if (!have(model_path(models[i].file), "a real model")) continue;
    TEST("a real model tells what it is") {
      if (quick() && i > 0) SKIP("large models, in quick runs");
      fs_model *model = NULL;
      REQUIRE_OK(fs_model_open(&model, model_path(models[i].file)));
      CHECK(strcmp(fs_model_architecture(model), models[i].architecture) == 0);
      CHECK(fs_model_metadata(model, "licence") != NULL);
      CHECK(fs_model_metadata(model, "source") != NULL);
      CHECK(fs_model_metadata(model, "no such key") == NULL);
      CHECK(fs_model_metadata(model, "") == NULL);
      CHECK(fs_model_metadata(model, NULL) == NULL);
      if (models[i].parameters) CHECK_NEAR((double)fs_model_parameter_count(model), (double)models[i].parameters, 0);
      else CHECK(fs_model_parameter_count(model) > 1000000);
      fingerprints[i] = fs_model_fingerprint(model);
      fs_model_destroy(model);
    }
  }
  if (exists(model_path("mtcnn.safetensors"))) {
    TEST("a fingerprint is the same for the same bytes and another for one bit") {
      size_t count;
      uint8_t *bytes = read_file(model_path("mtcnn.safetensors"), &count);
      fs_model *a = NULL, *b = NULL;
      CHECK_OK(fs_model_load(&a, bytes, count));
      bytes[count - 4] ^= 1; /* the lowest bit of the last weight */
      CHECK_OK(fs_model_load(&b, bytes, count));
      CHECK(fs_model_fingerprint(a) == fingerprints[0] && fs_model_fingerprint(b) != fingerprints[0]);
      CHECK(fingerprints[0] != fingerprints[1] && fingerprints[0] != fingerprints[2]);
      free(bytes);
      fs_model_destroy(a), fs_model_destroy(b);
    }
  }
}

static char folder[] = "/tmp/facestyle-model-XXXXXX";

static const char *in_folder(const char *name) {
  static char path[100];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* The model that comes with the library, written again in each precision. */
static void saved(void) {
  static const char *shipped = "models/faces-nn4.safetensors";
  if (!have(shipped, "writing a model in another precision")) return;
  CHECK(mkdtemp(folder) != NULL);
  TEST("a model that is written again has the texts, the count of numbers and the precision that were asked for") {
    fs_model *model = NULL, *again = NULL;
    REQUIRE_OK(fs_model_open(&model, shipped));
    uint64_t bytes[3] = {0};
    for (fs_precision precision = FS_FLOAT32; precision <= FS_INT8; precision++) {
      fs_model_info info = {.size = sizeof info}, before = {.size = sizeof before};
      const fs_model_texts texts = {.size = sizeof texts, .note = "written again"};
      CHECK_OK(fs_model_save(model, in_folder("again.safetensors"), precision, precision == FS_INT8 ? &texts : NULL));
      REQUIRE_OK(fs_model_open(&again, in_folder("again.safetensors")));
      CHECK_OK(fs_model_info_get(again, &info));
      CHECK_OK(fs_model_info_get(model, &before));
      bytes[precision] = info.byte_count;
      CHECK(info.parameters == before.parameters && info.use == FS_MODEL_EMBEDDER && strcmp(info.licence, before.licence) == 0);
      CHECK(strcmp(fs_model_metadata(again, "threshold"), fs_model_metadata(model, "threshold")) == 0);
      CHECK(strcmp(fs_model_metadata(again, "note"), precision == FS_INT8 ? "written again" : fs_model_metadata(model, "note")) == 0);
      fs_embedder *embedder = NULL;
      CHECK_OK(fs_embedder_create(&embedder, again));
      fs_embedder_destroy(embedder);
      const uint64_t fingerprint = fs_model_fingerprint(again); /* in its own precision the numbers stay */
      CHECK_OK(fs_model_save(again, in_folder("again.safetensors"), precision, NULL));
      fs_model_destroy(again);
      REQUIRE_OK(fs_model_open(&again, in_folder("again.safetensors")));
      CHECK(fs_model_fingerprint(again) == fingerprint);
      fs_model_destroy(again), again = NULL;
    }
    CHECK(bytes[FS_FLOAT16] < bytes[FS_FLOAT32] * 0.52 && bytes[FS_INT8] < bytes[FS_FLOAT32] * 0.27);
    fs_model_destroy(model);
  }
  TEST("an embedder that is mirrored is another model, whose embedding of a picture is the mirror image's") {
    fs_model *model = NULL, *mirrored = NULL, *plain = NULL;
    fs_model_info info = {.size = sizeof info};
    REQUIRE_OK(fs_model_open(&model, shipped));
    fs_model_texts settings = {.size = sizeof settings, .threshold = 0.25f, .mirrored = 1};
    CHECK_OK(fs_model_save(model, in_folder("again.safetensors"), FS_INT8, &settings));
    REQUIRE_OK(fs_model_open(&mirrored, in_folder("again.safetensors")));
    CHECK_OK(fs_model_info_get(mirrored, &info));
    CHECK(info.mirrored == 1);
    settings = (fs_model_texts){.size = sizeof settings, .mirrored = -1};
    CHECK_OK(fs_model_save(model, in_folder("again.safetensors"), FS_INT8, &settings));
    REQUIRE_OK(fs_model_open(&plain, in_folder("again.safetensors")));
    CHECK_OK(fs_model_info_get(plain, &info));
    CHECK(info.mirrored == 0 && fs_model_fingerprint(plain) != fs_model_fingerprint(mirrored));
    fs_model *models[] = {plain, mirrored};
    for (int i = 0; i < 2; i++) {
      static uint8_t levels[2][96][96][3];
      for (int y = 0; y < 96; y++)
        for (int x = 0; x < 96; x++)
          for (int c = 0; c < 3; c++) levels[0][y][x][c] = levels[1][y][95 - x][c] = (uint8_t)(x * (c + 2) + y * y / 50);
      fs_image *chips[2];
      for (int k = 0; k < 2; k++) {
        const fs_pixels pixels = {.size = sizeof pixels, .data = levels[k][0][0], .byte_count = sizeof levels[k], .width = 96, .height = 96};
        REQUIRE_OK(fs_image_from_pixels(&chips[k], &pixels));
      }
      fs_embedder *embedder = NULL;
      float found[2][128];
      REQUIRE_OK(fs_embedder_create(&embedder, models[i]));
      CHECK(i == 0 || fs_embedder_threshold(embedder) == 0.25f);
      for (int k = 0; k < 2; k++)
        CHECK_OK(fs_embedder_embed_chips(embedder, (const fs_image *const *)&chips[k], 1, found[k], 128));
      CHECK((memcmp(found[0], found[1], sizeof found[0]) == 0) == (i == 1));
      fs_embedder_destroy(embedder), fs_image_destroy(chips[0]), fs_image_destroy(chips[1]);
    }
    fs_model_destroy(plain), fs_model_destroy(mirrored), fs_model_destroy(model);
    fs_model *detector = NULL;
    settings = (fs_model_texts){.size = sizeof settings, .mirrored = 1};
    REQUIRE_OK(fs_model_open(&detector, "models/faces-yunet.safetensors"));
    CHECK_STATUS(FS_WRONG_MODEL, fs_model_save(detector, in_folder("again.safetensors"), FS_FLOAT16, &settings));
    CHECK(strcmp(fs_last_error(), "mirrored for a model that is no embedder") == 0);
    fs_model_destroy(detector);
  }
  TEST("what cannot be written is refused, and the old file stays") {
    fs_model *model = NULL;
    REQUIRE_OK(fs_model_open(&model, shipped));
    CHECK(write_file(in_folder("old"), "old", 3));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_save(NULL, in_folder("old"), FS_INT8, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_save(model, NULL, FS_INT8, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_save(model, in_folder("old"), (fs_precision)3, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_save(model, in_folder("old"), (fs_precision)-1, NULL));
    const fs_model_texts sizeless = {.note = "x"};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_save(model, in_folder("old"), FS_INT8, &sizeless));
    CHECK_STATUS(FS_IO, fs_model_save(model, in_folder("none/none"), FS_INT8, NULL));
    fs_model_texts settings = {.size = sizeof settings, .threshold = -1};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_save(model, in_folder("old"), FS_INT8, &settings));
    settings.threshold = INFINITY;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_save(model, in_folder("old"), FS_INT8, &settings));
    settings.threshold = 0, settings.mirrored = 2;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_save(model, in_folder("old"), FS_INT8, &settings));
    CHECK(strcmp(fs_last_error(), "mirrored 2; expected 1, 0 or -1") == 0);
    size_t count = 0;
    uint8_t *left = read_file(in_folder("old"), &count);
    CHECK(count == 3 && memcmp(left, "old", 3) == 0);
    free(left);
    fs_model_destroy(model);
  }
  unlink(in_folder("again.safetensors")), unlink(in_folder("old"));
  CHECK(rmdir(folder) == 0); /* no other file was left */
}

static void features(void) {
  if (!have(model_path("vgg19.safetensors"), "features of VGG-19")) return;
  fs_model *vgg = open_model("vgg19.safetensors");
  fs_image *image = picture(9, 7, 1);
  enum { ROOM = 9 * 7 * 64 };
  float *values = malloc(ROOM * sizeof *values), *again = malloc(ROOM * sizeof *again);
  uint32_t shape[3] = {0};

  TEST("the shape of a layer is height, width, channels, halved up by each pooling") {
    static const struct { const char *layer; uint32_t shape[3]; } cases[] = {
        {"conv1_1", {7, 9, 64}},  {"conv1_2", {7, 9, 64}},  {"pool1", {4, 5, 64}},   {"conv2_2", {4, 5, 128}},
        {"pool2", {2, 3, 128}},   {"conv3_4", {2, 3, 256}}, {"pool3", {1, 2, 256}},  {"conv4_2", {1, 2, 512}},
        {"pool4", {1, 1, 512}},   {"conv5_4", {1, 1, 512}}, {"pool5", {1, 1, 512}}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
      if (!CHECK_OK(fs_model_features(vgg, image, cases[i].layer, FS_POOLING_AVERAGE, NULL, 0, shape))) continue;
      CHECK(memcmp(shape, cases[i].shape, sizeof shape) == 0);
    }
  }
  TEST("features after a ReLU are finite, not negative and not all zero") {
    REQUIRE_OK(fs_model_features(vgg, image, "conv1_1", FS_POOLING_AVERAGE, values, ROOM, shape));
    double sum = 0;
    bool sound = true;
    for (int i = 0; i < ROOM; i++) sum += values[i], sound = sound && isfinite(values[i]) && values[i] >= 0;
    CHECK(sound && sum > 0);
  }
  TEST("the same picture has the same features, bit for bit") {
    REQUIRE_OK(fs_model_features(vgg, image, "conv3_1", FS_POOLING_MAX, values, ROOM, shape));
    REQUIRE_OK(fs_model_features(vgg, image, "conv3_1", FS_POOLING_MAX, again, ROOM, shape));
    CHECK(memcmp(values, again, shape[0] * shape[1] * shape[2] * sizeof *values) == 0);
  }
  TEST("maximum and average pooling differ, and the maximum is not less") {
    REQUIRE_OK(fs_model_features(vgg, image, "pool1", FS_POOLING_MAX, values, ROOM, shape));
    REQUIRE_OK(fs_model_features(vgg, image, "pool1", FS_POOLING_AVERAGE, again, ROOM, shape));
    bool less = false, differ = false;
    for (int i = 0; i < 4 * 5 * 64; i++) less = less || values[i] < again[i] - 1e-3f, differ = differ || values[i] != again[i];
    CHECK(!less && differ);
  }
  TEST("a picture of one pixel has features") {
    fs_image *dot = plain(1, 1, 10, 20, 30);
    CHECK_OK(fs_model_features(vgg, dot, "conv5_4", FS_POOLING_AVERAGE, values, 512, shape));
    CHECK(shape[0] == 1 && shape[1] == 1 && shape[2] == 512);
    fs_image_destroy(dot);
  }
  TEST("features refuse what is not documented, and write nothing") {
    static float room[16];
    CHECK_REFUSED(FS_INVALID_ARGUMENT, room, fs_model_features(NULL, image, "conv1_1", FS_POOLING_AVERAGE, room, 16, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, room, fs_model_features(vgg, NULL, "conv1_1", FS_POOLING_AVERAGE, room, 16, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, room, fs_model_features(vgg, image, NULL, FS_POOLING_AVERAGE, room, 16, shape));
    CHECK_REFUSED(TEST_ANY_FAILURE, room, fs_model_features(vgg, image, "", FS_POOLING_AVERAGE, room, 16, shape));
    CHECK_REFUSED(TEST_ANY_FAILURE, room, fs_model_features(vgg, image, "conv1_3", FS_POOLING_AVERAGE, room, 16, shape));
    CHECK_REFUSED(TEST_ANY_FAILURE, shape, fs_model_features(vgg, image, "conv5_5", FS_POOLING_AVERAGE, NULL, 0, shape));
    CHECK_REFUSED(TEST_ANY_FAILURE, shape, fs_model_features(vgg, image, "embedding", FS_POOLING_AVERAGE, NULL, 0, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_model_features(vgg, image, "pool1", (fs_pooling)3, NULL, 0, shape));
    CHECK(strcmp(fs_last_error(), "pooling 3; expected 0 to 2") == 0);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_model_features(vgg, image, "pool1", (fs_pooling)0xffffffffu, NULL, 0, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, room, fs_model_features(vgg, image, "conv1_1", FS_POOLING_AVERAGE, room, 16, shape));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_features(vgg, image, "conv1_1", FS_POOLING_AVERAGE, values, ROOM - 1, shape));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_model_features(vgg, image, "conv1_1", FS_POOLING_AVERAGE, NULL, ROOM, shape));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, room, fs_model_features(vgg, image, "conv1_1", FS_POOLING_AVERAGE, room, 16, NULL));
  }
  TEST("a model outlives the bytes it was loaded from") {
    if (quick()) SKIP("loading VGG-19 twice, in quick runs");
    size_t count;
    uint8_t *bytes = read_file(model_path("vgg19.safetensors"), &count);
    fs_model *loaded = NULL;
    fs_status status = fs_model_load(&loaded, bytes, count);
    memset(bytes, 0xff, count);
    free(bytes);
    REQUIRE_OK(status);
    CHECK(fs_model_fingerprint(loaded) == fs_model_fingerprint(vgg));
    CHECK_OK(fs_model_features(vgg, image, "conv2_1", FS_POOLING_AVERAGE, values, ROOM, shape));
    CHECK_OK(fs_model_features(loaded, image, "conv2_1", FS_POOLING_AVERAGE, again, ROOM, shape));
    CHECK(memcmp(values, again, 4 * 5 * 128 * sizeof *values) == 0);
    fs_model_destroy(loaded);
  }
  fs_model_destroy(vgg);

  if (have(model_path("dlib-resnet.safetensors"), "features of dlib-resnet")) {
    fs_model *dlib = open_model("dlib-resnet.safetensors");
    fs_image *chip = picture(150, 150, 1);
    TEST("a face network answers with an embedding of 128 numbers") {
      if (quick()) SKIP("the face network, in quick runs");
      REQUIRE_OK(fs_model_features(dlib, chip, "embedding", FS_POOLING_AVERAGE, values, 128, shape));
      CHECK(shape[0] * shape[1] * shape[2] == 128);
    }
    TEST("a face network wants its own picture size and its own layers") {
      CHECK_REFUSED(FS_INVALID_ARGUMENT, shape, fs_model_features(dlib, image, "embedding", FS_POOLING_AVERAGE, NULL, 0, shape));
      CHECK_REFUSED(TEST_ANY_FAILURE, shape, fs_model_features(dlib, chip, "conv1_1", FS_POOLING_AVERAGE, NULL, 0, shape));
    }
    fs_image_destroy(chip);
    fs_model_destroy(dlib);
  }
  if (have(model_path("mtcnn.safetensors"), "features of MTCNN")) {
    fs_model *mtcnn = open_model("mtcnn.safetensors");
    TEST("a detector has no features to ask for") {
      CHECK_REFUSED(TEST_ANY_FAILURE, shape, fs_model_features(mtcnn, image, "conv1_1", FS_POOLING_AVERAGE, NULL, 0, shape));
      CHECK_REFUSED(TEST_ANY_FAILURE, shape, fs_model_features(mtcnn, image, "embedding", FS_POOLING_AVERAGE, NULL, 0, shape));
    }
    fs_model_destroy(mtcnn);
  }
  fs_image_destroy(image);
  free(values), free(again);
}

static void architectures(void) {
  fs_architecture_info known = {.size = sizeof known};
  TEST("every architecture has a name and can be described") {
    REQUIRE(fs_architecture_count() > 0);
    for (size_t i = 0; i < fs_architecture_count(); i++) {
      const char *name = fs_architecture_name(i);
      REQUIRE(name && *name);
      REQUIRE_OK(fs_architecture_info_get(name, &known));
      CHECK(known.parameters > 0 && known.dimension > 0 && (known.channels == 1 || known.channels == 3));
      CHECK((known.height == 0) == (known.width == 0) && (known.height == 0) == (known.multiply_adds == 0));
    }
    CHECK(fs_architecture_name(fs_architecture_count()) == NULL);
    CHECK(fs_architecture_name(SIZE_MAX) == NULL);
    CHECK(fs_architecture_name((size_t)1 << 63) == NULL);
  }
  TEST("the tiny inception is 140 high and 116 wide") {
    REQUIRE_OK(fs_architecture_info_get("facenet-nns2", &known));
    CHECK(known.height == 140 && known.width == 116 && known.channels == 3 && known.dimension == 128);
    CHECK(known.parameters == 4298060); /* the paper: 4.3M */
    CHECK(known.multiply_adds == 19697984); /* 20M */
  }
  TEST("a name that is none is refused") {
    CHECK_REFUSED(FS_NOT_FOUND, known, fs_architecture_info_get("resnet50", &known));
    CHECK_REFUSED(FS_NOT_FOUND, known, fs_architecture_info_get("mtcnn", &known));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, known, fs_architecture_info_get("", &known));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, known, fs_architecture_info_get(NULL, &known));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, known, fs_architecture_info_get("\xff", &known));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_architecture_info_get("vgg19", NULL));
  }
}

int main(void) {
  architectures();
  hostile();
  damaged();
  real();
  saved();
  features();
  return test_end_program();
}
