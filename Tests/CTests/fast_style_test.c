/* Fast styles: networks of a few filters, their weights made here. */
#include "weights.h"

static void fast(void) {
  fs_model *model = fast_model(0.3f), *damaged = fast_model(NAN);
  fs_fast_styler *styler = NULL;
  fs_image *content = picture(22, 17, 1), *out = NULL, *again = NULL, *pixel = plain(1, 1, 9, 99, 199);
  uint64_t small, large;

  TEST("a fast styler is made from a fast style's model alone") {
    fs_fast_styler *none;
    fs_model *other = universal_model(0.3f);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_styler_create(NULL, model));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create(&none, NULL));
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_fast_styler_create(&none, other));
    fs_model_destroy(other);
    REQUIRE_OK(fs_fast_styler_create(&styler, model));
  }
  fs_model_destroy(model); /* the styler keeps what it needs */
  TEST("the picture has the content's size, whatever that is") {
    REQUIRE_OK(fs_fast_styler_run(styler, &out, content));
    CHECK(fs_image_width(out) == 22 && fs_image_height(out) == 17);
    CHECK(!same_picture(out, content));
    REQUIRE_OK(fs_fast_styler_run(styler, &again, pixel));
    CHECK(fs_image_width(again) == 1 && fs_image_height(again) == 1);
    fs_image_destroy(again);
  }
  TEST("one, two and three threads give the same bits") {
    for (uint32_t threads = 1; threads <= 3; threads++) {
      CHECK_OK(fs_threads_set(threads));
      if (!CHECK_OK(fs_fast_styler_run(styler, &again, content))) continue;
      CHECK(same_picture(again, out));
      fs_image_destroy(again);
    }
    CHECK_OK(fs_threads_set(0));
  }
  TEST("a run refuses NULL") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_fast_styler_run(NULL, &again, content));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, again, fs_fast_styler_run(styler, &again, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_styler_run(styler, NULL, content));
  }
  TEST("weights that are no numbers give an error, not a black picture") {
    fs_fast_styler *bad = NULL;
    REQUIRE_OK(fs_fast_styler_create(&bad, damaged));
    CHECK_REFUSED(FS_BAD_DATA, again, fs_fast_styler_run(bad, &again, content));
    fs_fast_styler_destroy(bad);
  }
  TEST("a forecast of memory grows with the picture and refuses what no picture is") {
    REQUIRE_OK(fs_fast_styler_memory_needed(styler, 64, 64, &small));
    REQUIRE_OK(fs_fast_styler_memory_needed(styler, 640, 640, &large));
    CHECK(small > 64 * 64 * 3 && large > 50 * small);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, small, fs_fast_styler_memory_needed(styler, 0, 9, &small));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, small, fs_fast_styler_memory_needed(styler, UINT32_MAX, UINT32_MAX, &small));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, small, fs_fast_styler_memory_needed(NULL, 9, 9, &small));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_styler_memory_needed(styler, 9, 9, NULL));
  }
  fs_model_destroy(damaged);
  fs_fast_styler_destroy(styler), fs_fast_styler_destroy(NULL);
  fs_image_destroy(content), fs_image_destroy(out), fs_image_destroy(pixel);
}

static void several(void) {
  fs_model *model = two_styles_model(), *single = fast_model(0.3f), *other = universal_model(0.3f);
  fs_fast_styler *styler = NULL, *none;
  fs_image *content = picture(13, 9, 1), *first = NULL, *mixed = NULL, *again = NULL;
  const float one[] = {1, 0}, both[] = {1, 1}, twice[] = {2, 2}, negative[] = {1, -1}, nothing[] = {0, 0}, damaged[] = {NAN, 1};
  TEST("a network of two styles says so, and wants a weight for each") {
    fs_model_info info = {.size = sizeof info};
    REQUIRE_OK(fs_model_info_get(model, &info));
    CHECK(info.styles == 2 && info.use == FS_MODEL_FAST_STYLE);
    REQUIRE_OK(fs_model_info_get(single, &info));
    CHECK(info.styles == 1);
    REQUIRE_OK(fs_model_info_get(other, &info));
    CHECK(info.styles == 0);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create(&none, model));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, model, one, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, model, one, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, model, one, SIZE_MAX));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, model, NULL, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, NULL, one, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, model, negative, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, model, nothing, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, model, damaged, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_styler_create_mixed(&none, single, both, 2));
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_fast_styler_create_mixed(&none, other, both, 2));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_styler_create_mixed(NULL, model, one, 2));
  }
  TEST("weights choose a style or mix both, by their shares alone") {
    REQUIRE_OK(fs_fast_styler_create_mixed(&styler, model, one, 2));
    CHECK_OK(fs_fast_styler_run(styler, &first, content));
    fs_fast_styler_destroy(styler);
    REQUIRE_OK(fs_fast_styler_create_mixed(&styler, model, both, 2));
    CHECK_OK(fs_fast_styler_run(styler, &mixed, content));
    fs_fast_styler_destroy(styler);
    REQUIRE_OK(fs_fast_styler_create_mixed(&styler, model, twice, 2));
    CHECK_OK(fs_fast_styler_run(styler, &again, content));
    fs_fast_styler_destroy(styler);
    CHECK(same_picture(mixed, again) && !same_picture(first, mixed));
  }
  fs_model_destroy(model), fs_model_destroy(single), fs_model_destroy(other);
  fs_image_destroy(content), fs_image_destroy(first), fs_image_destroy(mixed), fs_image_destroy(again);
}

static void universal_options(void) {
  TEST("options are filled with the documented defaults") {
    fs_universal_options o;
    memset(&o, 0x5e, sizeof o);
    CHECK_OK(fs_universal_options_init(&o, sizeof o));
    CHECK(o.size == sizeof o && o.method == FS_UNIVERSAL_COVARIANCE && o.strength == 0.6f && o.levels == 0);
    CHECK(o.weights == NULL && o.weight_count == 0);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_universal_options_init(NULL, sizeof o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, o, fs_universal_options_init(&o, sizeof(size_t)));
  }
}

static void universal(void) {
  fs_model *model = universal_model(0.3f), *damaged = universal_model(NAN);
  fs_universal_styler *styler = NULL, *none;
  fs_image *content = picture(21, 18, 1), *first = picture(16, 24, 2), *second = picture(9, 40, 3), *pixel = plain(1, 1, 9, 99, 199);
  fs_image *out = NULL, *other = NULL;
  const fs_image *styles[] = {first, second}, *with_null[] = {first, NULL}, *small[] = {pixel};
  fs_universal_options o;
  fs_universal_options_init(&o, sizeof o);

  TEST("a universal styler wants its model and one style or more") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_universal_styler_create(NULL, model, styles, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_universal_styler_create(&none, NULL, styles, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_universal_styler_create(&none, model, NULL, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_universal_styler_create(&none, model, styles, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_universal_styler_create(&none, model, styles, FS_UNIVERSAL_MAX_STYLES + 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_universal_styler_create(&none, model, styles, SIZE_MAX));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_universal_styler_create(&none, model, with_null, 2));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_universal_styler_create(&none, model, small, 1));
    CHECK(strstr(fs_last_error(), "1x1") && strstr(fs_last_error(), "at least 4"));
    fs_model *fast = fast_model(0.3f);
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_universal_styler_create(&none, fast, styles, 2));
    fs_model_destroy(fast);
    CHECK_REFUSED(FS_BAD_DATA, none, fs_universal_styler_create(&none, damaged, styles, 2));
    REQUIRE_OK(fs_universal_styler_create(&styler, model, styles, 2));
  }
  fs_model_destroy(model), fs_model_destroy(damaged);
  TEST("the picture has the content's size, and depends on every option") {
    REQUIRE_OK(fs_universal_styler_run(styler, &out, content, NULL));
    CHECK(fs_image_width(out) == 21 && fs_image_height(out) == 18);
    const float weights[] = {1, 0};
    for (int change = 0; change < 4; change++) {
      fs_universal_options_init(&o, sizeof o);
      if (change == 0) o.strength = 1;
      if (change == 1) o.method = FS_UNIVERSAL_VARIANCE;
      if (change == 2) o.levels = 1;
      if (change == 3) o.weights = weights, o.weight_count = 2;
      if (!CHECK_OK(fs_universal_styler_run(styler, &other, content, &o))) continue;
      CHECK(!same_picture(other, out));
      fs_image_destroy(other);
    }
  }
  TEST("one, two and three threads give the same bits") {
    for (uint32_t threads = 1; threads <= 3; threads++) {
      CHECK_OK(fs_threads_set(threads));
      if (!CHECK_OK(fs_universal_styler_run(styler, &other, content, NULL))) continue;
      CHECK(same_picture(other, out));
      fs_image_destroy(other);
    }
    CHECK_OK(fs_threads_set(0));
  }
  TEST("a run refuses NULL, a picture too small and options out of range") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_universal_styler_run(NULL, &other, content, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_universal_styler_run(styler, &other, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_universal_styler_run(styler, NULL, content, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_universal_styler_run(styler, &other, pixel, NULL));
    const float bad_weights[][2] = {{-1, 1}, {NAN, 1}, {INFINITY, 1}, {0, 0}};
    for (int bad = 0; bad < 12; bad++) {
      fs_universal_options_init(&o, sizeof o);
      if (bad == 0) o.strength = -0.1f;
      if (bad == 1) o.strength = 1.1f;
      if (bad == 2) o.strength = NAN;
      if (bad == 3) o.levels = 1 << 2; /* the model has two */
      if (bad == 4) o.levels = UINT32_MAX;
      if (bad == 5) o.method = (fs_universal_method)7;
      if (bad == 6) o.weight_count = 2;
      if (bad == 7) o.weights = bad_weights[0], o.weight_count = 1;
      if (bad >= 8) o.weights = bad_weights[bad - 8], o.weight_count = 2;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_universal_styler_run(styler, &other, content, &o));
    }
    fs_universal_options_init(&o, sizeof o);
    o.size = 8;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_universal_styler_run(styler, &other, content, &o));
  }
  TEST("a forecast of memory grows with the picture and refuses what no picture is") {
    uint64_t less, more;
    REQUIRE_OK(fs_universal_styler_memory_needed(styler, 64, 64, &less));
    REQUIRE_OK(fs_universal_styler_memory_needed(styler, 640, 640, &more));
    CHECK(less > 64 * 64 * 3 && more > 50 * less);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, less, fs_universal_styler_memory_needed(styler, 0, 9, &less));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, less, fs_universal_styler_memory_needed(styler, UINT32_MAX, UINT32_MAX, &less));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, less, fs_universal_styler_memory_needed(NULL, 9, 9, &less));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_universal_styler_memory_needed(styler, 9, 9, NULL));
  }
  fs_universal_styler_destroy(styler), fs_universal_styler_destroy(NULL);
  fs_image_destroy(content), fs_image_destroy(first), fs_image_destroy(second), fs_image_destroy(pixel), fs_image_destroy(out);
}

/* VGG-19 is large: what it learns from is in Swift's and Python's tests. */
static void training(void) {
  fs_fast_trainer *trainer = NULL, *none;
  fs_image *style = picture(40, 33, 1), *photo = picture(32, 48, 2);
  const fs_image *photos[] = {photo, photo}, *with_null[] = {photo, NULL};
  fs_fast_trainer_options o;
  fs_fast_training_step step = {.size = sizeof step};

  TEST("a trainer's options are filled with the documented defaults") {
    memset(&o, 0x5e, sizeof o);
    CHECK_OK(fs_fast_trainer_options_init(&o, sizeof o));
    CHECK(o.size == sizeof o && o.filters == 32 && o.blocks == 5 && o.side == 256 && o.scales == 1 && o.seed == 1);
    CHECK(o.content_weight == 1 && o.style_weight == 1e-4f && o.smoothness == 1e-3f && o.rate == 1e-3f && o.steps == 0 && !o.start);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_options_init(NULL, sizeof o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, o, fs_fast_trainer_options_init(&o, sizeof(size_t)));
  }
  TEST("a trainer wants VGG-19") {
    fs_model *fast = fast_model(0.3f);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_trainer_create(&none, NULL, style, NULL));
    CHECK_REFUSED(FS_WRONG_MODEL, none, fs_fast_trainer_create(&none, fast, style, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_step(NULL, photos, 1, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_save_model(NULL, "/tmp/none.safetensors", FS_FLOAT32, NULL));
    fs_model_destroy(fast);
  }
  if (!have(model_path("vgg19.safetensors"), "training a fast style") || quick()) {
    fs_image_destroy(style), fs_image_destroy(photo);
    return;
  }
  fs_model *vgg = NULL;
  CHECK_OK(fs_model_open(&vgg, model_path("vgg19.safetensors")));
  fs_fast_trainer_options_init(&o, sizeof o);
  o.filters = 4, o.blocks = 1, o.side = 32;
  TEST("a trainer refuses NULL and options out of range") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_create(NULL, vgg, style, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_trainer_create(&none, vgg, NULL, &o));
    for (int bad = 0; bad < 9; bad++) {
      fs_fast_trainer_options wrong = o;
      if (bad == 0) wrong.filters = 0;
      if (bad == 1) wrong.blocks = UINT32_MAX;
      if (bad == 2) wrong.side = 33;
      if (bad == 3) wrong.side = UINT32_MAX;
      if (bad == 4) wrong.scales = 0;
      if (bad == 5) wrong.rate = NAN;
      if (bad == 6) wrong.style_weight = -1;
      if (bad == 7) wrong.content_weight = INFINITY;
      if (bad == 8) wrong.size = 8;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, none, fs_fast_trainer_create(&none, vgg, style, &wrong));
    }
    fs_fast_trainer_options wrong = o;
    wrong.start = vgg;
    CHECK_REFUSED(FS_BAD_DATA, none, fs_fast_trainer_create(&none, vgg, style, &wrong));
    REQUIRE_OK(fs_fast_trainer_create(&trainer, vgg, style, &o));
  }
  fs_model_destroy(vgg);
  TEST("a step tells its costs, and its network is a model") {
    REQUIRE_OK(fs_fast_trainer_step(trainer, photos, 2, &step));
    CHECK(step.step == 1 && step.content > 0 && step.style > 0 && step.smoothness > 0);
    CHECK_NEAR(step.total, step.content + step.style + step.smoothness, 1e-9 * step.total);
    REQUIRE_OK(fs_fast_trainer_step(trainer, photos, 1, NULL));
    char path[] = "/tmp/fs_fast_XXXXXX";
    int file = mkstemp(path);
    REQUIRE(file >= 0);
    close(file);
    fs_model *learned = NULL;
    fs_fast_styler *styler = NULL;
    fs_image *painted = NULL;
    const fs_model_texts texts = {.size = sizeof texts, .note = "two steps"};
    CHECK_OK(fs_fast_trainer_save_model(trainer, path, FS_FLOAT32, &texts));
    CHECK_OK(fs_model_open(&learned, path));
    CHECK(strcmp(fs_model_metadata(learned, "note"), "two steps") == 0);
    CHECK_OK(fs_fast_styler_create(&styler, learned));
    CHECK_OK(fs_fast_styler_run(styler, &painted, photo));
    fs_image_destroy(painted), fs_fast_styler_destroy(styler), fs_model_destroy(learned);
    unlink(path);
  }
  TEST("a trainer continues from its checkpoint") {
    char path[] = "/tmp/fs_fast_XXXXXX";
    int file = mkstemp(path);
    REQUIRE(file >= 0);
    close(file);
    fs_fast_training_step first = {.size = sizeof first}, again = {.size = sizeof again};
    CHECK_STATUS(FS_BAD_DATA, fs_fast_trainer_resume(trainer, path)); /* an empty file */
    CHECK_OK(fs_fast_trainer_save(trainer, path));
    CHECK_OK(fs_fast_trainer_step(trainer, photos, 1, &first));
    CHECK_OK(fs_fast_trainer_resume(trainer, path));
    CHECK_OK(fs_fast_trainer_step(trainer, photos, 1, &again));
    CHECK(first.step == 3 && again.step == 3 && first.total == again.total);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_save(trainer, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_resume(NULL, path));
    CHECK_STATUS(FS_IO, fs_fast_trainer_save(trainer, "/nowhere/at/all"));
    unlink(path);
    CHECK_STATUS(FS_IO, fs_fast_trainer_resume(trainer, path));
  }
  TEST("a step refuses no photos, NULL and a size that is not set") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, step, fs_fast_trainer_step(trainer, NULL, 1, &step));
    step.size = sizeof step;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_step(trainer, photos, 0, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_step(trainer, photos, SIZE_MAX, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_step(trainer, with_null, 2, &step));
    step.size = 0;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_step(trainer, photos, 1, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_fast_trainer_save_model(trainer, NULL, FS_FLOAT32, NULL));
    CHECK_STATUS(FS_IO, fs_fast_trainer_save_model(trainer, "/nowhere/at/all.safetensors", FS_FLOAT16, NULL));
  }
  fs_fast_trainer_destroy(trainer), fs_fast_trainer_destroy(NULL);
  fs_image_destroy(style), fs_image_destroy(photo);
}

int main(void) {
  training();
  fast();
  several();
  universal_options();
  universal();
  return test_end_program();
}
