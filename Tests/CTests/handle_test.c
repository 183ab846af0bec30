/* Handles of every kind: one that was destroyed is refused, whatever was created since. */
#define _DEFAULT_SOURCE /* mincore */
#include "weights.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>

static char folder[] = "/tmp/facestyle-handle-XXXXXX";
static char model_file[200], siamese_file[200], text_file[200];

/* What handles are made from. */
static fs_image *image;
static fs_model *vgg, *mtcnn, *network, *fast, *universal, *small_enlarger, *judge, *points_model;
static fs_embedder *embedder;
static fs_styler *styler;

/* A kind: how one is made, a call that any live one answers with FS_OK, and its end. */
typedef struct kind {
  const char *name;
  void *(*make)(void);
  fs_status (*use)(void *);
  void (*destroy)(void *);
} kind;

#define KIND(name, create, call)                                       \
  static void *make_##name(void) {                                     \
    fs_##name *made = NULL;                                            \
    return CHECK_OK(create) ? made : NULL;                             \
  }                                                                    \
  static fs_status use_##name(void *handle) {                          \
    fs_##name *it = handle;                                            \
    return call;                                                       \
  }                                                                    \
  static void destroy_##name(void *handle) { fs_##name##_destroy(handle); }
#define LISTED(name) {"fs_" #name, make_##name, use_##name, destroy_##name}

static fs_status drop(fs_status status, fs_image *out) {
  fs_image_destroy(out);
  return status;
}

static fs_status copied(const fs_image *it) {
  fs_image *out = NULL;
  const fs_status status = fs_image_unblended(&out, it);
  return drop(status, out);
}

static fs_status previewed(const fs_style_job *it) {
  fs_image *out = NULL;
  const fs_status status = fs_style_job_preview(it, &out);
  return drop(status, out);
}

static fs_status made_job(fs_style_job **out) {
  const fs_image *const styles[1] = {image};
  fs_style_options options;
  const fs_status status = fs_style_options_init(&options, sizeof options);
  return status == FS_OK ? fs_style_job_create(out, styler, image, styles, NULL, 1, &options) : status;
}

static fs_status made_pixels(fs_image **out) {
  static const uint8_t rgb[3];
  const fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = 3, .width = 1, .height = 1, .format = FS_RGB};
  return fs_image_from_pixels(out, &pixels);
}

static fs_status made_small_trainer(fs_trainer **out) {
  fs_trainer_options options;
  fs_loss_options loss;
  fs_status status = fs_loss_options_init(&loss, sizeof loss, FS_LOSS_CROSS_ENTROPY);
  if (status == FS_OK) status = fs_trainer_options_init(&options, sizeof options);
  options.architecture = "cascade-12";
  options.loss = &loss;
  return status == FS_OK ? fs_trainer_create(out, &options, NULL) : status;
}

static fs_status made_fast_trainer(fs_fast_trainer **out) {
  fs_fast_trainer_options options;
  const fs_status status = fs_fast_trainer_options_init(&options, sizeof options);
  options.filters = options.blocks = 1, options.side = 32;
  return status == FS_OK ? fs_fast_trainer_create(out, vgg, image, &options) : status;
}

static fs_status made_enlarger_trainer(fs_enlarger_trainer **out) {
  fs_enlarger_trainer_options options;
  const fs_status status = fs_enlarger_trainer_options_init(&options, sizeof options);
  options.filters = options.blocks = 1, options.side = 32;
  return status == FS_OK ? fs_enlarger_trainer_create(out, NULL, &options) : status;
}

static const char pairs_text[] = "1\nAnn\t1\t2\nAnn\t1\tBob\t1\n";
static const char landmarks_text[] = "{\"a\": [[1, 2], [3, 2], [2, 3], [1, 4], [3, 4]]}";
static size_t count;
static uint64_t bytes;
static fs_point points[5];
static const fs_face whole = {.width = 20, .height = 20};
static fs_liveness_verdict verdict = {.size = sizeof(fs_liveness_verdict)};
static fs_layer_info layer = {.size = sizeof layer};
static fs_pair pair;
static fs_face face;
static fs_trainer_info info = {.size = sizeof(fs_trainer_info)};
static fs_model_info model_info = {.size = sizeof(fs_model_info)};
static fs_analysed_face analysed = {.size = sizeof(fs_analysed_face)};

static fs_status made_analysis(fs_face_analysis **out) { /* of whole photos: it needs no detector */
  fs_face_analysis_options options;
  const fs_status status = fs_face_analysis_options_init(&options, sizeof options);
  options.embedder = siamese_file;
  return status == FS_OK ? fs_face_analysis_create(out, &options) : status;
}

static fs_status made_faces(fs_faces **out) {
  fs_face_analysis *analysis = NULL;
  fs_status status = made_analysis(&analysis);
  if (status == FS_OK) status = fs_face_analysis_run(analysis, out, image);
  fs_face_analysis_destroy(analysis);
  return status;
}

static fs_status ran(const fs_face_analysis *it) {
  fs_faces *out = NULL;
  const fs_status status = fs_face_analysis_run(it, &out, image);
  fs_faces_destroy(out);
  return status;
}

KIND(image, made_pixels(&made), copied(it))
KIND(model, fs_model_open(&made, model_file), fs_model_layer_info_get(it, "embedding", &layer))
KIND(detector, fs_detector_create(&made, mtcnn, NULL), fs_detector_find(it, image, NULL, 0, &count))
KIND(embedder, fs_embedder_create(&made, network), fs_embedder_template(it, points))
KIND(liveness, fs_liveness_create(&made, (const fs_model *const *)&judge, 1), fs_liveness_check(it, image, &whole, &verdict))
KIND(dense_landmarks, fs_dense_landmarks_create(&made, points_model), fs_dense_landmarks_find(it, image, &whole, points, 5))
KIND(models, fs_models_list(&made), fs_models_get(it, 0, &model_info))
KIND(face_analysis, made_analysis(&made), ran(it))
KIND(faces, made_faces(&made), fs_faces_get(it, 0, &analysed))
KIND(gallery, fs_gallery_create(&made, embedder), fs_gallery_list_people(it, NULL, 0, &count))
KIND(tracker, fs_tracker_create(&made, NULL), fs_tracker_finish(it))
KIND(styler, fs_styler_create(&made, vgg), fs_styler_memory_needed(it, 32, 32, NULL, &bytes))
KIND(style_job, made_job(&made), previewed(it))
KIND(fast_styler, fs_fast_styler_create(&made, fast), fs_fast_styler_memory_needed(it, 16, 16, &bytes))
KIND(universal_styler, fs_universal_styler_create(&made, universal, (const fs_image *const *)&image, 1),
     fs_universal_styler_memory_needed(it, 32, 32, &bytes))
KIND(fast_trainer, made_fast_trainer(&made), fs_fast_trainer_save_model(it, text_file, FS_FLOAT32, NULL))
KIND(enlarger, fs_enlarger_create(&made, small_enlarger), fs_enlarger_memory_needed(it, 16, 16, &bytes))
KIND(enlarger_trainer, made_enlarger_trainer(&made), fs_enlarger_trainer_save_model(it, text_file, FS_FLOAT32, NULL))
KIND(unit_search, fs_unit_search_create(&made, network, "3a", NULL), fs_unit_search_patches(it, 0, NULL, 0, &count))
KIND(photos, fs_photos_create(&made), fs_photos_add_folder(it, "Tests/CTests", NULL, NULL))
KIND(trainer, made_small_trainer(&made), fs_trainer_info_get(it, &info))
KIND(pairs, fs_pairs_load(&made, pairs_text, sizeof pairs_text - 1), fs_pairs_get(it, 0, &pair))
KIND(landmarks, fs_landmarks_load(&made, landmarks_text, sizeof landmarks_text - 1), fs_landmarks_find(it, "a", &face))

static const kind kinds[] = {
    LISTED(image),      LISTED(model),       LISTED(embedder), LISTED(gallery), LISTED(tracker),
    LISTED(fast_styler), LISTED(universal_styler), LISTED(unit_search), LISTED(photos),  LISTED(trainer),
    LISTED(pairs),      LISTED(landmarks),   LISTED(models),   LISTED(face_analysis), LISTED(faces),
    LISTED(liveness),   LISTED(dense_landmarks), LISTED(enlarger), LISTED(enlarger_trainer),
    /* With the models that are built. */
    LISTED(detector),   LISTED(styler),      LISTED(style_job), LISTED(fast_trainer),
};
enum { KINDS = sizeof kinds / sizeof *kinds, WITH_BUILT_MODELS = 4 };

/* The process has no memory there. */
static bool is_no_memory(const void *address) {
  const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
  unsigned char resident;
  errno = 0;
  return mincore((void *)((uintptr_t)address / page * page), 1, &resident) == -1 && errno == ENOMEM;
}

static void stale(int listed) {
  static char sentence[KINDS][100];
  for (int i = 0; i < listed; i++) {
    const kind *kind = &kinds[i];
    snprintf(sentence[i], sizeof sentence[i], "a %s that was destroyed is refused, whatever was created since", kind->name);
    TEST(sentence[i]) {
      void *first = kind->make();
      REQUIRE(first != NULL);
      CHECK_OK(kind->use(first));
      CHECK(is_no_memory(first));
      kind->destroy(first);
      for (int round = 0; round < 4; round++) {
        void *second = kind->make();
        CHECK(second != NULL && second != first);
        CHECK_STATUS(FS_INVALID_ARGUMENT, kind->use(first));
        kind->destroy(first); /* nobody's */
        CHECK_OK(kind->use(second));
        kind->destroy(second);
        CHECK_STATUS(FS_INVALID_ARGUMENT, kind->use(second));
      }
    }
  }
  TEST("a handle of one type is none of another's") {
    for (int i = 0; i < listed; i++) {
      void *handle = kinds[i].make();
      for (int j = 0; j < listed; j++)
        if (j != i) CHECK_STATUS(FS_INVALID_ARGUMENT, kinds[j].use(handle)), kinds[j].destroy(handle);
      CHECK_OK(kinds[i].use(handle));
      kinds[i].destroy(handle);
    }
  }
}

enum { THREADS = 4, EACH = 500 };

static void *make_many(void *user) {
  void **handles = user;
  for (int i = 0; i < EACH; i++) {
    fs_image *one = NULL;
    if (made_pixels(&one) == FS_OK) handles[i] = one;
    if (i % 2) fs_image_destroy(one);
  }
  return NULL;
}

static int by_value(const void *a, const void *b) {
  const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;
  return x < y ? -1 : x > y;
}

static void several(void) {
  TEST("threads never get the same handle, living or not") {
    static void *handles[THREADS * EACH];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
      REQUIRE(pthread_create(&threads[i], NULL, make_many, handles + i * EACH) == 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    for (int i = 0; i < THREADS * EACH; i += 2) fs_image_destroy(handles[i]);
    qsort(handles, THREADS * EACH, sizeof *handles, by_value);
    bool distinct = handles[0] != NULL;
    for (int i = 1; i < THREADS * EACH; i++) distinct = distinct && handles[i] != handles[i - 1];
    CHECK(distinct);
  }
  TEST("a forked process has its parent's handles, and makes others") {
    fs_image *kept = NULL, *gone = NULL;
    REQUIRE_OK(made_pixels(&kept));
    REQUIRE_OK(made_pixels(&gone));
    fs_image_destroy(gone);
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      fs_image *own = NULL;
      bool sound = made_pixels(&own) == FS_OK && own != kept && own != gone;
      sound = sound && copied(kept) == FS_OK && copied(own) == FS_OK && copied(gone) == FS_INVALID_ARGUMENT;
      /* Another program ends the child: what the parent's other threads held would count as lost under valgrind. */
      execl("/bin/sh", "sh", "-c", sound ? "exit 0" : "exit 1", (char *)NULL);
      _exit(2);
    }
    int status = 1;
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK_OK(copied(kept));
    fs_image_destroy(kept);
  }
  TEST("what is borrowed from a handle is memory, the handle is not") {
    fs_image *one = NULL;
    REQUIRE_OK(made_pixels(&one));
    CHECK(is_no_memory(one) && !is_no_memory(fs_image_data(one)));
    fs_image_destroy(one);
  }
}

int main(void) {
  if (!mkdtemp(folder)) return 1;
  snprintf(model_file, sizeof model_file, "%s/network", folder);
  snprintf(siamese_file, sizeof siamese_file, "%s/siamese.safetensors", folder);
  snprintf(text_file, sizeof text_file, "%s/fast", folder);
  image = picture(48, 32, 1);
  fast = fast_model(0.3f), universal = universal_model(0.3f), small_enlarger = enlarger_model(0.3f);
  judge = row_model("liveness", "logits", 3, 0), points_model = row_model("landmarks", "points", 10, 0.5f);
  fs_trainer *trainer = NULL;
  TEST("a network of random weights is saved") { /* nn4.small2 */
    REQUIRE_OK(fs_trainer_create(&trainer, NULL, NULL));
    REQUIRE_OK(fs_trainer_save_model(trainer, model_file, FS_FLOAT16, 1, NULL));
    REQUIRE_OK(fs_model_open(&network, model_file));
    REQUIRE_OK(fs_embedder_create(&embedder, network));
  }
  fs_trainer_destroy(trainer);
  TEST("a network of whole photos is saved") {
    fs_trainer_options options;
    REQUIRE_OK(fs_trainer_options_init(&options, sizeof options));
    options.architecture = "siamese";
    REQUIRE_OK(fs_trainer_create(&trainer, &options, NULL));
    REQUIRE_OK(fs_trainer_save_model(trainer, siamese_file, FS_FLOAT16, 1, NULL));
    fs_trainer_destroy(trainer);
  }
  if (quick()) test_skip_group("detectors, stylers and jobs, in quick runs");
  const bool has_models = !quick() && have(model_path("vgg19.safetensors"), "detectors and stylers") &&
                          have(model_path("mtcnn.safetensors"), "detectors and stylers");
  if (has_models) {
    TEST("a styler is made") {
      vgg = open_model("vgg19.safetensors"), mtcnn = open_model("mtcnn.safetensors");
      REQUIRE_OK(fs_styler_create(&styler, vgg));
    }
  }
  setenv("FACESTYLE_MODELS", folder, 1); /* so that a list has an entry */
  stale(has_models ? KINDS : KINDS - WITH_BUILT_MODELS);
  several();
  fs_styler_destroy(styler), fs_embedder_destroy(embedder);
  fs_model_destroy(vgg), fs_model_destroy(mtcnn), fs_model_destroy(network);
  fs_model_destroy(fast), fs_model_destroy(universal), fs_model_destroy(small_enlarger), fs_model_destroy(judge), fs_model_destroy(points_model);
  fs_image_destroy(image);
  unlink(model_file), unlink(siamese_file), unlink(text_file), rmdir(folder);
  return test_end_program();
}
