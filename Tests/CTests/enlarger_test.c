/* Enlarging: networks of a few filters, their weights made or trained here. */
#include "weights.h"

static void run(void) {
  fs_model *model = enlarger_model(0.3f), *damaged = enlarger_model(NAN);
  fs_enlarger *enlarger = NULL;
  fs_image *content = picture(22, 17, 1), *out = NULL, *again = NULL, *pixel = plain(1, 1, 9, 99, 199);
  uint64_t small, large;

  TEST("an enlarger is made from an enlarger's model alone, and says its factor") {
    fs_enlarger *none;
    fs_model *other = fast_model(0.3f);
    fs_model_info info = {.size = sizeof info};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_create(NULL, model));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_enlarger_create(&none, NULL));
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_enlarger_create(&none, other));
    fs_model_destroy(other);
    REQUIRE_OK(fs_model_info_get(model, &info));
    CHECK(info.use == FS_MODEL_ENLARGER && info.styles == 0);
    REQUIRE_OK(fs_enlarger_create(&enlarger, model));
    CHECK(fs_enlarger_factor(enlarger) == 2 && fs_enlarger_factor(NULL) == 0);
  }
  fs_model_destroy(model); /* the enlarger keeps what it needs */
  TEST("the picture has sides twice as long, whatever they are") {
    REQUIRE_OK(fs_enlarger_run(enlarger, &out, content));
    CHECK(fs_image_width(out) == 44 && fs_image_height(out) == 34);
    REQUIRE_OK(fs_enlarger_run(enlarger, &again, pixel));
    CHECK(fs_image_width(again) == 2 && fs_image_height(again) == 2);
    fs_image_destroy(again);
  }
  TEST("one, two and three threads give the same bits") {
    for (uint32_t threads = 1; threads <= 3; threads++) {
      CHECK_OK(fs_threads_set(threads));
      if (!CHECK_OK(fs_enlarger_run(enlarger, &again, content))) continue;
      CHECK(same_picture(again, out));
      fs_image_destroy(again);
    }
    CHECK_OK(fs_threads_set(0));
  }
  TEST("a run refuses NULL and a picture whose enlargement no picture can be") {
    fs_image *wide = plain(40000, 1, 1, 2, 3);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_enlarger_run(NULL, &again, content));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_enlarger_run(enlarger, &again, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_run(enlarger, NULL, content));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_enlarger_run(enlarger, &again, wide));
    fs_image_destroy(wide);
  }
  TEST("weights that are no numbers give an error, not a black picture") {
    fs_enlarger *bad = NULL;
    REQUIRE_OK(fs_enlarger_create(&bad, damaged));
    CHECK_REFUSED(FS_BAD_DATA, again, fs_enlarger_run(bad, &again, content));
    fs_enlarger_destroy(bad);
  }
  TEST("a forecast of memory grows with the picture and refuses what no picture is") {
    REQUIRE_OK(fs_enlarger_memory_needed(enlarger, 64, 64, &small));
    REQUIRE_OK(fs_enlarger_memory_needed(enlarger, 6400, 640, &large));
    CHECK(small > 4 * 64 * 64 * 3 && large > 4 * 6400 * 640 * 3 && large < 5 * 6400 * 640 * 3);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, small, fs_enlarger_memory_needed(enlarger, 0, 9, &small));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, small, fs_enlarger_memory_needed(enlarger, UINT32_MAX, UINT32_MAX, &small));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, small, fs_enlarger_memory_needed(NULL, 9, 9, &small));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_memory_needed(enlarger, 9, 9, NULL));
  }
  fs_model_destroy(damaged);
  fs_enlarger_destroy(enlarger), fs_enlarger_destroy(NULL);
  fs_image_destroy(content), fs_image_destroy(out), fs_image_destroy(pixel);
}

static void training(void) {
  fs_enlarger_trainer *trainer = NULL, *none;
  fs_image *photo = picture(48, 60, 2), *small = picture(31, 60, 3);
  const fs_image *photos[] = {photo, photo}, *with_null[] = {photo, NULL}, *with_small[] = {photo, small};
  fs_enlarger_trainer_options o;
  fs_enlarger_training_step step = {.size = sizeof step};

  TEST("a trainer's options are filled with the documented defaults") {
    memset(&o, 0x5e, sizeof o);
    CHECK_OK(fs_enlarger_trainer_options_init(&o, sizeof o));
    CHECK(o.size == sizeof o && o.factor == 2 && o.filters == 32 && o.blocks == 4 && o.side == 96 && o.seed == 1);
    CHECK(o.pixel_weight == 1 && o.feature_weight == 1e-5f && o.rate == 1e-3f && o.steps == 0 && !o.start);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_options_init(NULL, sizeof o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, o, fs_enlarger_trainer_options_init(&o, sizeof(size_t)));
  }
  fs_enlarger_trainer_options_init(&o, sizeof o);
  o.filters = 4, o.blocks = 1, o.side = 32;
  TEST("a trainer refuses NULL, other models and options out of range") {
    fs_model *fast = fast_model(0.3f);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_create(NULL, NULL, &o));
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_enlarger_trainer_create(&none, fast, &o));
    for (int bad = 0; bad < 10; bad++) {
      fs_enlarger_trainer_options wrong = o;
      if (bad == 0) wrong.filters = 0;
      if (bad == 1) wrong.blocks = UINT32_MAX;
      if (bad == 2) wrong.side = 33;
      if (bad == 3) wrong.side = UINT32_MAX;
      if (bad == 4) wrong.factor = 1;
      if (bad == 5) wrong.rate = NAN;
      if (bad == 6) wrong.pixel_weight = -1;
      if (bad == 7) wrong.feature_weight = INFINITY;
      if (bad == 8) wrong.size = 8;
      if (bad == 9) wrong.factor = UINT32_MAX;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_enlarger_trainer_create(&none, NULL, &wrong));
    }
    fs_enlarger_trainer_options wrong = o;
    wrong.start = fast;
    CHECK_REFUSED(FS_BAD_DATA, none, fs_enlarger_trainer_create(&none, NULL, &wrong));
    fs_model_destroy(fast);
    REQUIRE_OK(fs_enlarger_trainer_create(&trainer, NULL, &o));
  }
  TEST("a step tells its costs, and its network is a model") {
    REQUIRE_OK(fs_enlarger_trainer_step(trainer, photos, 2, &step));
    CHECK(step.step == 1 && step.pixels > 0 && step.features == 0 && step.total == step.pixels);
    REQUIRE_OK(fs_enlarger_trainer_step(trainer, photos, 1, NULL));
    char path[] = "/tmp/fs_enlarger_XXXXXX";
    int file = mkstemp(path);
    REQUIRE(file >= 0);
    close(file);
    fs_model *learned = NULL;
    fs_enlarger *enlarger = NULL;
    fs_image *enlarged = NULL;
    const fs_model_texts texts = {.size = sizeof texts, .note = "two steps"};
    CHECK_OK(fs_enlarger_trainer_save_model(trainer, path, FS_FLOAT32, &texts));
    CHECK_OK(fs_model_open(&learned, path));
    CHECK(strcmp(fs_model_metadata(learned, "note"), "two steps") == 0);
    CHECK_OK(fs_enlarger_create(&enlarger, learned));
    CHECK_OK(fs_enlarger_run(enlarger, &enlarged, photo));
    fs_image_destroy(enlarged), fs_enlarger_destroy(enlarger), fs_model_destroy(learned);
    unlink(path);
  }
  TEST("a trainer continues from its checkpoint") {
    char path[] = "/tmp/fs_enlarger_XXXXXX";
    int file = mkstemp(path);
    REQUIRE(file >= 0);
    close(file);
    fs_enlarger_training_step first = {.size = sizeof first}, again = {.size = sizeof again};
    CHECK_STATUS(FS_BAD_DATA, fs_enlarger_trainer_resume(trainer, path)); /* an empty file */
    CHECK_OK(fs_enlarger_trainer_save(trainer, path));
    CHECK_OK(fs_enlarger_trainer_step(trainer, photos, 1, &first));
    CHECK_OK(fs_enlarger_trainer_resume(trainer, path));
    CHECK_OK(fs_enlarger_trainer_step(trainer, photos, 1, &again));
    CHECK(first.step == 3 && again.step == 3 && first.total == again.total);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_save(trainer, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_resume(NULL, path));
    CHECK_STATUS(FS_IO, fs_enlarger_trainer_save(trainer, "/nowhere/at/all"));
    unlink(path);
    CHECK_STATUS(FS_IO, fs_enlarger_trainer_resume(trainer, path));
  }
  TEST("a step refuses no photos, small ones, NULL and a size that is not set") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, step, fs_enlarger_trainer_step(trainer, NULL, 1, &step));
    step.size = sizeof step;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_step(trainer, photos, 0, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_step(trainer, photos, SIZE_MAX, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_step(trainer, with_null, 2, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_step(trainer, with_small, 2, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_step(NULL, photos, 2, &step));
    step.size = 0;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_step(trainer, photos, 1, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_save_model(trainer, NULL, FS_FLOAT32, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_enlarger_trainer_save_model(NULL, "/tmp/none.safetensors", FS_FLOAT32, NULL));
    CHECK_STATUS(FS_IO, fs_enlarger_trainer_save_model(trainer, "/nowhere/at/all.safetensors", FS_FLOAT16, NULL));
  }
  fs_enlarger_trainer_destroy(trainer), fs_enlarger_trainer_destroy(NULL);
  fs_image_destroy(photo), fs_image_destroy(small);
}

int main(void) {
  run();
  training();
  return test_end_program();
}
