/* What the process around the library gives it: floating-point state, stack, memory, addresses. */
#include "child.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* ---- Floating-point state ---- */

#if defined(__x86_64__)
typedef unsigned control;
enum { STANDARD = 0x1f80, FLUSHING = 0x1f80 | 0x8040, UPWARD = 0x1f80 | 0x4000, TRAPPING = 0, FLAGS = 0x3f };
static control get_control(void) {
  control value;
  __asm__ volatile("stmxcsr %0" : "=m"(value));
  return value;
}
static void set_control(control value) { __asm__ volatile("ldmxcsr %0" : : "m"(value)); }
static unsigned short get_x87(void) {
  unsigned short value;
  __asm__ volatile("fnstcw %0" : "=m"(value));
  return value;
}
static void set_x87(unsigned short value) { __asm__ volatile("fldcw %0" : : "m"(value)); }
#elif defined(__aarch64__)
typedef unsigned long control;
enum { STANDARD = 0, FLUSHING = 1 << 24, UPWARD = 1 << 22, TRAPPING = 0x9f00, FLAGS = 0 };
static control get_control(void) {
  control value;
  __asm__ volatile("mrs %0, fpcr" : "=r"(value));
  return value;
}
static void set_control(control value) { __asm__ volatile("msr fpcr, %0" : : "r"(value)); }
static unsigned short get_x87(void) { return 0; }
static void set_x87(unsigned short value) { (void)value; }
#else
typedef unsigned control;
enum { STANDARD, FLUSHING, UPWARD, TRAPPING, FLAGS = 0 };
static control get_control(void) { return 0; }
static void set_control(control value) { (void)value; }
static unsigned short get_x87(void) { return 0; }
static void set_x87(unsigned short value) { (void)value; }
#endif

enum { ROWS = 3000, PROBES = 3, NUMBERS = 64, POINTS = 60 };

/* Numbers whose squares are subnormal. */
static float *tiny_rows(void) {
  float *rows = malloc(sizeof *rows * ROWS * NUMBERS);
  for (int i = 0; rows && i < ROWS * NUMBERS; i++) rows[i] = 1e-20f * (float)(1 + i * 7919 % 13);
  return rows;
}

static bool distances_of(const float *rows, float *distances) {
  return fs_distances(FS_DISTANCE_SQUARED, rows, PROBES, rows, ROWS, NUMBERS, NULL, distances, PROBES * ROWS) == FS_OK;
}

static float *points(void) {
  float *values = malloc(sizeof *values * POINTS * 128);
  for (int i = 0; values && i < POINTS * 128; i++) values[i] = sinf((float)(i * i % 997)) + (float)(i / 128 % 3);
  return values;
}

struct seen {
  control control;
  int calls;
};

static fs_action look(const fs_tsne_progress *progress, void *user) {
  struct seen *seen = user;
  (void)progress;
  seen->control = get_control(), seen->calls++;
  return FS_CONTINUE;
}

static fs_status mapped(const float *values, struct seen *seen, float *map) {
  fs_tsne_options options;
  fs_tsne_options_init(&options, sizeof options);
  options.steps = 50, options.perplexity = 5;
  if (seen) options.on_step = look, options.user = seen;
  return fs_tsne(values, POINTS, 128, &options, map, 2 * POINTS, NULL);
}

/* A few kinds of work while every exception of both units traps. */
static int work_while_trapping(void *unused) {
  float *values = points(), map[2 * POINTS];
  float *rows = tiny_rows(), *distances = malloc(sizeof *distances * PROBES * ROWS);
  (void)unused;
  if (!values || !rows || !distances) return 3;
  set_x87(0x340), set_control(TRAPPING);
  const control set = get_control(); /* Arm's processors may have no traps */
  fs_image *image = NULL, *small = NULL;
  uint8_t pixels[30 * 20 * 3];
  for (size_t i = 0; i < sizeof pixels; i++) pixels[i] = (uint8_t)(i * 31);
  fs_pixels given = {.size = sizeof given, .data = pixels, .byte_count = sizeof pixels, .width = 30, .height = 20, .format = FS_RGB};
  bool well = fs_image_from_pixels(&image, &given) == FS_OK && fs_image_resize(&small, image, 17, 11, FS_BICUBIC) == FS_OK &&
              distances_of(rows, distances) && mapped(values, NULL, map) == FS_OK && fs_memory_limit() > 0 && fs_threads() > 0;
  well = well && get_control() == set && (get_x87() & 0x3f) == (get_x87() ? 0 : get_x87());
  fs_image_destroy(image), fs_image_destroy(small);
  set_control(STANDARD);
  free(values), free(rows), free(distances);
  return well ? 0 : 1;
}

static void floats(void) {
  if (quick() && !emulated()) {
    test_skip_group("floating-point states, in quick runs: valgrind has but one");
    return;
  }
  TEST("results are the same bits whatever the calling thread does with subnormal numbers and roundings, on any number of threads") {
    float *rows = tiny_rows(), *wanted = malloc(sizeof *wanted * PROBES * ROWS), *got = malloc(sizeof *got * PROBES * ROWS);
    float *values = points(), map[2 * POINTS], other[2 * POINTS];
    REQUIRE(rows && wanted && got && values);
    CHECK(distances_of(rows, wanted));
    CHECK_OK(mapped(values, NULL, map));
    static const control states[] = {FLUSHING, UPWARD};
    for (int state = 0; state < 2; state++)
      for (uint32_t threads = 1; threads <= 2; threads++) {
        CHECK_OK(fs_threads_set(threads));
        set_control(states[state]);
        bool well = distances_of(rows, got) && mapped(values, NULL, other) == FS_OK;
        control after = get_control();
        set_control(STANDARD);
        CHECK(well && after == states[state]); /* with its flags */
        CHECK(memcmp(got, wanted, sizeof *wanted * PROBES * ROWS) == 0);
        CHECK(memcmp(map, other, sizeof map) == 0);
      }
    CHECK_OK(fs_threads_set(0));
    free(rows), free(wanted), free(got), free(values);
  }
  TEST("a callback runs in its caller's floating-point state") {
    struct seen seen = {0, 0};
    float *values = points(), map[2 * POINTS];
    REQUIRE(values);
    set_control(FLUSHING);
    fs_status status = mapped(values, &seen, map);
    control after = get_control();
    set_control(STANDARD);
    CHECK_STATUS(FS_OK, status);
    CHECK(seen.calls == 2 && (seen.control & ~(control)FLAGS) == FLUSHING && after == FLUSHING);
    free(values);
  }
  TEST("a host whose floating-point exceptions trap is not trapped by the library's arithmetic") {
    if (emulated()) SKIP("a forked child with threads ends qemu");
    CHECK(child(work_while_trapping, NULL, 60));
  }
}

/* ---- A short stack ---- */

/* What a thread has, and what the header says that a call takes of it. */
enum { STACK = 64 << 10, TAKEN = 48 << 10, UNTOUCHED = 0xa5 };

/* The part of the thread's stack that the C library keeps to itself is not counted: it lies above `from`. */
struct stack_use {
  void *(*body)(void *);
  void *argument;
  const uint8_t *from;
};

static void *use_stack(void *argument) {
  struct stack_use *use = argument;
  use->from = __builtin_frame_address(0);
  return use->body(use->argument);
}

/* The work is done, on a stack of 64 KB with a page below that nobody may touch; *taken: bytes of it. */
static bool on_short_stack(void *(*body)(void *), void *argument, size_t *taken) {
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  struct stack_use use = {body, argument, NULL};
  pthread_t thread;
  pthread_attr_t attributes;
  void *answer = NULL;
  uint8_t *memory = aligned_alloc(page, page + STACK);
  if (!memory || mprotect(memory, page, PROT_NONE) != 0) return false;
  uint8_t *stack = memory + page, *deepest = stack;
  memset(stack, UNTOUCHED, STACK);
  pthread_attr_init(&attributes);
  bool well = pthread_attr_setstack(&attributes, stack, STACK) == 0 && pthread_create(&thread, &attributes, use_stack, &use) == 0 &&
              pthread_join(thread, &answer) == 0;
  pthread_attr_destroy(&attributes);
  while (deepest < stack + STACK && *deepest == UNTOUCHED) deepest++;
  *taken = use.from > deepest ? (size_t)(use.from - deepest) : 0;
  mprotect(memory, page, PROT_READ | PROT_WRITE), free(memory);
  return well && answer != NULL;
}

struct faces {
  fs_model *detecting, *embedding, *painting;
  fs_detector *detector;
  fs_embedder *embedder;
  fs_gallery *gallery;
  fs_image *photo;
  char path[64];
};

static void *do_files(void *argument) {
  struct faces *faces = argument;
  fs_image *image = NULL, *small = NULL, *again = NULL;
  char path[96];
  bool well = fs_image_open(&image, photo_path("obama.jpg")) == FS_OK && fs_image_resize(&small, image, 300, 200, FS_BICUBIC) == FS_OK;
  for (int i = 0; i < 2 && well; i++) {
    snprintf(path, sizeof path, "%s/picture.%s", faces->path, i ? "png" : "jpg");
    well = fs_image_write(small, path) == FS_OK && fs_image_open(&again, path) == FS_OK && unlink(path) == 0;
    fs_image_destroy(again), again = NULL;
  }
  well = well && fs_image_open(&again, "/no/such/file.png") == FS_IO;
  well = well && fs_image_augment(&again, small, NULL, 7) == FS_OK;
  fs_image_destroy(image), fs_image_destroy(small), fs_image_destroy(again);
  return well ? argument : NULL;
}

static void *do_models(void *argument) {
  struct faces *faces = argument;
  bool well = (faces->detecting = open_model("mtcnn.safetensors")) && (faces->embedding = open_model("dlib-resnet.safetensors")) &&
              (faces->painting = open_model("vgg19.safetensors"));
  return well && fs_detector_create(&faces->detector, faces->detecting, NULL) == FS_OK &&
                 fs_embedder_create(&faces->embedder, faces->embedding) == FS_OK
             ? argument : NULL;
}

static void *do_faces(void *argument) {
  struct faces *faces = argument;
  float embedding[128];
  fs_face face;
  faces->photo = photo("obama.jpg", 480);
  return fs_embedder_embed_photo(faces->embedder, faces->detector, faces->photo, &face, embedding, 128) == FS_OK ? argument : NULL;
}

static void *do_gallery(void *argument) {
  struct faces *faces = argument;
  char path[96];
  fs_gallery_identity match = {.size = sizeof match};
  float embedding[128] = {1};
  snprintf(path, sizeof path, "%s/gallery.db", faces->path);
  bool well = fs_gallery_open(&faces->gallery, path, faces->embedder, NULL) == FS_OK;
  for (int i = 0; i < 40 && well; i++) {
    char name[32];
    snprintf(name, sizeof name, "person %d", i);
    embedding[i] += 1;
    well = fs_gallery_add(faces->gallery, name, embedding, 128) == FS_OK;
  }
  well = well && fs_gallery_add_photo(faces->gallery, faces->embedder, faces->detector, "obama", faces->photo) == FS_OK &&
         fs_gallery_identify(faces->gallery, embedding, 128, NULL, &match) == FS_OK &&
         fs_gallery_identify_photo(faces->gallery, faces->embedder, faces->detector, faces->photo, NULL, &match) == FS_OK &&
         fs_gallery_remove(faces->gallery, "person 3") == FS_OK;
  fs_gallery_destroy(faces->gallery);
  return well ? argument : NULL;
}

static void *do_style(void *argument) {
  struct faces *faces = argument;
  fs_styler *styler = NULL;
  fs_image *content = picture(48, 40, 1), *style = picture(40, 48, 2), *out = NULL;
  fs_style_options options;
  fs_style_options_init(&options, sizeof options);
  options.steps = 2;
  bool well = fs_styler_create(&styler, faces->painting) == FS_OK && fs_styler_run(styler, &out, content, style, &options) == FS_OK;
  fs_image_destroy(content), fs_image_destroy(style), fs_image_destroy(out), fs_styler_destroy(styler);
  return well ? argument : NULL;
}

static void *do_training(void *argument) {
  struct faces *faces = argument;
  static uint8_t pictures[4 * 112 * 92 * 3];
  static const int32_t pairs[2] = {0, 1};
  char path[96];
  fs_trainer *trainer = NULL;
  fs_loss_options loss;
  fs_trainer_options options;
  for (size_t i = 0; i < sizeof pictures; i++) pictures[i] = (uint8_t)(i * i >> 7);
  bool well = fs_loss_options_init(&loss, sizeof loss, FS_LOSS_PAIR_DIFFERENCE) == FS_OK &&
              fs_trainer_options_init(&options, sizeof options) == FS_OK;
  options.architecture = "siamese", options.loss = &loss, options.steps = 2;
  well = well && fs_trainer_create(&trainer, &options, NULL) == FS_OK &&
         fs_trainer_step(trainer, pictures, 4, pairs, NULL, NULL) == FS_OK;
  snprintf(path, sizeof path, "%s/checkpoint", faces->path);
  well = well && fs_trainer_save(trainer, path) == FS_OK && unlink(path) == 0;
  if (!well) printf("  %s\n", fs_last_error());
  fs_trainer_destroy(trainer);
  return well ? argument : NULL;
}

static void *do_numbers(void *argument) {
  static float values[POINTS * 128], map[2 * POINTS], distances[POINTS * POINTS];
  double cost;
  for (int i = 0; i < POINTS * 128; i++) values[i] = sinf((float)(i * i % 997)) + (float)(i / 128 % 3);
  bool well = mapped(values, NULL, map) == FS_OK &&
              fs_distances(FS_DISTANCE_EUCLIDEAN, values, POINTS, values, POINTS, 128, NULL, distances, POINTS * POINTS) == FS_OK &&
              fs_style_cost(values, values + 1, 8, 8, 100, FS_COST_NORMALISED, &cost) == FS_OK;
  return well ? argument : NULL;
}

/* A camera's frame, by the models in the box. */
static void *do_frames(void *argument) {
  static uint8_t grey[640 * 480];
  fs_model *detecting = NULL, *embedding = NULL;
  fs_detector *detector = NULL;
  fs_embedder *embedder = NULL;
  fs_tracker *tracker = NULL;
  fs_face found[4], face = {.x = 200, .y = 100, .width = 200, .height = 240, .score = 1};
  fs_tracked tracked[4];
  fs_frame frame;
  fs_quality quality = {.size = sizeof quality};
  float numbers[128];
  size_t count = 0;
  for (int i = 0; i < 5; i++) face.landmarks[i] = (fs_point){260 + 80 * (float)(i % 2), 180 + 30 * (float)i};
  for (size_t i = 0; i < sizeof grey; i++) grey[i] = (uint8_t)(i * i >> 9);
  fs_frame_init(&frame, sizeof frame);
  frame.format = FS_GREY, frame.width = 640, frame.height = 480, frame.planes[0] = grey, frame.byte_counts[0] = sizeof grey;
  bool well = fs_model_open(&detecting, "models/faces-yunet.safetensors") == FS_OK &&
              fs_model_open(&embedding, "models/faces-nn4.safetensors") == FS_OK &&
              fs_detector_create(&detector, detecting, NULL) == FS_OK && fs_embedder_create(&embedder, embedding) == FS_OK &&
              fs_tracker_create(&tracker, NULL) == FS_OK;
  for (int i = 0; i < 2; i++)
    well = well && fs_detector_find_frame(detector, &frame, NULL, found, 4, &count) == FS_OK &&
           fs_tracker_update(tracker, &face, NULL, 1, i, tracked, 4) == FS_OK &&
           fs_face_quality_frame(&frame, &face, NULL, &quality) == FS_OK &&
           fs_embedder_embed_frame(embedder, &frame, &face, 1, numbers, 128) == FS_OK;
  if (!well) printf("  %s\n", fs_last_error());
  fs_model_destroy(detecting), fs_model_destroy(embedding), fs_detector_destroy(detector), fs_embedder_destroy(embedder);
  fs_tracker_destroy(tracker);
  return well ? argument : NULL;
}

/* A style and an enlargement in one pass, by the models in the box. */
static void *do_passes(void *argument) {
  fs_model *painting = NULL, *enlarging = NULL;
  fs_fast_styler *styler = NULL;
  fs_enlarger *enlarger = NULL;
  fs_image *content = picture(60, 44, 1), *painted = NULL, *larger = NULL;
  bool well = fs_model_open(&painting, "models/scream.safetensors") == FS_OK &&
              fs_model_open(&enlarging, "models/enlarge2.safetensors") == FS_OK && fs_fast_styler_create(&styler, painting) == FS_OK &&
              fs_enlarger_create(&enlarger, enlarging) == FS_OK && fs_fast_styler_run(styler, &painted, content) == FS_OK &&
              fs_enlarger_run(enlarger, &larger, content) == FS_OK;
  if (!well) printf("  %s\n", fs_last_error());
  fs_model_destroy(painting), fs_model_destroy(enlarging), fs_fast_styler_destroy(styler), fs_enlarger_destroy(enlarger);
  fs_image_destroy(content), fs_image_destroy(painted), fs_image_destroy(larger);
  return well ? argument : NULL;
}

static void *do_self_test(void *argument) { return fs_self_test(NULL, NULL) == FS_OK ? argument : NULL; }

static void *do_expressions(void *argument) {
  fs_expression *parsed = NULL, *derivative = NULL, *simple = NULL;
  char text[8192];
  size_t length = 0;
  /* As deep as texts may nest. */
  enum { DEPTH = 9000 };
  char *nested = malloc(2 * DEPTH + 2);
  memset(nested, '(', DEPTH), nested[DEPTH] = 'x', memset(nested + DEPTH + 1, ')', DEPTH), nested[2 * DEPTH + 1] = 0;
  bool well = fs_expression_parse(&parsed, nested) == FS_OK;
  fs_expression_destroy(parsed), parsed = NULL, free(nested);
  well = well && fs_expression_parse(&parsed, "exp(sin(x)/y)^2 + x*y - log(x + 3)/tanh(y) + sigmoid(x^y)^0.5") == FS_OK &&
         fs_expression_derivative(&derivative, parsed, "x") == FS_OK && fs_expression_simplify(&simple, derivative) == FS_OK &&
         fs_expression_text(simple, text, sizeof text, &length) == FS_OK;
  if (!well) printf("  %s\n", fs_last_error());
  fs_expression_destroy(parsed), fs_expression_destroy(derivative), fs_expression_destroy(simple);
  return well ? argument : NULL;
}

static const struct {
  const char *what;
  void *(*body)(void *);
} works[] = {{"frames", do_frames}, {"passes", do_passes}, {"the test of itself", do_self_test}, {"expressions", do_expressions},
             {"files of pictures", do_files}, {"models", do_models}, {"faces", do_faces}, {"a gallery in a file", do_gallery},
             {"a style", do_style}, {"a training", do_training}, {"maps, distances and costs", do_numbers}};

static int work_on_short_stacks(void *unused) {
  struct faces faces = {.path = "/tmp/facestyle-stack-XXXXXX"};
  char file[96];
  (void)unused;
  if (!mkdtemp(faces.path)) return 3;
  int failures = 0;
  for (size_t i = 0; i < sizeof works / sizeof works[0]; i++) {
    size_t taken = 0;
    printf("  %s", works[i].what), fflush(stdout); /* the last one, where the child ends here */
    bool well = on_short_stack(works[i].body, &faces, &taken) && taken <= TAKEN;
    printf(": %.1f KB of stack%s\n", (double)taken / 1024, well ? "" : ", failed"), failures += !well;
  }
  fs_image_destroy(faces.photo), fs_detector_destroy(faces.detector), fs_embedder_destroy(faces.embedder);
  fs_model_destroy(faces.detecting), fs_model_destroy(faces.embedding), fs_model_destroy(faces.painting);
  static const char *const left[] = {"gallery.db", "gallery.db-wal", "gallery.db-shm"};
  for (int i = 0; i < 3; i++) snprintf(file, sizeof file, "%s/%s", faces.path, left[i]), unlink(file);
  rmdir(faces.path);
  return failures;
}

static void stacks(void) {
  if (quick()) {
    test_skip_group("short stacks, in quick runs: valgrind needs some of them itself, and Arm has threads of 128 KB at least");
    return;
  }
  if (!have(model_path("vgg19.safetensors"), "short stacks") || !have(model_path("mtcnn.safetensors"), "short stacks") ||
      !have(model_path("dlib-resnet.safetensors"), "short stacks") || !have(photo_path("obama.jpg"), "short stacks"))
    return;
  TEST("a thread of 64 KB of stack may call everything, which takes 48 KB of it at most") { CHECK(child(work_on_short_stacks, NULL, 120)); }
}

/* ---- Few addresses ---- */

/* Everything that comes to BLAS and LAPACK, and a picture too large for what there is. In a process of its own. */
static int work_with_few_addresses(void) {
  static float values[POINTS * 128], map[2 * POINTS];
  double cost;
  int failures = 0;
  for (int i = 0; i < POINTS * 128; i++) values[i] = sinf((float)(i * i % 997));
  fs_status answers[] = {
    mapped(values, NULL, map), fs_style_cost(values, values + 1, 8, 8, 100, FS_COST_NORMALISED, &cost),
    fs_content_cost(values, values + 1, 8, 8, 100, FS_COST_LECTURE, &cost),
    fs_triplet_loss(values, values + 128, values + 256, 8, 128, 0.2f, FS_SUM, &cost),
  };
  char text[200];
  for (size_t i = 0; i < sizeof answers / sizeof answers[0]; i++)
    if (answers[i] != FS_OK && answers[i] != FS_NO_MEMORY) printf("  work %zu answers %s\n", i, fs_status_name(answers[i])), failures++;
  fs_status status = fs_algebra_library(text, sizeof text);
  if (status != FS_OK && status != FS_NO_MEMORY) printf("  %s\n", fs_last_error()), failures++;
  struct rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  if (fs_memory_limit() > limit.rlim_cur) printf("  %llu bytes may be held\n", (unsigned long long)fs_memory_limit()), failures++;
  fs_image *image = plain(2000, 2000, 1, 2, 3), *large = NULL;
  if (!image || fs_image_resize(&large, image, 16000, 8000, FS_BILINEAR) != FS_NO_MEMORY) failures++;
  if (!strstr(fs_last_error(), "RLIMIT_AS")) printf("  %s\n", fs_last_error()), failures++;
  fs_image_destroy(image), fs_image_destroy(large);
  /* The small factors of faces' and colours' matrices need none of it. */
  if (exists(model_path("mtcnn.safetensors")) && exists(model_path("dlib-resnet.safetensors")) && exists(photo_path("obama.jpg"))) {
    fs_model *mtcnn = open_model("mtcnn.safetensors"), *network = open_model("dlib-resnet.safetensors");
    fs_detector *detector = NULL;
    fs_embedder *embedder = NULL;
    fs_image *image = photo("obama.jpg", 300);
    fs_face face;
    float embedding[128];
    fs_detector_create(&detector, mtcnn, NULL), fs_embedder_create(&embedder, network);
    status = fs_embedder_embed_photo(embedder, detector, image, &face, embedding, 128);
    if (status != FS_OK) printf("  a face: %s\n", fs_last_error()), failures++;
    fs_image_destroy(image), fs_detector_destroy(detector), fs_embedder_destroy(embedder);
    fs_model_destroy(mtcnn), fs_model_destroy(network);
  }
  return failures;
}

static int few_addresses(void *kilobytes) {
  rlim_t bytes = *(rlim_t *)kilobytes << 10;
  struct rlimit limit = {bytes, bytes};
  return setrlimit(RLIMIT_AS, &limit) == 0 ? again("addresses") : 3;
}

static void addresses(void) {
  if (quick()) {
    test_skip_group("few addresses, in quick runs: valgrind needs more");
    return;
  }
  TEST("where addresses are few; expected OpenBLAS answers in time, and nothing is killed") {
    /* Below what its library takes, between that and its buffer, and just where all fits or does not. */
    static rlim_t kilobytes[] = {200000, 300000, 400000, 500000};
    for (int i = 0; i < 4; i++) CHECK(child(few_addresses, &kilobytes[i], 60));
  }
}

/* ---- A container ---- */

/* A folder of a control group of our own; "" where none may be made. */
static void make_group(char *path, size_t room, const char *limit) {
  static const char *const kinds[][2] = {{"/sys/fs/cgroup/memory", "memory.limit_in_bytes"}, {"/sys/fs/cgroup", "memory.max"}};
  char file[200];
  for (int i = 0; i < 2; i++) {
    snprintf(path, room, "%s/facestyle-test-%d", kinds[i][0], (int)getpid());
    if (mkdir(path, 0755) != 0) continue;
    snprintf(file, sizeof file, "%s/%s", path, kinds[i][1]);
    if (write_file(file, limit, strlen(limit))) return;
    rmdir(path);
  }
  path[0] = 0;
}

static int enter(void *group) {
  char file[200], number[32];
  snprintf(file, sizeof file, "%s/cgroup.procs", (const char *)group);
  snprintf(number, sizeof number, "%d", (int)getpid());
  return write_file(file, number, strlen(number)) ? again("container") : 3;
}

/* In 300 MB: a style transfer of 1024 x 768 wants more, and small work fits. */
static int work_in_container(void) {
  int failures = 0;
  uint64_t limit = fs_memory_limit();
  if (limit > 300u << 20 || limit < 200u << 20) printf("  %llu bytes may be held\n", (unsigned long long)limit), failures++;
  fs_image *content = picture(1024, 768, 1), *style = picture(1024, 768, 2), *out = NULL;
  fs_model *vgg = open_model("vgg19.safetensors");
  fs_styler *styler = NULL;
  fs_style_options options;
  fs_style_options_init(&options, sizeof options);
  options.steps = 2;
  if (fs_styler_create(&styler, vgg) != FS_OK) printf("  %s\n", fs_last_error()), failures++;
  fs_status status = fs_styler_run(styler, &out, content, style, &options);
  if (status != FS_NO_MEMORY || !strstr(fs_last_error(), "control group")) printf("  %s: %s\n", fs_status_name(status), fs_last_error()), failures++;
  fs_image_destroy(content), fs_image_destroy(style), content = picture(64, 64, 1), style = picture(64, 64, 2);
  if (fs_styler_run(styler, &out, content, style, &options) != FS_OK) printf("  small: %s\n", fs_last_error()), failures++;
  fs_image_destroy(content), fs_image_destroy(style), fs_image_destroy(out), fs_styler_destroy(styler), fs_model_destroy(vgg);
  return failures;
}

static void container(void) {
  if (!have(model_path("vgg19.safetensors"), "a container")) return;
  if (quick()) {
    test_skip_group("a container, in quick runs");
    return;
  }
  TEST("in a container of 300 MB what wants more is refused, and the process lives") {
    char group[100];
    make_group(group, sizeof group, "314572800");
    if (!group[0]) SKIP("this test may not make a control group for memory");
    CHECK(child(enter, group, 120));
    CHECK(rmdir(group) == 0);
  }
}

/* ---- What is found ---- */

static void host(void) {
  TEST("the host is described") {
    fs_host_info found = {.size = sizeof found};
    CHECK_OK(fs_host_info_get(&found));
    CHECK(found.size == sizeof found && found.processors >= 1 && found.allowed >= 1 && found.quota >= 0);
    CHECK(found.threads >= 1 && found.threads <= found.allowed && found.memory_limit > 0);
    CHECK(strcmp(found.instruction_set, fs_instruction_set()) == 0);
    CHECK(found.memory_source && found.memory_source[0]);
    CHECK_OK(fs_threads_set(0));
    CHECK(fs_threads() == found.threads);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_host_info_get(NULL));
  }
  TEST("OpenBLAS says what it is, in as much room as there is") {
    char text[200], small[9] = "XXXXXXXX";
    CHECK_OK(fs_algebra_library(text, sizeof text));
    CHECK(strncmp(text, "OpenBLAS ", 9) == 0 && strstr(text, "core "));
    CHECK_OK(fs_algebra_library(small, 5));
    CHECK(strcmp(small, "Open") == 0 && small[5] == 'X');
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_algebra_library(NULL, 5));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, small, fs_algebra_library(small, 0));
  }
}

static void libraries(void) {
  TEST("libraries that are loaded when something needs them are listed, found or with their package") {
    size_t count = fs_optional_library_count();
    CHECK(count >= 8);
    for (size_t i = 0; i < count; i++) {
      fs_optional_library library = {.size = sizeof library};
      char text[400] = "";
      CHECK_OK(fs_optional_library_get(i, &library, text, sizeof text));
      CHECK(library.name[0] && library.needed_by[0] && library.package[0]);
      if (!library.found) CHECK(strstr(text, library.package) || strstr(text, "install"));
    }
  }
  TEST("a library is described in as much room as there is") {
    fs_optional_library library = {.size = sizeof library};
    char small[9] = "XXXXXXXX";
    CHECK_OK(fs_optional_library_get(0, &library, small, 3));
    CHECK(strcmp(library.name, "OpenBLAS") == 0 && strlen(small) <= 2 && small[3] == 'X');
  }
  TEST("a library that is not in the list is refused, and no room") {
    fs_optional_library library = {.size = sizeof library};
    char text[9];
    CHECK_REFUSED(FS_INVALID_ARGUMENT, library,
                  fs_optional_library_get(fs_optional_library_count(), &library, text, sizeof text));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, library, fs_optional_library_get(0, &library, NULL, 9));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, text, fs_optional_library_get(0, &library, text, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, text, fs_optional_library_get(0, NULL, text, sizeof text));
  }
}

/* OpenBLAS ends a process in which it gets no thread of its own, so it must not ask for any. */
static int work_on_one_thread(void) {
  static float values[POINTS * 128], map[2 * POINTS];
  for (int i = 0; i < POINTS * 128; i++) values[i] = sinf((float)(i * i % 997));
  char text[200];
  int threads = 0;
  if (fs_threads_set(1) != FS_OK || mapped(values, NULL, map) != FS_OK || fs_algebra_library(text, sizeof text) != FS_OK) {
    printf("  %s\n", fs_last_error());
    return 1;
  }
  DIR *tasks = opendir("/proc/self/task");
  for (struct dirent *task; tasks && (task = readdir(tasks));) threads += task->d_name[0] != '.';
  if (tasks) closedir(tasks);
  if (threads != 1) printf("  %d threads\n", threads);
  return threads != 1;
}
static int one_thread(void *unused) {
  (void)unused;
  return again("one thread");
}
static void threads(void) {
  if (quick()) {
    test_skip_group("threads of OpenBLAS, in quick runs: valgrind has but one processor");
    return;
  }
  TEST("a program of one thread has one when OpenBLAS is loaded, too") CHECK(child(one_thread, NULL, 60));
}

int main(int count, char **arguments) {
  if (count == 2 && strcmp(arguments[1], "one thread") == 0) return work_on_one_thread();
  if (count == 2 && strcmp(arguments[1], "addresses") == 0) return work_with_few_addresses();
  if (count == 2 && strcmp(arguments[1], "container") == 0) return work_in_container();
  host();
  libraries();
  floats();
  stacks();
  addresses();
  threads();
  container();
  return test_end_program();
}
