/* Structs that begin with their size: as much is written as the caller's struct and the library's have, and no more. */
#include "support.h"

enum { GUARDED = 1 << 14, NEWER = 10000, PATTERN = 0xa5 };

static union { uint8_t bytes[GUARDED]; double aligned; } room;

static void guard(void) { memset(room.bytes, PATTERN, sizeof room.bytes); }

/* Whether all from byte `first` on is as `guard` left it. */
static bool intact(size_t first) {
  for (size_t i = first; i < sizeof room.bytes; i++)
    if (room.bytes[i] != PATTERN) return false;
  return true;
}

static size_t size_member(void) {
  size_t size;
  memcpy(&size, room.bytes, sizeof size);
  return size;
}

/* Whether all members of a struct are alike. The bytes between and behind them hold nothing: layout.txt knows where members lie. */
static bool same_members(const char *type, const uint8_t *a, const uint8_t *b) {
  FILE *file = fopen("Tests/ABI/layout.txt", "r");
  char line[200], begin[80];
  size_t offset = SIZE_MAX, members = 0;
  bool same = file != NULL;
  snprintf(begin, sizeof begin, " %s.", type);
  while (file && fgets(line, sizeof line, file)) {
    if (!strstr(line, begin)) continue;
    const size_t number = strtoul(strrchr(line, ' '), NULL, 10);
    if (strncmp(line, "offset", 6) == 0) offset = number;
    else members++, same = same && memcmp(a + offset, b + offset, number) == 0;
  }
  if (file) fclose(file);
  return same && members > 1;
}

static void set_size(size_t size) { memcpy(room.bytes, &size, sizeof size); }

/* ---- Functions that fill a struct with defaults ---- */

#define OPTIONS(name) \
  static fs_status name(void *room, size_t size) { return fs_##name##_init(room, size); }
OPTIONS(frame)
OPTIONS(face_analysis_options)
OPTIONS(mark_options)
OPTIONS(detector_options)
OPTIONS(quality_options)
OPTIONS(tracker_options)
OPTIONS(identify_options)
OPTIONS(gallery_options)
OPTIONS(enrolment_options)
OPTIONS(gradient_options)
OPTIONS(style_options)
OPTIONS(universal_options)
OPTIONS(fast_trainer_options)
OPTIONS(enlarger_trainer_options)
OPTIONS(unit_search_options)
OPTIONS(trainer_options)
OPTIONS(training_options)
OPTIONS(evaluation_options)
OPTIONS(calibration_options)
OPTIONS(detection_options)
OPTIONS(scene_options)
OPTIONS(detector_training_options)
OPTIONS(tsne_options)
static fs_status augmentation(void *room, size_t size) { return fs_augmentation_init(room, size, FS_AUGMENT_STRONG); }
static fs_status loss_options(void *room, size_t size) { return fs_loss_options_init(room, size, FS_LOSS_ARCFACE); }
static fs_status preset(void *room, size_t size) { return fs_style_options_preset(room, size, FS_PRESET_GATYS); }

static const struct { const char *name, *type; fs_status (*init)(void *, size_t); size_t size; } inits[] = {
#define LISTED(name) {"fs_" #name "_init", "fs_" #name, name, sizeof(fs_##name)}
    LISTED(frame), LISTED(face_analysis_options), LISTED(mark_options), LISTED(detector_options), LISTED(quality_options), LISTED(tracker_options), LISTED(identify_options),
    LISTED(gallery_options), LISTED(enrolment_options), LISTED(gradient_options), LISTED(style_options),
    LISTED(universal_options), LISTED(fast_trainer_options), LISTED(enlarger_trainer_options), LISTED(unit_search_options), LISTED(trainer_options),
    LISTED(training_options), LISTED(evaluation_options), LISTED(calibration_options), LISTED(tsne_options),
    LISTED(detection_options), LISTED(scene_options), LISTED(detector_training_options),
    LISTED(augmentation), LISTED(loss_options), {"fs_style_options_preset", "fs_style_options", preset, sizeof(fs_style_options)},
};
enum { INITS = sizeof inits / sizeof *inits };

static void defaults(void) {
  static char sentences[INITS][3][120];
  for (int i = 0; i < INITS; i++) {
    const size_t size = inits[i].size;
    uint8_t wanted[1024] = {0};
    snprintf(sentences[i][0], sizeof sentences[i][0], "%s fills a struct, and nothing behind it", inits[i].name);
    TEST(sentences[i][0]) {
      guard();
      REQUIRE(size <= sizeof wanted);
      CHECK_OK(inits[i].init(room.bytes, size));
      CHECK(size_member() == size && intact(size));
      memcpy(wanted, room.bytes, size);
    }
    snprintf(sentences[i][1], sizeof sentences[i][1], "%s writes no more than the library's own struct", inits[i].name);
    TEST(sentences[i][1]) {
      const size_t sizes[] = {size + 1, size + 8, NEWER};
      for (int k = 0; k < 3; k++) {
        guard();
        CHECK_OK(inits[i].init(room.bytes, sizes[k]));
        CHECK(size_member() == size && intact(size));
        CHECK(same_members(inits[i].type, room.bytes, wanted));
      }
    }
    snprintf(sentences[i][2], sizeof sentences[i][2], "%s refuses NULL and structs shorter than its first", inits[i].name);
    TEST(sentences[i][2]) {
      const size_t sizes[] = {0, 1, sizeof(size_t), size - 1, 1 << 20, SIZE_MAX, SIZE_MAX / 2};
      CHECK_STATUS(FS_INVALID_ARGUMENT, inits[i].init(NULL, size));
      for (int k = 0; k < 7; k++) {
        guard();
        CHECK_STATUS(FS_INVALID_ARGUMENT, inits[i].init(room.bytes, sizes[k]));
        CHECK(intact(0));
      }
    }
  }
}

/* ---- Functions that answer into a struct ---- */

static fs_trainer *trainer; /* of two classes, on pictures of 12 pixels */
static fs_gallery *gallery, *other;
static const fs_model *network;
static fs_fast_trainer *fast_trainer;
static fs_enlarger_trainer *enlarger_trainer;
static fs_style_job *job;
static const fs_image *content;

static fs_status trainer_info(void *room) { return fs_trainer_info_get(trainer, room); }
static fs_status gallery_info(void *room) { return fs_gallery_info_get(gallery, room); }
static fs_status training_step(void *room) {
  uint8_t rgb[2 * 12 * 12 * 3];
  const int32_t labels[2] = {0, 1};
  for (size_t i = 0; i < sizeof rgb; i++) rgb[i] = (uint8_t)(i < sizeof rgb / 2 ? i : 255 - i);
  return fs_trainer_step(trainer, rgb, 2, labels, NULL, room);
}
static fs_status fast_training_step(void *room) { return fs_fast_trainer_step(fast_trainer, &content, 1, room); }
static fs_status enlarger_training_step(void *room) { return fs_enlarger_trainer_step(enlarger_trainer, &content, 1, room); }
static fs_status style_progress(void *room) { return fs_style_job_step(job, 1, room); }

static fs_status host_info(void *room) { return fs_host_info_get(room); }
static fs_status optional_library(void *room) {
  char text[64];
  return fs_optional_library_get(1, room, text, sizeof text);
}
static fs_status architecture_info(void *room) { return fs_architecture_info_get("vgg19", room); }
static fs_status layer_info(void *room) { return fs_model_layer_info_get(network, "embedding", room); }
static const fs_face a_face = {.x = 2, .y = 2, .width = 20, .height = 20, .score = 1,
                               .landmarks = {{8, 8}, {16, 8}, {12, 12}, {9, 16}, {15, 16}}};
static fs_models *models;
static fs_status model_info(void *room) { return fs_model_info_get(network, room); }
static fs_status listed_model_info(void *room) { return fs_models_get(models, 0, room); }
static fs_status quality(void *room) { return fs_face_quality(content, &a_face, NULL, room); }
static float row[512];
static fs_status identity(void *room) {
  const int32_t label = 7;
  return fs_identify(row, &label, 1, 4, row, within(1), room);
}
static fs_status gallery_identity(void *room) { return fs_gallery_identify(gallery, row, 128, NULL, room); }
static fs_status enrolment(void *room) { return fs_gallery_enrol(gallery, "Ann", row, 128, NULL, room); }
static fs_status gallery_report(void *room) {
  const char *const names[] = {"Bea"};
  return fs_gallery_add_many(gallery, names, row, 1, 128, room);
}
static fs_status merge_report(void *room) { return fs_gallery_merge(gallery, other, room); }
static fs_status square(const double *x, size_t count, double *value, void *user) {
  (void)count, (void)user;
  return *value = x[0] * x[0], FS_OK;
}
static fs_status gradient_report(void *room) {
  const double x = 3;
  return fs_gradient_check(square, NULL, NULL, &x, 1, NULL, room);
}
static const double distances[] = {0.1, 0.2, 0.3, 0.4};
static const int32_t is_same[] = {1, 1, 0, 0};
static fs_status evaluation(void *room) { return fs_evaluate_pairs(distances, is_same, NULL, 4, NULL, room); }
static fs_status calibration(void *room) {
  fs_calibration_options options;
  fs_calibration_options_init(&options, sizeof options);
  options.false_accept_rate = 0.9;
  return fs_calibrate(distances, is_same, 4, &options, room);
}

static uint32_t steps_of_trainer(void) {
  fs_trainer_info info = {.size = sizeof info};
  CHECK_OK(fs_trainer_info_get(trainer, &info));
  return info.step;
}

static void answers_into(const char *name, fs_status (*answer)(void *), size_t size) {
  char sentence[160];
  snprintf(sentence, sizeof sentence, "%s answers as much as a struct has, and no more", name);
  TEST(sentence) {
    const size_t sizes[] = {size, size + 8, NEWER};
    for (int k = 0; k < 3; k++) {
      guard();
      set_size(sizes[k]);
      CHECK_OK(answer(room.bytes));
      CHECK(size_member() == size && intact(size));
    }
  }
  snprintf(sentence, sizeof sentence, "%s refuses a struct without its size before it does anything", name);
  TEST(sentence) {
    const size_t sizes[] = {0, 1, sizeof(size_t), size - 1, 1 << 20, SIZE_MAX};
    const uint32_t before = steps_of_trainer();
    const size_t photos = fs_gallery_photo_count(gallery);
    for (int k = 0; k < 6; k++) {
      guard();
      set_size(sizes[k]);
      CHECK_STATUS(FS_INVALID_ARGUMENT, answer(room.bytes));
      CHECK(size_member() == sizes[k] && intact(sizeof(size_t)));
    }
    CHECK(steps_of_trainer() == before && fs_gallery_photo_count(gallery) == photos);
  }
}

static void answers(void) {
  fs_trainer_options options;
  fs_loss_options loss;
  TEST("a trainer is made") {
    CHECK_OK(fs_loss_options_init(&loss, sizeof loss, FS_LOSS_CROSS_ENTROPY));
    CHECK_OK(fs_trainer_options_init(&options, sizeof options));
    options.architecture = "cascade-12";
    options.loss = &loss;
    REQUIRE_OK(fs_trainer_create(&trainer, &options, NULL));
  }
  answers_into("fs_trainer_info_get", trainer_info, sizeof(fs_trainer_info));
  answers_into("fs_trainer_step", training_step, sizeof(fs_training_step));
  answers_into("fs_host_info_get", host_info, sizeof(fs_host_info));
  answers_into("fs_optional_library_get", optional_library, sizeof(fs_optional_library));
  answers_into("fs_architecture_info_get", architecture_info, sizeof(fs_architecture_info));
  answers_into("fs_identify", identity, sizeof(fs_identity));
  answers_into("fs_gradient_check", gradient_report, sizeof(fs_gradient_report));
  answers_into("fs_evaluate_pairs", evaluation, sizeof(fs_evaluation));
  answers_into("fs_calibrate", calibration, sizeof(fs_calibration));
  fs_image *photo = picture(48, 48, 2);
  content = photo;
  answers_into("fs_face_quality", quality, sizeof(fs_quality));
  fs_image_destroy(photo);
  if (have(model_path("dlib-resnet.safetensors"), "a gallery")) {
    fs_model *model = open_model("dlib-resnet.safetensors");
    fs_embedder *embedder = NULL;
    TEST("a gallery is made") {
      REQUIRE_OK(fs_embedder_create(&embedder, model));
      REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    }
    network = model;
    answers_into("fs_model_layer_info_get", layer_info, sizeof(fs_layer_info));
    answers_into("fs_model_info_get", model_info, sizeof(fs_model_info));
    TEST("a list of models is made") { REQUIRE_OK(fs_models_list(&models)); }
    answers_into("fs_models_get", listed_model_info, sizeof(fs_model_info));
    fs_models_destroy(models);
    answers_into("fs_gallery_info_get", gallery_info, sizeof(fs_gallery_info));
    answers_into("fs_gallery_identify", gallery_identity, sizeof(fs_gallery_identity));
    answers_into("fs_gallery_enrol", enrolment, sizeof(fs_enrolment));
    answers_into("fs_gallery_add_many", gallery_report, sizeof(fs_gallery_report));
    TEST("another gallery is made") {
      REQUIRE_OK(fs_gallery_create(&other, embedder));
      CHECK_OK(fs_gallery_add(other, "Cid", row, 128));
    }
    answers_into("fs_gallery_merge", merge_report, sizeof(fs_gallery_report));
    fs_gallery_destroy(other);
    fs_gallery_destroy(gallery), fs_embedder_destroy(embedder), fs_model_destroy(model);
  }
  TEST("a trainer of enlargers is made") {
    fs_enlarger_trainer_options options;
    CHECK_OK(fs_enlarger_trainer_options_init(&options, sizeof options));
    options.filters = 1, options.blocks = 1, options.side = 32;
    REQUIRE_OK(fs_enlarger_trainer_create(&enlarger_trainer, NULL, &options));
  }
  fs_image *square = picture(32, 32, 1);
  content = square;
  answers_into("fs_enlarger_trainer_step", enlarger_training_step, sizeof(fs_enlarger_training_step));
  fs_enlarger_trainer_destroy(enlarger_trainer), fs_image_destroy(square);
  if (quick()) test_skip_group("jobs and trainers of styles, in quick runs");
  else if (have(model_path("vgg19.safetensors"), "a job and a trainer of styles")) {
    fs_model *vgg = open_model("vgg19.safetensors");
    fs_styler *styler = NULL;
    fs_image *small = picture(32, 32, 1);
    content = small;
    TEST("a job and a trainer of styles are made") {
      fs_fast_trainer_options fast;
      fs_style_options style;
      CHECK_OK(fs_fast_trainer_options_init(&fast, sizeof fast));
      CHECK_OK(fs_style_options_init(&style, sizeof style));
      fast.filters = 1, fast.blocks = 1, fast.side = 32;
      style.coarsest = 0, style.steps = 60, style.optimiser = FS_STYLE_ADAM;
      REQUIRE_OK(fs_fast_trainer_create(&fast_trainer, vgg, small, &fast));
      REQUIRE_OK(fs_styler_create(&styler, vgg));
      REQUIRE_OK(fs_style_job_create(&job, styler, small, &content, NULL, 1, &style));
    }
    answers_into("fs_fast_trainer_step", fast_training_step, sizeof(fs_fast_training_step));
    answers_into("fs_style_job_step", style_progress, sizeof(fs_style_progress));
    TEST("a job without a struct for its progress is refused before it paints") {
      fs_style_progress before = {.size = sizeof before}, after = {.size = sizeof after};
      CHECK_OK(fs_style_job_step(job, 1, &before));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_style_job_step(job, 5, NULL));
      CHECK_OK(fs_style_job_step(job, 1, &after));
      CHECK(after.step == before.step + 1);
    }
    TEST("a preview looks at no more of a progress than its size says") {
      fs_style_progress progress = {.size = sizeof(size_t), .job = job};
      fs_image *out;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_style_preview(&progress, &out));
      progress.size = sizeof progress;
      CHECK_OK(fs_style_preview(&progress, &out));
      fs_image_destroy(out);
    }
    fs_style_job_destroy(job), fs_styler_destroy(styler), fs_fast_trainer_destroy(fast_trainer);
    fs_model_destroy(vgg), fs_image_destroy(small);
  }
  fs_trainer_destroy(trainer);
}

int main(void) {
  defaults();
  answers();
  return test_end_program();
}
