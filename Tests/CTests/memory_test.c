/* What the library holds: counted, limited by the program, and little on a small device. */
#include "camera.h"
#include "child.h"

/* ---- The program's own limit ---- */

/* The C library gives a block up to so many bytes more than was asked for, as its neighbours leave it. */
enum { SLACK = 256 };

static void own_limit(void) {
  fs_image *image = plain(1000, 1000, 1, 2, 3), *larger = NULL;
  TEST("what a picture takes is counted, and so is the most that was held") {
    REQUIRE_OK(fs_image_resize(&larger, image, 10, 10, FS_AREA)); /* so that there is room in the list of handles */
    fs_image_destroy(larger);
    const uint64_t before = fs_memory_used();
    fs_memory_peak_reset();
    CHECK(fs_memory_peak() == before && before >= 3000000);
    REQUIRE_OK(fs_image_resize(&larger, image, 1000, 2000, FS_AREA));
    CHECK(fs_memory_used() - before >= 6000000 && fs_memory_used() - before < 6010000);
    CHECK(fs_memory_peak() >= fs_memory_used());
    fs_image_destroy(larger), larger = NULL;
    CHECK_NEAR((double)fs_memory_used() - (double)before, 0, SLACK);
    CHECK(fs_memory_peak() >= before + 6000000);
  }
  TEST("a call that needs more than the limit is refused, with what it asked for and the limit") {
    const uint64_t machine = fs_memory_limit(), limit = fs_memory_used() + (12 << 20);
    fs_host_info found = {.size = sizeof found};
    char wanted[100];
    REQUIRE_OK(fs_memory_limit_set(limit));
    CHECK(fs_memory_limit() == limit);
    CHECK_OK(fs_host_info_get(&found));
    CHECK(found.memory_limit == limit && strcmp(found.memory_source, "the program's") == 0);
    fs_memory_peak_reset();
    CHECK_STATUS(FS_NO_MEMORY, fs_image_resize(&larger, image, 4000, 1500, FS_AREA));
    CHECK(strstr(fs_last_error(), "17 MB more requested; the library holds "));
    snprintf(wanted, sizeof wanted, "and may hold %d MB, by the program's limit", (int)(limit >> 20));
    CHECK(strstr(fs_last_error(), wanted));
    CHECK_OK(fs_image_resize(&larger, image, 1500, 2000, FS_AREA));
    CHECK(fs_memory_peak() <= limit);
    CHECK_STATUS(FS_NO_MEMORY, fs_memory_limit_set(4 << 20));
    CHECK(strstr(fs_last_error(), "a limit of 4194304 bytes; expected at least the "));
    CHECK(fs_memory_limit() == limit);
    fs_image_destroy(larger), larger = NULL;
    CHECK_OK(fs_memory_limit_set(UINT64_MAX));
    CHECK(fs_memory_limit() <= machine + (64 << 20));
    CHECK_OK(fs_memory_limit_set(0));
    CHECK_OK(fs_image_resize(&larger, image, 4000, 1500, FS_AREA));
    fs_image_destroy(larger), larger = NULL;
  }
  fs_image_destroy(image);
  TEST("what is kept for the next call is given back on request, and that call has it again") {
    fs_model *model = NULL;
    fs_fast_styler *styler = NULL;
    fs_image *content = picture(96, 80, 1), *first = NULL, *second = NULL;
    REQUIRE_OK(fs_model_open(&model, "models/scream.safetensors"));
    REQUIRE_OK(fs_fast_styler_create(&styler, model));
    fs_memory_trim();
    REQUIRE_OK(fs_fast_styler_run(styler, &first, content));
    const uint64_t kept = fs_memory_used();
    fs_memory_trim();
    CHECK(kept - fs_memory_used() > 100000);
    REQUIRE_OK(fs_fast_styler_run(styler, &second, content));
    CHECK(same_picture(first, second));
    fs_image_destroy(content), fs_image_destroy(first), fs_image_destroy(second);
    fs_fast_styler_destroy(styler), fs_model_destroy(model);
  }
}

/* ---- Lists that grow ---- */

enum { LINES = 60000, STEPS = 12 };

static char *text_of(const char *(*line)(int number), const char *begin, const char *end) {
  char *text = malloc(128 * LINES), *at = text;
  if (!text) return NULL;
  at += sprintf(at, "%s", begin);
  for (int i = 0; i < LINES; i++) at += sprintf(at, "%s", line(i));
  sprintf(at, "%s", end);
  return text;
}

static const char *pair_line(int i) {
  static char line[100];
  sprintf(line, "person-%d/1.jpg person-%d/2.jpg %d\n", i, i % 2 ? i : i + 1, i % 2);
  return line;
}

static const char *landmark_line(int i) {
  static char line[128];
  sprintf(line, "\"p/%d.jpg\": [[1.5, 2], [3, 4], [5, 6], [7, 8], [9, 10]]%s\n", i, i == LINES - 1 ? "" : ",");
  return line;
}

static fs_status load_pairs(const char *text, double *answer) {
  fs_pairs *pairs = NULL;
  fs_status status = fs_pairs_load(&pairs, text, strlen(text));
  *answer = (double)fs_pairs_count(pairs);
  fs_pairs_destroy(pairs);
  return status;
}

static fs_status load_landmarks(const char *text, double *answer) {
  fs_landmarks *landmarks = NULL;
  fs_status status = fs_landmarks_load(&landmarks, text, strlen(text));
  *answer = status == FS_OK ? LINES : 0;
  fs_landmarks_destroy(landmarks);
  return status;
}

static fs_status evaluate(const char *text, double *answer) {
  static double distances[LINES];
  static int32_t is_same[LINES];
  fs_evaluation evaluation = {.size = sizeof evaluation};
  (void)text;
  for (int i = 0; i < LINES; i++) distances[i] = i * 7919L % LINES, is_same[i] = i % 3 == 0;
  fs_status status = fs_evaluate_pairs(distances, is_same, NULL, LINES, NULL, &evaluation);
  *answer = status == FS_OK ? LINES : 0;
  return status;
}

static void growing(const char *sentence, fs_status (*act)(const char *, double *), char *text) {
  TEST(sentence) {
    double answer = 0;
    int refused = 0, answered = 0;
    REQUIRE(text);
    const uint64_t before = fs_memory_used();
    fs_memory_peak_reset();
    REQUIRE_OK(act(text, &answer));
    CHECK_NEAR(answer, LINES, 0);
    const uint64_t need = fs_memory_peak() - before;
    for (int step = 0; step <= 3 * STEPS; step += 2) {
      const uint64_t limit = fs_memory_used() + (1 << 20) + need * (uint64_t)step / STEPS;
      if (!CHECK_OK(fs_memory_limit_set(limit))) break;
      fs_memory_peak_reset();
      fs_status status = act(text, &answer);
      CHECK_STATUS(status == FS_OK ? FS_OK : FS_NO_MEMORY, status == FS_OK ? fs_memory_limit_set(limit) : act(text, &answer));
      refused += status != FS_OK, answered += status == FS_OK;
      CHECK(fs_memory_peak() <= limit);
      CHECK_OK(fs_memory_limit_set(0));
    }
    CHECK(refused > 0 && answered > 0);
    CHECK_NEAR((double)fs_memory_used() - (double)before, 0, 4096);
  }
  free(text);
}

static void lists(void) {
  if (quick()) {
    test_skip_group("long lists, in quick runs");
    return;
  }
  growing("a list of pairs stays within the limit while it grows", load_pairs, text_of(pair_line, "", ""));
  growing("so do landmarks", load_landmarks, text_of(landmark_line, "{", "}"));
  growing("so do the numbers of an evaluation", evaluate, text_of(pair_line, "", ""));
}

/* ---- A small device ---- */

enum { ALLOWED = 39 << 19, RESIDENT = 32 << 20 };
static char frame_file[] = "/tmp/facestyle-frame-XXXXXX";

/* Bytes that this process had resident at its peak; 0 if the system does not say. */
static size_t most_resident(void) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[200];
  size_t kilobytes = 0;
  while (file && fgets(line, sizeof line, file)) sscanf(line, "VmHWM: %zu", &kilobytes);
  if (file) fclose(file);
  return kilobytes << 10;
}

/* A camera's frames by the models in the box, on one thread. */
static int work_on_small_device(void) {
  static uint8_t nv12[CAMERA_BYTES];
  const char *path = getenv("FACESTYLE_FRAME");
  FILE *file = path ? fopen(path, "rb") : NULL;
  if (!file || fread(nv12, 1, sizeof nv12, file) != sizeof nv12) return 3;
  fclose(file);
  const fs_frame frame = camera_frame(nv12);
  fs_model *detecting = NULL, *embedding = NULL;
  fs_detector *detector = NULL;
  fs_embedder *embedder = NULL;
  fs_face faces[8];
  float numbers[128];
  size_t count = 0;
  bool well = fs_threads_set(1) == FS_OK && fs_memory_limit_set(ALLOWED) == FS_OK &&
              fs_model_open(&detecting, "models/faces-yunet.safetensors") == FS_OK &&
              fs_detector_create(&detector, detecting, NULL) == FS_OK &&
              fs_model_open(&embedding, "models/faces-nn4.safetensors") == FS_OK && fs_embedder_create(&embedder, embedding) == FS_OK;
  fs_model_destroy(detecting), fs_model_destroy(embedding);
  for (int i = 0; i < 20 && well; i++) {
    well = fs_detector_find_frame(detector, &frame, NULL, faces, 8, &count) == FS_OK && count == CAMERA_FACES;
    for (size_t k = 0; k < count && well; k++)
      well = fs_embedder_embed_frame(embedder, &frame, &faces[k], 1, numbers, 128) == FS_OK;
  }
  if (!well) printf("  %zu faces; %s\n", count, fs_last_error());
  const size_t most = most_resident();
  printf("  %.1f MB resident at the peak, of which the library counts %.1f\n", (double)most / (1 << 20),
         (double)fs_memory_peak() / (1 << 20));
  well = well && most > 0 && most <= RESIDENT && fs_memory_peak() <= ALLOWED;
  fs_detector_destroy(detector), fs_embedder_destroy(embedder);
  return !well;
}

static int small_device(void *unused) {
  (void)unused;
  return setenv("FACESTYLE_FRAME", frame_file, 1) == 0 ? again("small device") : 3;
}

static void device(void) {
  static uint8_t nv12[CAMERA_BYTES];
  if (quick()) {
    test_skip_group("a small device, in quick runs: valgrind takes more memory");
    return;
  }
  if (!have(photo_path(camera_photos[0]), "a small device") || !have(photo_path(camera_photos[1]), "a small device")) return;
  TEST("faces of a camera's frames are found and embedded within 32 MB resident") {
    const int file = mkstemp(frame_file);
    REQUIRE(file >= 0);
    close(file);
    CHECK(camera_picture(nv12) && write_file(frame_file, nv12, sizeof nv12));
    CHECK(child(small_device, NULL, 60));
    unlink(frame_file);
  }
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "small device") == 0) return work_on_small_device();
  own_limit();
  lists();
  device();
  return test_end_program();
}
