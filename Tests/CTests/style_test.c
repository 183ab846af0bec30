/* Style transfer: options, the callback, repeatability, costs and their gradient. Pictures are small. */
#include "support.h"

#include <malloc.h>
#include <pthread.h>
#include <sys/resource.h>

enum { WIDTH = 24, HEIGHT = 16 };

static void options(void) {
  TEST("options are filled with the documented defaults") {
    fs_style_options o;
    memset(&o, 0x5e, sizeof o);
    CHECK_OK(fs_style_options_init(&o, sizeof o));
    CHECK(o.size == sizeof o);
    CHECK(o.preset == FS_PRESET_PYRAMID && o.optimiser == FS_STYLE_LBFGS && o.coarsest > 0 && o.history == 10);
    CHECK(o.width == 0 && o.height == 0 && o.steps > 0 && o.seed == 1 && o.noise_ratio == 0);
    CHECK(o.content_layer == NULL && o.style_layers == NULL && o.style_layer_count == 0);
    CHECK(o.content_layers == NULL && o.content_layer_count == 0 && o.deadline == 0);
    CHECK(o.on_step == NULL && o.user == NULL);
  }
  TEST("a preset fills the options with its program's numbers") {
    fs_style_options o;
    memset(&o, 0x5e, sizeof o);
    CHECK_OK(fs_style_options_preset(&o, sizeof o, FS_PRESET_COURSE));
    CHECK(o.size == sizeof o && o.preset == FS_PRESET_COURSE && o.optimiser == FS_STYLE_ADAM);
    CHECK(o.width == 0 && o.height == 0 && o.steps == 200 && o.seed == 1);
    CHECK(o.content_weight == 10 && o.style_weight == 40 && o.learning_rate == 2 && o.noise_ratio == 0.6f);
    CHECK(o.pooling == FS_POOLING_AVERAGE && o.cost == FS_COST_NORMALISED);
    CHECK(o.content_layer == NULL && o.style_layers == NULL && o.style_layer_count == 0);
    CHECK(o.on_step == NULL && o.user == NULL);
  }
  TEST("presets have names, and others than these are refused") {
    static const char *const names[] = {"pyramid", "course", "gatys", "neural-style", "neural-style-pt", "neural-style-tf",
                                        "crowsonkb"};
    REQUIRE(fs_style_preset_count() == sizeof names / sizeof *names);
    for (uint32_t i = 0; i < fs_style_preset_count(); i++) CHECK(!strcmp(fs_style_preset_name((fs_style_preset)i), names[i]));
    CHECK(fs_style_preset_name((fs_style_preset)7) == NULL && fs_style_preset_name((fs_style_preset)UINT32_MAX) == NULL);
    CHECK(!strcmp(fs_style_preset_summary(FS_PRESET_PYRAMID), "from coarse to fine by L-BFGS"));
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) CHECK(strlen(fs_style_preset_summary((fs_style_preset)i)) > 10);
    CHECK(fs_style_preset_summary((fs_style_preset)7) == NULL && fs_style_preset_summary((fs_style_preset)UINT32_MAX) == NULL);
    fs_style_options o;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, o, fs_style_options_preset(&o, sizeof o, (fs_style_preset)7));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_style_options_preset(NULL, sizeof o, FS_PRESET_GATYS));
  }
  TEST("options refuse NULL and sizes before the first version's") {
    fs_style_options o;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_style_options_init(NULL, sizeof o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, o, fs_style_options_init(&o, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, o, fs_style_options_init(&o, sizeof(size_t)));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, o, fs_style_options_init(&o, sizeof o - 1));
  }
  TEST("a program compiled for a later version gets its options too") {
    struct { fs_style_options options; uint8_t tail[24]; uint8_t beyond; } larger;
    memset(&larger, 0x5e, sizeof larger);
    CHECK_OK(fs_style_options_init(&larger.options, sizeof larger.options + sizeof larger.tail));
    CHECK(larger.options.steps > 0 && larger.beyond == 0x5e);
  }
}

static void without_model(void) {
  TEST("without a model every call is refused") {
    fs_styler *styler;
    fs_image *image = plain(9, 9, 1, 2, 3), *out;
    double content, style, total;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, styler, fs_styler_create(&styler, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_styler_create(NULL, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(NULL, &out, image, image, NULL));
    uint64_t bytes;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(NULL, 9, 9, NULL, &bytes));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, total,
                  fs_styler_evaluate(NULL, image, image, image, NULL, &content, &style, &total, NULL, 0));
    fs_image_destroy(image);
  }
  TEST("a preview refuses NULL and progress that is not a callback's") {
    fs_image *out;
    fs_style_progress progress = {.size = sizeof progress};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_style_preview(NULL, &out));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_style_preview(&progress, &out));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_style_preview(&progress, NULL));
    progress.size = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_style_preview(&progress, &out));
  }
}

/* In quick runs the first layers alone: the deep ones hold nearly all weights. */
static fs_style_options few_steps(uint32_t steps) {
  static const fs_style_layer shallow[1] = {{"conv1_1", 1}};
  fs_style_options o;
  fs_style_options_preset(&o, sizeof o, FS_PRESET_COURSE);
  o.steps = steps;
  if (quick()) o.content_layer = "conv1_2", o.style_layers = shallow, o.style_layer_count = 1;
  return o;
}

static void running(fs_styler *styler, const fs_image *content, const fs_image *style) {
  fs_image *first = NULL, *out = NULL;
  uint32_t steps = quick() ? 1 : 3;
  fs_style_options o = few_steps(steps);

  TEST("the picture has the content's size") {
    REQUIRE_OK(fs_styler_run(styler, &first, content, style, &o));
    CHECK(fs_image_width(first) == WIDTH && fs_image_height(first) == HEIGHT);
    CHECK(!same_picture(first, content) && !same_picture(first, style));
  }
  TEST("the same seed gives the same picture, bit for bit") {
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    CHECK(same_picture(out, first));
    fs_image_destroy(out);
  }
  TEST("another seed gives another picture") {
    o.seed = UINT64_MAX;
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    CHECK(!same_picture(out, first));
    fs_image_destroy(out);
  }
  o.seed = 1;
  TEST("one, two and three threads give the same bits") {
    for (uint32_t threads = 1; threads <= 3; threads++) {
      CHECK_OK(fs_threads_set(threads));
      if (!CHECK_OK(fs_styler_run(styler, &out, content, style, &o))) continue;
      CHECK(same_picture(out, first));
      fs_image_destroy(out);
    }
    CHECK_OK(fs_threads_set(0));
  }
  TEST("larger options are accepted, whatever their tail holds") {
    struct { fs_style_options options; uint8_t tail[24]; } larger;
    memset(&larger, 0xff, sizeof larger);
    larger.options = o;
    larger.options.size = sizeof larger;
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &larger.options));
    CHECK(same_picture(out, first));
    fs_image_destroy(out);
  }
  if (quick()) {
    test_skip_group("sizes, layers, pooling and cost variants of a run, in quick runs");
    fs_image_destroy(first);
    return;
  }
  TEST("without noise the seed does not count") {
    fs_image *other = NULL;
    o.noise_ratio = 0;
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    o.seed = 99;
    REQUIRE_OK(fs_styler_run(styler, &other, content, style, &o));
    CHECK(same_picture(out, other));
    fs_image_destroy(out), fs_image_destroy(other);
  }
  TEST("a width alone keeps the content's aspect, so does a height alone, both are taken as they are") {
    static const uint32_t sizes[][4] = {{12, 0, 12, 8}, {0, 8, 12, 8}, {10, 14, 10, 14}, {33, 0, 33, 22}};
    for (int i = 0; i < 4; i++) {
      o = few_steps(1);
      o.width = sizes[i][0], o.height = sizes[i][1];
      if (!CHECK_OK(fs_styler_run(styler, &out, content, style, &o))) continue;
      CHECK(fs_image_width(out) == sizes[i][2] && fs_image_height(out) == sizes[i][3]);
      fs_image_destroy(out);
    }
  }
  TEST("a style picture of another shape is cut to fit") {
    fs_image *tall = picture(10, 50, 5), *dot = plain(1, 1, 200, 0, 0);
    o = few_steps(1);
    if (CHECK_OK(fs_styler_run(styler, &out, content, tall, &o))) {
      CHECK(fs_image_width(out) == WIDTH && fs_image_height(out) == HEIGHT);
      fs_image_destroy(out);
    }
    if (CHECK_OK(fs_styler_run(styler, &out, content, dot, &o))) fs_image_destroy(out);
    if (CHECK_OK(fs_styler_run(styler, &out, dot, tall, &o))) {
      CHECK(fs_image_width(out) == 1 && fs_image_height(out) == 1);
      fs_image_destroy(out);
    }
    fs_image_destroy(tall), fs_image_destroy(dot);
  }
  TEST("layers, pooling and cost can be chosen, and each changes the picture") {
    static const fs_style_layer layers[2] = {{"conv1_2", 0.5f}, {"conv2_2", 0.5f}};
    for (int i = 0; i < 3; i++) { /* one step of Adam moves by a sign, so three are needed to see a difference */
      o = few_steps(3);
      if (i == 0) o.style_layers = layers, o.style_layer_count = 2, o.content_layer = "conv3_1";
      if (i == 1) o.pooling = FS_POOLING_MAX;
      if (i == 2) o.cost = FS_COST_LECTURE;
      if (!CHECK_OK(fs_styler_run(styler, &out, content, style, &o))) continue;
      CHECK(!same_picture(out, first));
      fs_image_destroy(out);
    }
  }
  TEST("the default layers given by name change nothing") {
    static const fs_style_layer layers[5] = {
        {"conv1_1", 0.2f}, {"conv2_1", 0.2f}, {"conv3_1", 0.2f}, {"conv4_1", 0.2f}, {"conv5_1", 0.2f}};
    o = few_steps(3);
    o.style_layers = layers, o.style_layer_count = 5, o.content_layer = "conv4_2";
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    CHECK(same_picture(out, first));
    fs_image_destroy(out);
  }
  fs_image_destroy(first);
}

/* Regions, maps, starts, frames before, tiles: each with its picture, and pictures that do not fit. */
static void pictures_that_tell_where(fs_styler *styler, const fs_image *content, const fs_image *style) {
  fs_image *out = NULL, *first = NULL, *white = plain(WIDTH, HEIGHT, 255, 255, 255), *black = plain(WIDTH, HEIGHT, 0, 0, 0);
  fs_image *other = plain(WIDTH + 1, HEIGHT, 255, 255, 255);
  uint32_t steps = quick() ? 1 : 3;
  fs_style_options o = few_steps(steps);
  TEST("without any of them") REQUIRE_OK(fs_styler_run(styler, &first, content, style, &o));
  TEST("a region that is white changes next to nothing, one that is black takes the style away") {
    fs_style_region region = {.place = white};
    o = few_steps(steps), o.regions = &region, o.region_count = 1, o.noise_ratio = 0;
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    fs_image_destroy(out);
    region.place = black;
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    CHECK(same_picture(out, content));
    fs_image_destroy(out);
  }
  TEST("regions must be as many as styles, and masks of their pictures' sizes") {
    fs_style_region regions[2] = {{.place = white}, {.place = white}};
    o = few_steps(1), o.regions = regions, o.region_count = 2;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &o));
    o.region_count = SIZE_MAX;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &o));
    o.regions = NULL, o.region_count = 1;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &o));
    o.regions = regions, regions[0].place = other;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &o));
    CHECK(strstr(fs_last_error(), "25x16") && strstr(fs_last_error(), "24x16"));
    regions[0].place = NULL, regions[0].part = other;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &o));
    o = few_steps(1), o.content_map = other;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &o));
    o = few_steps(1), o.before_mask = other;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &o));
  }
  TEST("a picture to start from, a map, a frame before") {
    o = few_steps(steps), o.start = FS_START_IMAGE, o.start_image = other, o.noise_ratio = 0; /* scaled to the picture */
    o.content_map = white, o.before = black, o.before_mask = white, o.temporal_weight = 1e6f;
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    CHECK(!same_picture(out, first));
    fs_image_destroy(out);
  }
  TEST("a map of faces is white at their eyes and mouth; faces without points are refused") {
    fs_face face = {0, 0, 20, 14, 1, {{7, 4}, {16, 4}, {12, 7}, {8, 11}, {15, 11}}};
    REQUIRE_OK(fs_face_map(&out, WIDTH, HEIGHT, &face, 1));
    const uint8_t *map = fs_image_data(out);
    CHECK(map[(4 * WIDTH + 7) * 3] == 255 && map[(11 * WIDTH + 12) * 3] == 255 && map[(15 * WIDTH + 23) * 3] == 0);
    fs_image_destroy(out);
    REQUIRE_OK(fs_face_map(&out, WIDTH, HEIGHT, NULL, 0));
    CHECK(same_picture(out, black));
    fs_image_destroy(out);
    face.landmarks[2].x = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_face_map(&out, WIDTH, HEIGHT, &face, 1));
    face.landmarks[2].x = INFINITY;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_face_map(&out, WIDTH, HEIGHT, &face, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_face_map(&out, 0, HEIGHT, NULL, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_face_map(&out, WIDTH, HEIGHT, NULL, 1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_face_map(NULL, WIDTH, HEIGHT, NULL, 0));
  }
  TEST("a frame is moved by its flow, and not known where it came from outside") {
    enum { COUNT = 2 * WIDTH * HEIGHT };
    static float flow[COUNT], back[COUNT];
    fs_image *mask = NULL;
    for (int i = 0; i < COUNT; i += 2) flow[i] = 3, flow[i + 1] = 0, back[i] = -3, back[i + 1] = 0;
    REQUIRE_OK(fs_flow_warp(&out, &mask, content, flow, back, COUNT));
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++) {
        const uint8_t *here = fs_image_data(out) + (y * WIDTH + x) * 3, *known = fs_image_data(mask) + (y * WIDTH + x) * 3;
        const uint8_t *there = fs_image_data(content) + (y * WIDTH + (x + 3 < WIDTH ? x + 3 : x)) * 3;
        CHECK(!memcmp(here, there, 3) && *known == (x + 3 < WIDTH ? 255 : 0));
      }
    fs_image_destroy(out), fs_image_destroy(mask);
    for (int i = 0; i < COUNT; i++) back[i] = 0; /* what was there has gone elsewhere */
    REQUIRE_OK(fs_flow_warp(&out, &mask, content, flow, back, COUNT));
    CHECK(same_picture(mask, black));
    fs_image_destroy(out), fs_image_destroy(mask);
    for (int i = 0; i < COUNT; i++) flow[i] = i % 3 ? NAN : FLT_MAX;
    REQUIRE_OK(fs_flow_warp(&out, &mask, content, flow, NULL, COUNT));
    CHECK(same_picture(mask, black) && same_picture(out, content));
    fs_image_destroy(out), fs_image_destroy(mask);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_flow_warp(&out, &mask, content, flow, NULL, COUNT - 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_flow_warp(&out, &mask, content, NULL, NULL, COUNT));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_flow_warp(&out, &mask, NULL, flow, NULL, COUNT));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_flow_warp(&out, NULL, content, flow, NULL, COUNT));
  }
  if (quick()) {
    test_skip_group("tiles, in quick runs");
  } else {
    TEST("tiles paint the same picture but for rounding") {
      fs_image *large = picture(330, 96, 3), *tiled = NULL;
      o = few_steps(2);
      if (CHECK_OK(fs_styler_run(styler, &out, large, style, &o))) {
        o.tile = 64;
        if (CHECK_OK(fs_styler_run(styler, &tiled, large, style, &o))) {
          /* Adam's first steps are of one length, either way: a gradient of about 0 may turn. */
          int far = 0;
          for (int i = 0; i < 330 * 96 * 3; i++) far += abs(fs_image_data(out)[i] - fs_image_data(tiled)[i]) > 1;
          CHECK(far < 330 * 96 * 3 / 100);
          fs_image_destroy(tiled);
        }
        fs_image_destroy(out);
      }
      fs_image_destroy(large);
    }
  }
  fs_image_destroy(first), fs_image_destroy(white), fs_image_destroy(black), fs_image_destroy(other);
}

static void refusals(fs_styler *styler, const fs_image *content, const fs_image *style) {
  fs_image *out = NULL;
  fs_style_options good = few_steps(1), bad;
  TEST("running refuses NULL") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_styler_run(styler, NULL, content, style, &good));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, NULL, style, &good));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, NULL, &good));
  }
#define REFUSE(wanted, field, value) \
  bad = good, bad.field = (value);   \
  CHECK_REFUSED(wanted, out, fs_styler_run(styler, &out, content, style, &bad))
  TEST("options of a size before the first version's are refused") {
    REFUSE(FS_INVALID_ARGUMENT, size, 0);
    REFUSE(FS_INVALID_ARGUMENT, size, 1);
    REFUSE(FS_INVALID_ARGUMENT, size, sizeof(size_t));
    REFUSE(FS_INVALID_ARGUMENT, size, sizeof good - 1);
  }
  TEST("sizes over the limit are refused") {
    REFUSE(FS_INVALID_ARGUMENT, width, FS_IMAGE_MAX_SIDE + 1);
    REFUSE(FS_INVALID_ARGUMENT, width, UINT32_MAX);
    REFUSE(FS_INVALID_ARGUMENT, height, UINT32_MAX);
    bad = good, bad.width = bad.height = FS_IMAGE_MAX_SIDE;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &bad));
  }
  TEST("numbers that are none are refused") {
    const float values[3] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
      REFUSE(FS_INVALID_ARGUMENT, content_weight, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, style_weight, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, learning_rate, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, noise_ratio, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, variation_weight, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, style_scale, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, averaging, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, preconditioning, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, deadline, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, content_map_weight, values[i]);
      REFUSE(FS_INVALID_ARGUMENT, temporal_weight, values[i]);
    }
    REFUSE(FS_INVALID_ARGUMENT, history, 0);
    REFUSE(FS_INVALID_ARGUMENT, history, UINT32_MAX);
    REFUSE(FS_INVALID_ARGUMENT, coarsest, 15);
    REFUSE(FS_INVALID_ARGUMENT, coarsest, UINT32_MAX);
    REFUSE(FS_INVALID_ARGUMENT, depth, 12);
    REFUSE(FS_INVALID_ARGUMENT, tile, 1);
    REFUSE(FS_INVALID_ARGUMENT, tile, UINT32_MAX);
    REFUSE(FS_INVALID_ARGUMENT, noise_ratio, -0.1f);
    REFUSE(FS_INVALID_ARGUMENT, noise_ratio, 1.1f);
  }
  TEST("unknown enumerators are refused") {
    REFUSE(FS_INVALID_ARGUMENT, pooling, (fs_pooling)3);
    REFUSE(FS_INVALID_ARGUMENT, pooling, (fs_pooling)0xffffffffu);
    REFUSE(FS_INVALID_ARGUMENT, cost, (fs_cost_variant)4);
    REFUSE(FS_INVALID_ARGUMENT, preset, (fs_style_preset)7);
    REFUSE(FS_INVALID_ARGUMENT, optimiser, (fs_style_optimiser)2);
    REFUSE(FS_INVALID_ARGUMENT, start, (fs_style_start)4);
    REFUSE(FS_INVALID_ARGUMENT, start, FS_START_IMAGE); /* there is none */
    REFUSE(FS_INVALID_ARGUMENT, style_loss, (fs_style_loss)3);
    REFUSE(FS_INVALID_ARGUMENT, edges, (fs_style_edges)2);
    REFUSE(FS_INVALID_ARGUMENT, mask_kind, (fs_mask_kind)2);
    REFUSE(FS_INVALID_ARGUMENT, colours, (fs_style_colours)5);
    REFUSE(FS_INVALID_ARGUMENT, variation, (fs_total_variation)3);
    REFUSE(FS_INVALID_ARGUMENT, variation, (fs_total_variation)0xffffffffu);
    REFUSE(FS_INVALID_ARGUMENT, cost, (fs_cost_variant)0xffffffffu);
  }
  TEST("a refusal says what was given and what is expected") {
#define SAYS(field, value, reason)                 \
  REFUSE(FS_INVALID_ARGUMENT, field, value);       \
  CHECK(strcmp(fs_last_error(), reason) == 0)
    SAYS(steps, 0, "steps 0; expected 1 to 1000000");
    SAYS(depth, 12, "depth 12; expected 0, 8 or 16");
    SAYS(tile, 1, "tile 1; expected 0 or 64 to 65500");
    SAYS(noise_ratio, -0.5f, "noise ratio -0.5; expected 0 to 1");
    SAYS(optimiser, (fs_style_optimiser)2, "optimiser 2; expected 0 or 1");
    SAYS(colours, (fs_style_colours)5, "colours 5; expected 0 to 4");
    SAYS(preset, (fs_style_preset)7, "preset 7; expected 0 to 6");
#undef SAYS
  }
  TEST("unknown layers are refused") {
    REFUSE(TEST_ANY_FAILURE, content_layer, "");
    REFUSE(TEST_ANY_FAILURE, content_layer, "conv9_9");
    REFUSE(TEST_ANY_FAILURE, content_layer, "conv4_2 ");
    static const fs_style_layer unknown[1] = {{"relu1_1", 1}}, none[1] = {{NULL, 1}};
    fs_style_layer weighted[1] = {{"conv1_1", 1}};
    bad = good, bad.style_layers = unknown, bad.style_layer_count = 1;
    CHECK_REFUSED(TEST_ANY_FAILURE, out, fs_styler_run(styler, &out, content, style, &bad));
    bad.style_layers = none;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &bad));
    bad.style_layers = weighted;
    weighted[0].weight = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &bad));
    weighted[0].weight = INFINITY;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &bad));
    static const size_t counts[] = {0, 17, SIZE_MAX};
    weighted[0].weight = 1;
    for (int i = 0; i < 3; i++) {
      bad.style_layer_count = counts[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &bad));
    }
  }
#undef REFUSE
  TEST("numbers at the edge of sense give a picture or a refusal") {
    if (quick()) SKIP("extreme options, in quick runs");
    for (int i = 0; i < 7; i++) {
      bad = good, out = NULL;
      if (i == 0) bad.steps = 0;
      if (i == 1) bad.learning_rate = 0;
      if (i == 2) bad.learning_rate = -1;
      if (i == 3) bad.learning_rate = FLT_MAX;
      if (i == 4) bad.content_weight = bad.style_weight = 0;
      if (i == 5) bad.content_weight = bad.style_weight = FLT_MAX;
      if (i == 6) bad.content_weight = -10;
      CHECK_STATUS(TEST_ANY_STATUS, fs_styler_run(styler, &out, content, style, &bad));
      fs_image_destroy(out);
    }
  }
}

/* ---- The callback ---- */

struct watcher {
  fs_action answer;     /* at step `at`, FS_CONTINUE before */
  uint32_t at, calls;
  bool sound, same_thread;
  double first_total, last_total, last_seconds;
  pthread_t caller;
  fs_image *preview; /* of the last step, if asked for */
  bool wants_preview;
  fs_status preview_status, other_status;
};

static fs_action watch(const fs_style_progress *progress, void *user) {
  struct watcher *w = user;
  w->calls++;
  double sum = 10 * progress->content + 40 * progress->style;
  w->sound = w->sound && progress->size >= sizeof *progress && progress->step == w->calls && progress->steps >= progress->step &&
             progress->job && isfinite(progress->total) && progress->content >= 0 && progress->style >= 0 &&
             fabs(progress->total - sum) <= 1e-4 * fabs(sum) && progress->seconds >= w->last_seconds;
  if (w->calls == 1) w->first_total = progress->total;
  w->last_total = progress->total, w->last_seconds = progress->seconds;
  w->same_thread = w->same_thread && pthread_equal(w->caller, pthread_self());
  if (w->wants_preview) {
    fs_image_destroy(w->preview), w->preview = NULL;
    w->preview_status = fs_style_preview(progress, &w->preview);
    if (w->preview_status == FS_OK && fs_style_preview(progress, NULL) != FS_INVALID_ARGUMENT) w->sound = false;
    fs_image *half = NULL; /* other functions are fine */
    w->other_status = w->preview ? fs_image_resize(&half, w->preview, 3, 2, FS_AREA) : FS_OK;
    fs_image_destroy(half);
  }
  return progress->step == w->at ? w->answer : FS_CONTINUE;
}

static struct watcher watcher(fs_action answer, uint32_t at) {
  struct watcher w = {.answer = answer, .at = at, .sound = true, .same_thread = true, .caller = pthread_self()};
  return w;
}

static void callbacks(fs_styler *styler, const fs_image *content, const fs_image *style) {
  uint32_t steps = quick() ? 2 : 8;
  fs_image *out = NULL;
  fs_style_options o = few_steps(steps);
  struct watcher w;
  o.on_step = watch, o.user = &w;

  TEST("the callback hears of every step on the calling thread, and the cost falls") {
    w = watcher(FS_CONTINUE, 0);
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    CHECK(w.calls == steps && w.sound && w.same_thread);
    CHECK(w.last_total < w.first_total);
    fs_image_destroy(out);
  }
  TEST("FS_FINISH keeps the picture so far") {
    fs_image *shorter = NULL;
    fs_style_options one = few_steps(1);
    w = watcher(FS_FINISH, 1);
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    CHECK(w.calls == 1);
    REQUIRE_OK(fs_styler_run(styler, &shorter, content, style, &one));
    CHECK(same_picture(out, shorter));
    fs_image_destroy(out), fs_image_destroy(shorter);
  }
  TEST("FS_CANCEL drops the picture, and the styler works on") {
    w = watcher(FS_CANCEL, 2);
    CHECK_REFUSED(FS_CANCELLED, out, fs_styler_run(styler, &out, content, style, &o));
    CHECK(w.calls == 2);
    w = watcher(FS_FINISH, 1);
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    fs_image_destroy(out);
  }
  TEST("an answer that is no action is refused by its number, and the styler works on") {
    w = watcher((fs_action)77, 1), out = NULL;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_styler_run(styler, &out, content, style, &o));
    CHECK(strstr(fs_last_error(), "the host's on_step returned 77; expected FS_CONTINUE") != NULL && w.calls == 1);
    w = watcher(FS_FINISH, 1);
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    fs_image_destroy(out);
  }
  TEST("a preview inside the callback is the picture so far, the last one the result") {
    w = watcher(FS_CONTINUE, 0), w.wants_preview = true;
    o.steps = 2;
    REQUIRE_OK(fs_styler_run(styler, &out, content, style, &o));
    CHECK(w.preview_status == FS_OK && w.other_status == FS_OK && w.sound);
    CHECK(same_picture(w.preview, out));
    fs_image_destroy(w.preview), fs_image_destroy(out);
  }
  TEST("an error inside the callback does not become the run's") {
    w = watcher(FS_CONTINUE, 0), w.wants_preview = true; /* the watcher also asks for a preview into NULL */
    o.steps = 1;
    CHECK_OK(fs_styler_run(styler, &out, content, style, &o));
    fs_image_destroy(w.preview), fs_image_destroy(out);
  }
}

/* ---- Costs of a given picture ---- */

static void evaluating(fs_styler *styler, const fs_image *content, const fs_image *style) {
  enum { COUNT = WIDTH * HEIGHT * 3 };
  static float gradient[COUNT];
  fs_image *generated = picture(WIDTH, HEIGHT, 9);
  double c = -1, s = -1, t = -1;

  fs_style_options few = few_steps(1), *o = &few;

  TEST("the total is alpha content plus beta style") {
    REQUIRE_OK(fs_styler_evaluate(styler, generated, content, style, o, &c, &s, &t, NULL, 0));
    CHECK(c > 0 && s > 0);
    CHECK_NEAR(t, 10 * c + 40 * s, 1e-6 * t);
  }
  TEST("a picture has no content cost against itself and no style cost against itself") {
    REQUIRE_OK(fs_styler_evaluate(styler, content, content, style, o, &c, &s, &t, NULL, 0));
    CHECK(c == 0 && s > 0);
    REQUIRE_OK(fs_styler_evaluate(styler, style, content, style, o, &c, &s, &t, NULL, 0));
    CHECK(c > 0 && s == 0);
  }
  TEST("evaluating refuses NULL, other sizes and small arrays") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, t, fs_styler_evaluate(styler, NULL, content, style, o, &c, &s, &t, NULL, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, t, fs_styler_evaluate(styler, generated, NULL, style, o, &c, &s, &t, NULL, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, t, fs_styler_evaluate(styler, generated, content, NULL, NULL, &c, &s, &t, NULL, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, t, fs_styler_evaluate(styler, generated, content, style, o, NULL, &s, &t, NULL, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, t, fs_styler_evaluate(styler, generated, content, style, o, &c, NULL, &t, NULL, 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_styler_evaluate(styler, generated, content, style, o, &c, &s, NULL, NULL, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gradient,
                  fs_styler_evaluate(styler, generated, content, style, o, &c, &s, &t, gradient, COUNT - 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, gradient,
                  fs_styler_evaluate(styler, generated, content, style, o, &c, &s, &t, gradient, 0));
    fs_image *other = picture(WIDTH + 1, HEIGHT, 1);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, t, fs_styler_evaluate(styler, generated, other, style, o, &c, &s, &t, NULL, 0));
    fs_image_destroy(other);
    fs_style_options bad = few_steps(1);
    bad.size = 8;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, t, fs_styler_evaluate(styler, generated, content, style, &bad, &c, &s, &t, NULL, 0));
    bad = few_steps(1), bad.content_weight = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, t, fs_styler_evaluate(styler, generated, content, style, &bad, &c, &s, &t, NULL, 0));
  }
  TEST("the gradient is the slope of the cost at its steepest pixels") {
    if (quick()) SKIP("the gradient, in quick runs");
    REQUIRE_OK(fs_styler_evaluate(styler, generated, content, style, o, &c, &s, &t, gradient, COUNT));
    /* Pictures move by whole levels only, so this is a coarse look: a central difference over one level
     * either way, at the steepest pixels, where it stands clear of the curvature. */
    for (int round = 0; round < 4; round++) {
      int steepest = 0;
      for (int i = 0; i < COUNT; i++) {
        uint8_t level = fs_image_data(generated)[i];
        if (level > 0 && level < 255 && fabsf(gradient[i]) > fabsf(gradient[steepest])) steepest = i;
      }
      double total[2] = {0, 0};
      for (int side = 0; side < 2; side++) {
        uint8_t *rgb = malloc(COUNT);
        memcpy(rgb, fs_image_data(generated), COUNT);
        rgb[steepest] = (uint8_t)(rgb[steepest] + 2 * side - 1);
        fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = COUNT, .width = WIDTH, .height = HEIGHT};
        fs_image *moved = NULL;
        CHECK_OK(fs_image_from_pixels(&moved, &pixels));
        CHECK_OK(fs_styler_evaluate(styler, moved, content, style, o, &c, &s, &total[side], NULL, 0));
        fs_image_destroy(moved);
        free(rgb);
      }
      double slope = (total[1] - total[0]) / 2;
      CHECK_NEAR(gradient[steepest], slope, 0.05 * fabs(slope));
      gradient[steepest] = 0;
    }
  }
  fs_image_destroy(generated);
}

/* ---- Memory: the forecast; Python's tests hold it against the truth. ---- */

static void memory(fs_styler *styler) {
  uint64_t small = 0, large = 0, bytes;
  fs_style_options o = few_steps(1);
  TEST("a forecast of memory grows with the picture, and counts the size that is painted") {
    REQUIRE_OK(fs_styler_memory_needed(styler, 40, 30, &o, &small));
    REQUIRE_OK(fs_styler_memory_needed(styler, 400, 300, &o, &large));
    CHECK(small > 0 && large > 10 * 400 * 300 && large > small);
    o.width = 400;
    CHECK_OK(fs_styler_memory_needed(styler, 40, 30, &o, &bytes));
    CHECK(bytes == large);
    CHECK_OK(fs_styler_memory_needed(styler, FS_IMAGE_MAX_SIDE, 2048, NULL, &bytes));
    CHECK(bytes > (uint64_t)FS_IMAGE_MAX_SIDE * 2048 * 64 * 4);
  }
  TEST("a forecast of memory refuses NULL and sizes that no picture has") {
    static const uint32_t sizes[][2] = {{0, 9}, {9, 0}, {0, 0}, {FS_IMAGE_MAX_SIDE + 1, 9}, {9, UINT32_MAX},
                                        {UINT32_MAX, UINT32_MAX}, {FS_IMAGE_MAX_SIDE, FS_IMAGE_MAX_SIDE}};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(NULL, 9, 9, NULL, &bytes));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_styler_memory_needed(styler, 9, 9, NULL, NULL));
    for (int i = 0; i < 7; i++)
      CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(styler, sizes[i][0], sizes[i][1], NULL, &bytes));
    o = few_steps(1), o.width = o.height = UINT32_MAX;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(styler, 9, 9, &o, &bytes));
    o = few_steps(1), o.height = UINT32_MAX;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(styler, FS_IMAGE_MAX_SIDE, 1, &o, &bytes));
    o = few_steps(0);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(styler, 9, 9, &o, &bytes));
    o = few_steps(1), o.content_layer = "conv7_1";
    CHECK_REFUSED(FS_NOT_FOUND, bytes, fs_styler_memory_needed(styler, 9, 9, &o, &bytes));
    o = few_steps(1), o.size = 8;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(styler, 9, 9, &o, &bytes));
  }
  TEST("a forecast of memory refuses the regions that a run refuses") {
    fs_style_region regions[64] = {{0}};
    o = few_steps(1), o.regions = regions, o.region_count = 64;
    CHECK_OK(fs_styler_memory_needed(styler, 40, 30, &o, &bytes));
    CHECK(bytes > small);
    static const size_t counts[] = {0, 65, SIZE_MAX, SIZE_MAX / 2, (size_t)1 << 63};
    for (int i = 0; i < 5; i++) {
      o.region_count = counts[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(styler, 40, 30, &o, &bytes));
    }
    o.regions = NULL, o.region_count = 1;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, bytes, fs_styler_memory_needed(styler, 40, 30, &o, &bytes));
  }
}

/* ---- Jobs ---- */

static void jobs(fs_styler *styler, const fs_image *content, const fs_image *style) {
  fs_image *const styles[2] = {picture(WIDTH, HEIGHT, 3), picture(10, 20, 4)};
  const fs_image *const two[2] = {styles[0], styles[1]};
  const fs_image *const one[1] = {style};
  fs_style_options o = few_steps(4);
  o.optimiser = FS_STYLE_LBFGS;
  fs_style_job *job = NULL, *other = NULL;
  fs_style_progress progress = {.size = sizeof progress};
  fs_image *out = NULL, *wanted = NULL;
  char path[] = "/tmp/facestyle-style-XXXXXX";
  int file = mkstemp(path);
  if (file >= 0) close(file);

  TEST("a job goes on step by step to the picture of a run") {
    REQUIRE_OK(fs_styler_run(styler, &wanted, content, style, &o));
    REQUIRE_OK(fs_style_job_create(&job, styler, content, one, NULL, 1, &o));
    int calls = 0;
    do {
      if (!CHECK_OK(fs_style_job_step(job, 1, &progress))) break;
      CHECK(progress.step >= 1 && progress.width == WIDTH && progress.height == HEIGHT && progress.total > 0);
    } while (progress.ending == FS_ENDING_NONE && ++calls < 20);
    CHECK(progress.ending == FS_ENDING_STEPS && progress.step >= 4);
    CHECK_OK(fs_style_job_result(job, &out));
    CHECK(same_picture(out, wanted));
    fs_image_destroy(out), fs_image_destroy(wanted);
    CHECK_OK(fs_style_job_preview(job, &out));
    fs_image_destroy(out);
    fs_style_job_destroy(job);
  }
  TEST("a job taken up from its checkpoint ends with the same bits") {
    REQUIRE_OK(fs_style_job_create(&job, styler, content, two, NULL, 2, &o));
    CHECK_OK(fs_style_job_step(job, 2, &progress));
    CHECK_OK(fs_style_job_save(job, path));
    CHECK_OK(fs_style_job_step(job, 100, &progress));
    CHECK_OK(fs_style_job_result(job, &wanted));
    REQUIRE_OK(fs_style_job_create(&other, styler, content, two, NULL, 2, &o));
    CHECK_OK(fs_style_job_load(other, path));
    CHECK_OK(fs_style_job_step(other, 100, &progress));
    CHECK_OK(fs_style_job_result(other, &out));
    CHECK(same_picture(out, wanted));
    fs_image_destroy(out), fs_image_destroy(wanted);
    fs_style_job_destroy(job), fs_style_job_destroy(other);
  }
  TEST("a checkpoint of other styles is refused") {
    static const float weights[2] = {2, 1};
    REQUIRE_OK(fs_style_job_create(&job, styler, content, two, weights, 2, &o));
    CHECK_STATUS(FS_WRONG_MODEL, fs_style_job_load(job, path));
    CHECK_STATUS(FS_IO, fs_style_job_load(job, "/nowhere/at/all"));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_style_job_load(job, NULL));
    CHECK_STATUS(FS_IO, fs_style_job_save(job, "/nowhere/at/all"));
    CHECK_OK(fs_style_job_step(job, 1, &progress));
    fs_style_job_destroy(job);
  }
  TEST("a job refuses NULL, no styles and weights that are none") {
    static const float nan[2] = {1, NAN}, none[2] = {0, 0};
    const fs_image *const missing[2] = {style, NULL};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_style_job_create(NULL, styler, content, one, NULL, 1, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, job, fs_style_job_create(&job, NULL, content, one, NULL, 1, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, job, fs_style_job_create(&job, styler, NULL, one, NULL, 1, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, job, fs_style_job_create(&job, styler, content, NULL, NULL, 1, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, job, fs_style_job_create(&job, styler, content, missing, NULL, 2, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, job, fs_style_job_create(&job, styler, content, one, NULL, 0, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, job, fs_style_job_create(&job, styler, content, one, NULL, SIZE_MAX, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, job, fs_style_job_create(&job, styler, content, two, nan, 2, &o));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, job, fs_style_job_create(&job, styler, content, two, none, 2, &o));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_style_job_step(NULL, 1, &progress));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_style_job_preview(NULL, &out));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_style_job_result(NULL, &out));
    fs_style_job_destroy(NULL);
  }
  TEST("a style's colours can be matched, and an unknown way is refused") {
    REQUIRE_OK(fs_style_match_colours(&out, styles[1], content, FS_COLOURS_CHOLESKY));
    CHECK(fs_image_width(out) == 10 && fs_image_height(out) == 20 && !same_picture(out, styles[1]));
    fs_image_destroy(out);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_style_match_colours(&out, styles[1], content, (fs_style_colours)5));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_style_match_colours(&out, NULL, content, FS_COLOURS_STYLE));
  }
  unlink(path);
  fs_image_destroy(styles[0]), fs_image_destroy(styles[1]);
}

/* ---- Jobs where memory ends ---- */

/* Lets the process have `more` bytes beyond what it has; SIZE_MAX: as many as there are. */
static void allow(size_t more) {
  struct rlimit limit;
  getrlimit(RLIMIT_AS, &limit);
  limit.rlim_cur = limit.rlim_max;
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  bool known = file && fscanf(file, "%lu", &pages) == 1;
  if (file) fclose(file);
  if (more != SIZE_MAX && CHECK(known)) limit.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + more;
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
}

/* From 256 pixels to 512: there the features of a layer take 64 MB. */
static fs_style_options two_scales(void) {
  static const fs_style_layer shallow[1] = {{"conv1_1", 1}};
  fs_style_options o;
  fs_style_options_preset(&o, sizeof o, FS_PRESET_PYRAMID);
  o.coarsest = 256, o.steps = 6, o.history = 1;
  o.content_layer = "conv1_2", o.style_layers = shallow, o.style_layer_count = 1;
  return o;
}

static void without_memory(fs_styler *styler) {
  if (quick()) {
    test_skip_group("jobs without memory, in quick runs: valgrind has its own");
    return;
  }
  enum { MB = 1 << 20 };
  fs_image *content = picture(512, 512, 1), *style = picture(256, 256, 2), *wanted = NULL, *out = NULL;
  const fs_image *const one[1] = {style};
  fs_style_options o = two_scales();
  fs_style_job *job = NULL, *other = NULL;
  fs_style_progress progress = {.size = sizeof progress};
  char path[] = "/tmp/facestyle-style-XXXXXX";
  int file = mkstemp(path);
  if (file >= 0) close(file);
  /* The C library keeps some memory for small things; a job that never ends is ended by the system. */
  mallopt(M_TRIM_THRESHOLD, 256 * MB), mallopt(M_TOP_PAD, 8 * MB);
  alarm(300);

  TEST("a job without memory for its next scale says so each time, and goes on with the same bits when there is some") {
    REQUIRE_OK(fs_styler_run(styler, &wanted, content, style, &o));
    REQUIRE_OK(fs_style_job_create(&job, styler, content, one, NULL, 1, &o));
    CHECK_OK(fs_style_job_step(job, 3, &progress));
    CHECK(progress.step >= 3 && progress.width == 256);
    allow(16 * MB);
    for (int i = 0; i < 3; i++) CHECK_STATUS(FS_NO_MEMORY, fs_style_job_step(job, 1, &progress));
    allow(SIZE_MAX);
    CHECK_OK(fs_style_job_save(job, path));
    CHECK_OK(fs_style_job_step(job, 100, &progress));
    CHECK(progress.ending == FS_ENDING_STEPS && progress.width == 512);
    CHECK_OK(fs_style_job_result(job, &out));
    CHECK(same_picture(out, wanted));
    fs_image_destroy(out), fs_style_job_destroy(job);
    REQUIRE_OK(fs_style_job_create(&job, styler, content, one, NULL, 1, &o));
    CHECK_OK(fs_style_job_load(job, path));
    CHECK_OK(fs_style_job_step(job, 100, &progress));
    CHECK_OK(fs_style_job_result(job, &out));
    CHECK(same_picture(out, wanted));
    fs_image_destroy(out), fs_style_job_destroy(job);
  }
  TEST("a scale that has converged is left when there is memory for the next, and not waited in for ever") {
    fs_style_options still = o; /* nothing but the content, which the picture is: the gradient is 0 */
    still.style_weight = still.variation_weight = 0;
    REQUIRE_OK(fs_style_job_create(&job, styler, content, one, NULL, 1, &still));
    allow(16 * MB);
    for (int i = 0; i < 3; i++) CHECK_STATUS(FS_NO_MEMORY, fs_style_job_step(job, 10, &progress));
    allow(SIZE_MAX);
    CHECK_OK(fs_style_job_step(job, 100, &progress));
    CHECK(progress.ending != FS_ENDING_NONE && progress.width == 512);
    fs_style_job_destroy(job);
  }
  TEST("a checkpoint that there is no memory for leaves the job as it was") {
    REQUIRE_OK(fs_style_job_create(&job, styler, content, one, NULL, 1, &o));
    CHECK_OK(fs_style_job_step(job, 4, &progress));
    CHECK(progress.width == 512);
    CHECK_OK(fs_style_job_save(job, path));
    fs_style_job_destroy(job);
    static const size_t room[] = {4 * MB, 12 * MB, 24 * MB, 48 * MB};
    for (int i = 0; i < 4; i++) {
      if (!CHECK_OK(fs_style_job_create(&other, styler, content, one, NULL, 1, &o))) continue;
      fs_image *before = NULL;
      CHECK_OK(fs_style_job_result(other, &before));
      allow(room[i]);
      fs_status status = fs_style_job_load(other, path);
      allow(SIZE_MAX);
      CHECK(status == FS_OK || status == FS_NO_MEMORY);
      if (i == 0) CHECK(status == FS_NO_MEMORY);
      CHECK_OK(fs_style_job_result(other, &out));
      CHECK(same_picture(out, before) == (status != FS_OK));
      fs_image_destroy(out), fs_image_destroy(before);
      CHECK_OK(fs_style_job_step(other, 100, &progress)); /* from the beginning or the checkpoint: the same picture */
      CHECK_OK(fs_style_job_result(other, &out));
      CHECK(same_picture(out, wanted));
      fs_image_destroy(out), fs_style_job_destroy(other);
    }
  }
  alarm(0);
  unlink(path);
  fs_image_destroy(content), fs_image_destroy(style), fs_image_destroy(wanted);
}

int main(void) {
  options();
  without_model();
  if (have(model_path("vgg19.safetensors"), "style transfer")) {
    fs_model *vgg = open_model("vgg19.safetensors");
    fs_styler *styler = NULL;
    fs_image *content = picture(WIDTH, HEIGHT, 1), *style = picture(WIDTH, HEIGHT, 2);
    TEST("a styler is made from VGG-19 alone") {
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_styler_create(NULL, vgg));
      REQUIRE_OK(fs_styler_create(&styler, vgg));
      if (!exists(model_path("mtcnn.safetensors"))) SKIP("mtcnn.safetensors is not there");
      fs_model *mtcnn = open_model("mtcnn.safetensors");
      fs_styler *none;
      CHECK_REFUSED(FS_WRONG_MODEL, none, fs_styler_create(&none, mtcnn));
      fs_model_destroy(mtcnn);
    }
    fs_model_destroy(vgg); /* the styler keeps what it needs */
    memory(styler);
    running(styler, content, style);
    pictures_that_tell_where(styler, content, style);
  refusals(styler, content, style);
    callbacks(styler, content, style);
    evaluating(styler, content, style);
    jobs(styler, content, style);
    without_memory(styler);
    fs_styler_destroy(styler);
    fs_image_destroy(content), fs_image_destroy(style);
  }
  return test_end_program();
}
