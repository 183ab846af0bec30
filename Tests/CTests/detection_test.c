/* What one-pass detectors learn with: overlaps of boxes, the assignment of cells, losses, scenes, a short training. */
#include "support.h"

enum { SIDE = 64, CELLS = 64 + 16 + 4, NUMBERS = 15 * CELLS };

static char folder[] = "/tmp/facestyle-detection-XXXXXX";

static const char *in_folder(const char *name) {
  static char buffers[8][200];
  static unsigned next;
  char *path = buffers[next++ % 8];
  snprintf(path, sizeof buffers[0], "%s/%s", folder, name);
  return path;
}

static fs_detection_options usual(void) {
  fs_detection_options options;
  CHECK_OK(fs_detection_options_init(&options, sizeof options));
  return options;
}

static fs_scene_face face_at(float left, float top, float right, float bottom) {
  return (fs_scene_face){.left = left, .top = top, .right = right, .bottom = bottom};
}

/* ---- Boxes ---- */

static void boxes(void) {
  /* Side by side: 8 of 24 pixels shared, 6x4 around both, centres 2 apart. Apart: 2 of 4 pixels around both, 3 apart. */
  const float a[8] = {0, 0, 4, 4, 0, 0, 1, 1}, b[8] = {2, 0, 6, 4, 3, 0, 4, 1};
  const double side = 1.0 / 3 - 4.0 / 52, apart = -9.0 / 17;
  const double wanted[5][2] = {{1.0 / 3, 0}, {1.0 / 3, -0.5}, {side, apart}, {side, apart}, {side, apart}};
  float values[2], slopes[8];
  TEST("overlaps are those of their formulas") {
    for (int kind = FS_OVERLAP_IOU; kind <= FS_OVERLAP_EIOU; kind++) {
      CHECK_OK(fs_box_overlap((fs_overlap)kind, a, b, 2, values, 2, NULL, 0));
      for (int i = 0; i < 2; i++) CHECK_NEAR(values[i], wanted[kind][i], 1e-6);
    }
  }
  TEST("their slopes are differences of their values") {
    const float box[4] = {1.5f, 2, 6, 7.25f}, other[4] = {3, 1, 8.5f, 6};
    for (int kind = FS_OVERLAP_IOU; kind <= FS_OVERLAP_EIOU; kind++) {
      CHECK_OK(fs_box_overlap((fs_overlap)kind, box, other, 1, values, 1, slopes, 4));
      for (int i = 0; i < 4; i++) {
        const float step = 1.0f / 64;
        float right[4], left[4], high, low;
        memcpy(right, box, sizeof box), memcpy(left, box, sizeof box);
        right[i] += step, left[i] -= step;
        CHECK_OK(fs_box_overlap((fs_overlap)kind, right, other, 1, &high, 1, NULL, 0));
        CHECK_OK(fs_box_overlap((fs_overlap)kind, left, other, 1, &low, 1, NULL, 0));
        CHECK_NEAR(slopes[i], (high - low) / (2 * step), 1e-3);
      }
    }
  }
  TEST("boxes without an inside, unknown kinds and too little room are refused, and nothing is written") {
    const float bad[4] = {2, 0, 2, 4}, far[4] = {0, 0, 2e6f, 1}, nan_box[4] = {0, 0, NAN, 1};
    const float *refused[3] = {bad, far, nan_box};
    memset(values, 0x5e, sizeof values), memset(slopes, 0x5e, sizeof slopes);
    for (int i = 0; i < 3; i++) {
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_box_overlap(FS_OVERLAP_IOU, refused[i], b, 1, values, 2, slopes, 8));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_box_overlap(FS_OVERLAP_IOU, b, refused[i], 1, values, 2, slopes, 8));
    }
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_box_overlap((fs_overlap)5, a, b, 2, values, 2, slopes, 8));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_box_overlap(FS_OVERLAP_IOU, a, b, 2, values, 1, slopes, 8));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_box_overlap(FS_OVERLAP_IOU, a, b, 2, values, 2, slopes, 7));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_box_overlap(FS_OVERLAP_IOU, NULL, b, 2, values, 2, slopes, 8));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_box_overlap(FS_OVERLAP_IOU, a, b, SIZE_MAX, values, 2, slopes, 8));
    CHECK(test_untouched(values, sizeof values) && test_untouched(slopes, sizeof slopes));
  }
}

/* ---- Cells ---- */

static void cells(void) {
  static float zeros[2 * NUMBERS], gradient[2 * NUMBERS];
  const fs_scene_face face = face_at(16, 16, 32, 32);
  int32_t assigned[CELLS];
  TEST("the defaults are the header's") {
    const fs_detection_options options = usual();
    CHECK(options.size == sizeof options && options.overlap == FS_OVERLAP_EIOU && options.points == FS_POINTS_SMOOTH_L1);
    CHECK(options.score == FS_SCORES_CROSS_ENTROPY && options.box_weight == 5 && options.point_weight == 10);
    CHECK(options.score_weight == 1 && options.point_range == 0.1f && options.point_bend == 0.02f && options.focus == 2);
    CHECK(options.quality == 0.5f && options.centre_radius == 2.5f && options.candidates == 10 && options.overlap_cost == 3);
  }
  TEST("a face gets the cell that it costs least") {
    /* By hand: cell 27, row and column 3 of stride 8, lies within it, IoU 64 / 256; all overlaps add up to 1.5. */
    REQUIRE_OK(fs_detection_assign(NULL, zeros, SIDE, SIDE, &face, 1, assigned, CELLS));
    for (int i = 0; i < CELLS; i++) CHECK(assigned[i] == (i == 27 ? 0 : -1));
  }
  TEST("cells in a face to be ignored are marked, and without faces there are none") {
    fs_scene_face ignored = face;
    ignored.ignored = 1;
    REQUIRE_OK(fs_detection_assign(NULL, zeros, SIDE, SIDE, &ignored, 1, assigned, CELLS));
    CHECK(assigned[27] == -2 && assigned[18] == -2 && assigned[0] == -1);
    REQUIRE_OK(fs_detection_assign(NULL, zeros, SIDE, SIDE, NULL, 0, assigned, CELLS));
    for (int i = 0; i < CELLS; i++) CHECK(assigned[i] == -1);
  }
  TEST("the loss has the parts of its formula") {
    fs_detection_options options = usual();
    fs_detection_parts parts;
    const size_t counts[2] = {1, 0};
    options.overlap = FS_OVERLAP_IOU;
    fs_scene_face pointed = face;
    pointed.has_points = 1;
    for (int i = 0; i < 10; i++) pointed.points[i] = 24; /* the cell's corner, to which zeros point */
    pointed.points[4] = 32;                              /* half a face off */
    REQUIRE_OK(fs_detection_loss(&options, zeros, 2, SIDE, SIDE, &pointed, counts, &parts, gradient, 2 * NUMBERS));
    CHECK_NEAR(parts.box, 5 * 0.75, 1e-5);
    CHECK_NEAR(parts.points, 10 * 0.45 / 10, 1e-5);
    CHECK_NEAR(parts.score, 2 * CELLS * log(2), 1e-3);
    CHECK(parts.faces == 1 && parts.cells == 1 && parts.overlap == 0.25);
    /* A score's slope is p - target: a half without a face, with one less 1 - 0.5 + 0.5 * 0.25. */
    for (int i = 0; i < 2 * CELLS; i++) CHECK_NEAR(gradient[15 * i], i == 27 ? 0.5 - 0.625 : 0.5, 1e-6);
    CHECK(gradient[15 * 27 + 9] < 0 && gradient[15 * 27 + 10] == 0 && gradient[15 * 27 + 3] < 0);
  }
  TEST("sizes, numbers and settings out of range are refused, and nothing is written") {
    fs_detection_parts parts;
    fs_detection_options options = usual();
    const fs_scene_face none = face_at(3, 3, 2, 5);
    const size_t one = 1, many = SIZE_MAX;
    static float bad[NUMBERS];
    bad[7] = INFINITY;
    memset(&parts, 0x5e, sizeof parts), memset(assigned, 0x5e, sizeof assigned);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_assign(NULL, zeros, 60, SIDE, &face, 1, assigned, CELLS));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_assign(NULL, zeros, 0, SIDE, &face, 1, assigned, CELLS));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_assign(NULL, zeros, 16384, SIDE, &face, 1, assigned, CELLS));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_assign(NULL, bad, SIDE, SIDE, &face, 1, assigned, CELLS));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_assign(NULL, NULL, SIDE, SIDE, &face, 1, assigned, CELLS));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_assign(NULL, zeros, SIDE, SIDE, NULL, 1, assigned, CELLS));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_assign(NULL, zeros, SIDE, SIDE, &none, 1, assigned, CELLS));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_assign(NULL, zeros, SIDE, SIDE, &face, 1, assigned, CELLS - 1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_loss(NULL, zeros, 1, SIDE, SIDE, &face, NULL, &parts, NULL, 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_loss(NULL, zeros, 1, SIDE, SIDE, &face, &many, &parts, NULL, 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_loss(NULL, zeros, 0, SIDE, SIDE, &face, &one, &parts, NULL, 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_loss(NULL, zeros, 1, SIDE, SIDE, &face, &one, &parts, gradient, 9));
    options.quality = 1.5f;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_loss(&options, zeros, 1, SIDE, SIDE, &face, &one, &parts, NULL, 0));
    CHECK(strstr(fs_last_error(), "quality 1.5; expected 0 to 1") != NULL);
    options = usual(), options.points = (fs_point_loss)2;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_detection_loss(&options, zeros, 1, SIDE, SIDE, &face, &one, &parts, NULL, 0));
    CHECK(test_untouched(&parts, sizeof parts) && test_untouched(assigned, sizeof assigned));
  }
}

/* ---- Scenes ---- */

/* Photos with a bright rectangle as a face, and one without. */
static void lay_out(void) {
  CHECK(mkdtemp(folder) != NULL);
  CHECK(mkdir(in_folder("without"), 0700) == 0);
  for (uint32_t i = 0; i < 3; i++) {
    char name[20];
    snprintf(name, sizeof name, i < 2 ? "%u.png" : "without/%u.png", i);
    uint8_t rgb[96 * 80 * 3];
    for (int y = 0; y < 80; y++)
      for (int x = 0; x < 96; x++) {
        const bool inside = i < 2 && x >= 30 && x < 62 && y >= 20 && y < 60;
        for (int c = 0; c < 3; c++) rgb[(y * 96 + x) * 3 + c] = (uint8_t)(inside ? 220 - 20 * c : (x * (3 + (int)i) + y * 5) % 90);
      }
    const fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = sizeof rgb, .width = 96, .height = 80, .format = FS_RGB};
    fs_image *image = NULL;
    CHECK_OK(fs_image_from_pixels(&image, &pixels));
    CHECK_OK(fs_image_write(image, in_folder(name)));
    fs_image_destroy(image);
  }
  const char labels[] =
      "{\"0.png\": [[30, 20, 62, 60, 38, 32, 54, 32, 46, 40, 40, 50, 52, 50]], \"1.png\": [{\"box\": [30, 20, 62, 60]}]}";
  CHECK(write_file(in_folder("labels.json"), labels, sizeof labels - 1));
}

static fs_scenes *all_scenes(void) {
  fs_scenes *scenes = NULL;
  CHECK_OK(fs_scenes_create(&scenes));
  CHECK_OK(fs_scenes_add(scenes, folder, in_folder("labels.json")));
  CHECK_OK(fs_scenes_add_backgrounds(scenes, in_folder("without")));
  return scenes;
}

static void scenes(void) {
  fs_scenes *scenes = all_scenes();
  fs_scene_face faces[64];
  size_t count = 0;
  TEST("labelled photos are listed, and a part is kept") {
    CHECK(fs_scenes_count(scenes) == 2 && fs_scenes_background_count(scenes) == 1 && fs_scenes_left_out_count(scenes) == 0);
    fs_scenes *part = all_scenes();
    CHECK_OK(fs_scenes_keep(part, 1, 1));
    CHECK(fs_scenes_count(part) == 1 && fs_scenes_background_count(part) == 1);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_scenes_keep(part, 1, 1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_scenes_keep(part, SIZE_MAX, 2));
    fs_scenes_destroy(part);
    CHECK(fs_scenes_count(NULL) == 0 && fs_scenes_background_count(NULL) == 0 && fs_scenes_left_out_count(NULL) == 0);
  }
  TEST("labels that are none add nothing") {
    CHECK(write_file(in_folder("bad.json"), "{\"0.png\": [[1, 2, 3]]}", 22));
    CHECK_STATUS(FS_BAD_DATA, fs_scenes_add(scenes, folder, in_folder("bad.json")));
    CHECK(strstr(fs_last_error(), "0.png has a face of 3 numbers; expected 4 or 14") != NULL);
    CHECK_STATUS(FS_IO, fs_scenes_add(scenes, folder, in_folder("none.json")));
    CHECK_STATUS(FS_IO, fs_scenes_add_backgrounds(scenes, in_folder("none")));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_scenes_add(scenes, NULL, in_folder("labels.json")));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_scenes_add(NULL, folder, in_folder("labels.json")));
    CHECK(fs_scenes_count(scenes) == 2);
  }
  TEST("a composed picture is the same for the same numbers, and its faces lie in it") {
    fs_scene_options options;
    CHECK_OK(fs_scene_options_init(&options, sizeof options));
    CHECK(options.side == 320 && options.min_face == 8 && options.max_face == 0.9f && options.paste == 0.3f);
    CHECK(options.mosaic == 0.2f && options.max_pasted == 6 && options.dark == 0.12f && !options.augmentation);
    options.side = 96;
    for (uint32_t index = 0; index < 6; index++) {
      fs_image *one = NULL, *two = NULL, *other = NULL;
      CHECK_OK(fs_scenes_compose(scenes, &options, 5, 1, index, &one, faces, 64, &count));
      for (size_t i = 0; i < count; i++)
        CHECK(faces[i].left >= 0 && faces[i].top >= 0 && faces[i].right <= 96 && faces[i].bottom <= 96);
      CHECK_OK(fs_scenes_compose(scenes, &options, 5, 1, index, &two, NULL, 0, &count));
      CHECK_OK(fs_scenes_compose(scenes, &options, 5, 2, index, &other, NULL, 0, &count));
      CHECK(fs_image_width(one) == 96 && fs_image_height(one) == 96 && same_picture(one, two) && !same_picture(one, other));
      fs_image_destroy(one), fs_image_destroy(two), fs_image_destroy(other);
    }
    fs_image *image = NULL;
    options.side = 50;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_scenes_compose(scenes, &options, 5, 1, 0, &image, faces, 64, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_scenes_compose(scenes, NULL, 5, 1, 0, NULL, faces, 64, &count));
    CHECK(image == NULL);
  }
  fs_scenes_destroy(scenes);
}

/* ---- Training ---- */

static uint32_t told;
static double last_loss;

static fs_action watch(const fs_training_progress *progress, void *user) {
  const fs_detection_parts *parts = &progress->detection;
  if (progress->step == 0) return FS_CONTINUE;
  told++;
  last_loss = progress->loss;
  if (fabs(parts->box + parts->points + parts->score - progress->loss) > 1e-3 * progress->loss) told += 1000;
  return user && progress->step == *(uint32_t *)user ? FS_FINISH : FS_CONTINUE;
}

static fs_trainer *detector(const fs_detection_options *loss) {
  fs_trainer_options options;
  fs_trainer *trainer = NULL;
  CHECK_OK(fs_trainer_options_init(&options, sizeof options));
  CHECK(options.detection == NULL && options.average == 0);
  options.architecture = "yunet";
  options.detection = loss;
  options.average = 0.9f;
  options.steps = 4;
  options.longest_gradient = 10;
  CHECK_OK(fs_trainer_create(&trainer, &options, NULL));
  return trainer;
}

static void training(void) {
  const fs_detection_options loss = usual();
  fs_scenes *scenes = all_scenes();
  fs_scene_options composed;
  fs_detector_training_options options;
  static char checkpoint[200], first[200], second[200];
  snprintf(checkpoint, sizeof checkpoint, "%s", in_folder("training.checkpoint"));
  snprintf(first, sizeof first, "%s", in_folder("first.safetensors"));
  snprintf(second, sizeof second, "%s", in_folder("second.safetensors"));
  TEST("the defaults are the header's") {
    CHECK_OK(fs_detector_training_options_init(&options, sizeof options));
    CHECK(options.size == sizeof options && options.batch == 16 && !options.scenes && !options.checkpoint && options.seed == 1);
    CHECK(options.checkpoint_every == 0 && options.memory_limit == (uint64_t)4 << 30 && !options.on_step);
  }
  CHECK_OK(fs_scene_options_init(&composed, sizeof composed));
  composed.side = 64;
  options.scenes = &composed, options.batch = 2, options.on_step = watch;
  TEST("a training that stops goes on from its checkpoint with the same bits") {
    fs_trainer *straight = detector(&loss), *stopped = detector(&loss), *resumed = detector(&loss);
    told = 0;
    REQUIRE_OK(fs_trainer_run_scenes(straight, scenes, &options));
    CHECK(told == 4 && last_loss > 0);
    CHECK_OK(fs_trainer_save_model(straight, first, FS_FLOAT32, 0.5f, NULL));
    uint32_t stop = 2;
    options.user = &stop, options.checkpoint = checkpoint;
    CHECK_OK(fs_trainer_run_scenes(stopped, scenes, &options));
    options.user = NULL;
    CHECK_OK(fs_trainer_resume(resumed, checkpoint));
    CHECK_OK(fs_trainer_run_scenes(resumed, scenes, &options));
    CHECK_OK(fs_trainer_save_model(resumed, second, FS_FLOAT32, 0.5f, NULL));
    size_t m, n;
    uint8_t *a = read_file(first, &m), *b = read_file(second, &n);
    CHECK(a && b && m == n && memcmp(a, b, m) == 0);
    free(a), free(b);
    fs_trainer_info info = {.size = sizeof info};
    CHECK_OK(fs_trainer_info_get(resumed, &info));
    CHECK(info.step == 4 && info.height == 0 && info.width == 0);
    options.batch = 3;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run_scenes(resumed, scenes, &options));
    CHECK(strstr(fs_last_error(), "batch 3, this training began with 2") != NULL);
    options.batch = 2, options.checkpoint = NULL;
    fs_trainer_destroy(straight), fs_trainer_destroy(stopped), fs_trainer_destroy(resumed);
  }
  TEST("what does not fit is refused") {
    fs_trainer *trainer = detector(&loss), *other = NULL;
    fs_trainer_options plain;
    fs_photos *photos = NULL;
    const uint8_t picture[3] = {0};
    CHECK_OK(fs_trainer_options_init(&plain, sizeof plain));
    plain.architecture = "siamese";
    REQUIRE_OK(fs_trainer_create(&other, &plain, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run_scenes(other, scenes, &options));
    fs_trainer_destroy(other), other = NULL;
    plain.detection = &loss;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_create(&other, &plain, NULL));
    CHECK(strstr(fs_last_error(), "without the result \"cells8\"") != NULL && !other);
    plain.architecture = "yunet", plain.average = 1;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_create(&other, &plain, NULL));
    plain.average = 0, plain.detection = NULL;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_create(&other, &plain, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step(trainer, picture, 1, NULL, NULL, NULL));
    CHECK_OK(fs_photos_create(&photos));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run(trainer, photos, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run_scenes(trainer, NULL, &options));
    fs_scenes *empty = NULL;
    CHECK_OK(fs_scenes_create(&empty));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run_scenes(trainer, empty, &options));
    fs_scenes_destroy(empty), fs_photos_destroy(photos), fs_trainer_destroy(trainer);
  }
  fs_scenes_destroy(scenes);
}

static void own_pictures(void) {
  const fs_detection_options loss = usual();
  fs_trainer *trainer = detector(&loss);
  fs_training_step step = {.size = sizeof step};
  static uint8_t pictures[2 * SIDE * 32 * 3];
  const fs_scene_face faces[2] = {face_at(8, 4, 24, 26), face_at(30, 8, 50, 30)};
  const size_t counts[2] = {2, 0}, endless[2] = {SIZE_MAX, 2};
  for (size_t i = 0; i < sizeof pictures; i++) pictures[i] = (uint8_t)(i * 37 % 251);
  TEST("a detector learns from a host's own pictures and faces") {
    double first = 0;
    for (int i = 0; i < 8; i++) {
      CHECK_OK(fs_trainer_step_faces(trainer, pictures, 2, SIDE, 32, faces, counts, &step));
      CHECK(step.detection.faces == 2 && step.detection.cells >= 2);
      CHECK_NEAR(step.detection.box + step.detection.points + step.detection.score, step.loss, 1e-4 * step.loss);
      if (i == 0) first = step.loss;
    }
    CHECK(step.loss < first);
    CHECK_OK(fs_trainer_step_faces(trainer, pictures, 2, 32, SIDE, NULL, (const size_t[2]){0, 0}, NULL));
  }
  TEST("and refuses other sizes, faces that are none, and counts beyond memory") {
    const fs_scene_face flat = face_at(8, 8, 8, 20);
    const uint32_t sizes[][2] = {{0, 32}, {33, 32}, {SIDE, 0}, {8192, 32}, {UINT32_MAX, UINT32_MAX}};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
      CHECK_STATUS(FS_INVALID_ARGUMENT,
                   fs_trainer_step_faces(trainer, pictures, 1, sizes[i][0], sizes[i][1], faces, counts, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step_faces(trainer, pictures, 0, SIDE, 32, faces, counts, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step_faces(trainer, pictures, SIZE_MAX, SIDE, 32, faces, counts, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step_faces(trainer, pictures, 2, SIDE, 32, faces, endless, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step_faces(trainer, pictures, 2, SIDE, 32, NULL, counts, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step_faces(trainer, pictures, 2, SIDE, 32, faces, NULL, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step_faces(trainer, pictures, 1, SIDE, 32, &flat, (const size_t[1]){1}, &step));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step(trainer, pictures, 2, NULL, NULL, &step));
    CHECK(strstr(fs_last_error(), "fs_trainer_step_faces") != NULL);
    fs_trainer_options plain;
    fs_trainer *other = NULL;
    CHECK_OK(fs_trainer_options_init(&plain, sizeof plain));
    plain.architecture = "siamese";
    REQUIRE_OK(fs_trainer_create(&other, &plain, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step_faces(other, pictures, 2, SIDE, 32, faces, counts, &step));
    CHECK(strstr(fs_last_error(), "expected a detection loss") != NULL);
    fs_trainer_destroy(other);
  }
  fs_trainer_destroy(trainer);
}

static void clear_away(void) {
  const char *names[] = {"0.png", "1.png", "without/2.png", "labels.json", "bad.json", "training.checkpoint", "first.safetensors",
                         "second.safetensors"};
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) remove(in_folder(names[i]));
  remove(in_folder("without"));
  remove(folder);
}

int main(void) {
  boxes();
  cells();
  lay_out();
  scenes();
  training();
  own_pictures();
  clear_away();
  return test_end_program();
}
