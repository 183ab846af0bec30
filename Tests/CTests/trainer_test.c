/* Photos to learn from and trainers: a training that works, goes on from its checkpoint, shares its gradients, and refuses. */
#include "support.h"

#include <pthread.h>

enum { HEIGHT = 112, WIDTH = 92, BATCH = 4, DIMENSION = 128, PARAMETERS = 814176 }; /* of "siamese" */

static const int32_t pairs[BATCH / 2] = {0, 1}; /* one person, two people */
static char folder[] = "/tmp/facestyle-trainer-XXXXXX";

/* Steps of a whole training; of a part of it that leaves a checkpoint behind before it is cancelled. */
static uint32_t whole(void) { return quick() ? 3 : 6; }
static uint32_t part(void) { return quick() ? 2 : 4; }
static uint32_t every(void) { return quick() ? 1 : 3; }

static const char *in_folder(const char *name) {
  static char buffers[8][200];
  static unsigned next;
  char *path = buffers[next++ % 8];
  snprintf(path, sizeof buffers[0], "%s/%s", folder, name);
  return path;
}

/* The same, to stay. */
typedef struct place { char path[200]; } place;
static place place_in_folder(const char *name) {
  place place;
  snprintf(place.path, sizeof place.path, "%s", in_folder(name));
  return place;
}

/* Pictures of persons 0, 0, 1 and 2: stripes of their own, and grain that `seed` varies. */
static const uint8_t *pictures(uint32_t seed) {
  static uint8_t rgb[BATCH * HEIGHT * WIDTH * 3];
  uint32_t state = seed * 2654435761u + 1;
  for (int i = 0, at = 0; i < BATCH; i++)
    for (int y = 0; y < HEIGHT; y++)
      for (int x = 0; x < WIDTH; x++) {
        const int person = i < 2 ? 0 : i - 1, stripe = person == 0 ? x : person == 1 ? y : x + y;
        state = state * 1664525u + 1013904223u;
        const uint8_t level = (uint8_t)(stripe / 8 % 2 * 150 + 40 + (state >> 27));
        for (int c = 0; c < 3; c++) rgb[at++] = level;
      }
  return rgb;
}

static fs_loss_options loss_of(fs_loss_kind kind) {
  fs_loss_options loss;
  CHECK_OK(fs_loss_options_init(&loss, sizeof loss, kind));
  return loss;
}

static fs_trainer_options options_of(const char *architecture, const fs_loss_options *loss) {
  fs_trainer_options options;
  CHECK_OK(fs_trainer_options_init(&options, sizeof options));
  options.architecture = architecture;
  options.loss = loss;
  options.schedule = FS_SCHEDULE_CONSTANT;
  options.steps = whole();
  return options;
}

/* A small network with a contrastive loss. */
static fs_trainer *siamese(void) {
  const fs_loss_options loss = loss_of(FS_LOSS_CONTRASTIVE);
  const fs_trainer_options options = options_of("siamese", &loss);
  fs_trainer *trainer = NULL;
  CHECK_OK(fs_trainer_create(&trainer, &options, NULL));
  return trainer;
}

static void step(fs_trainer *trainer, uint32_t seed) {
  CHECK_OK(fs_trainer_step(trainer, pictures(seed), BATCH, pairs, NULL, NULL));
}

/* What it has learned so far, as numbers to compare. */
typedef struct state { float numbers[BATCH * DIMENSION]; uint32_t step; } state;

static state state_of(fs_trainer *trainer) {
  state found;
  memset(&found, 0, sizeof found);
  fs_trainer_info info = {.size = sizeof info};
  CHECK_OK(fs_trainer_embed(trainer, pictures(99), quick() ? 1 : BATCH, found.numbers, BATCH * DIMENSION));
  CHECK_OK(fs_trainer_info_get(trainer, &info));
  found.step = info.step;
  return found;
}

static bool same(const state *a, const state *b) { return memcmp(a, b, sizeof *a) == 0; }

static bool same_files(const char *a, const char *b) {
  size_t m, n;
  uint8_t *first = read_file(a, &m), *second = read_file(b, &n);
  const bool equal = first && second && m == n && memcmp(first, second, m) == 0;
  return free(first), free(second), equal;
}

/* ---- Making one ---- */

static void making(void) {
  fs_trainer *trainer;
  fs_trainer_options options;
  TEST("the defaults are the header's") {
    CHECK_OK(fs_trainer_options_init(&options, sizeof options));
    CHECK(options.size == sizeof options && !options.architecture && !options.loss && options.classes == 0);
    CHECK(options.optimiser == FS_ADAM && options.schedule == FS_SCHEDULE_ONE_CYCLE && options.steps == 1000);
    CHECK(options.warm_up == 0 && options.rate == 0.001f && options.momentum == 0.9f && options.weight_decay == 0);
    CHECK(options.longest_gradient == 0 && options.seed == 1);
    fs_training_options run;
    CHECK_OK(fs_training_options_init(&run, sizeof run));
    CHECK(run.size == sizeof run && run.batch == 64 && run.photos_of_person == 8 && run.memory_limit == (uint64_t)4 << 30);
    CHECK(!run.augmentation && !run.teacher && !run.pairs && !run.triplets && !run.checkpoint && run.seed == 1 && !run.on_step);
  }
  TEST("a trainer says what it takes") {
    fs_trainer_info info = {.size = sizeof info};
    trainer = siamese();
    CHECK_OK(fs_trainer_info_get(trainer, &info));
    CHECK(info.size == sizeof info && info.height == HEIGHT && info.width == WIDTH && info.dimension == DIMENSION);
    CHECK(info.parameters == PARAMETERS && info.step == 0 && info.steps == whole());
    fs_trainer_destroy(trainer);
  }
  TEST("NULL and wrong sizes are refused") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_options_init(NULL, sizeof options));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, options, fs_trainer_options_init(&options, sizeof options - 1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_create(NULL, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_info_get(NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step(NULL, pictures(1), BATCH, pairs, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run(NULL, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_all_reduce_set(NULL, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save(NULL, "x"));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_resume(NULL, "x"));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save_model(NULL, "x", FS_FLOAT32, 1, NULL));
    fs_trainer_destroy(NULL);
    fs_photos_destroy(NULL);
    options = options_of("siamese", NULL);
    options.size = 16;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, trainer, fs_trainer_create(&trainer, &options, NULL));
  }
  TEST("architectures that cannot be trained are refused") {
    const char *names[] = {"", "nn5", "vgg19", "mtcnn", "dlib-resnet"};
    for (int i = 0; i < 5; i++) {
      options = options_of(names[i], NULL);
      CHECK_REFUSED(FS_INVALID_ARGUMENT, trainer, fs_trainer_create(&trainer, &options, NULL));
    }
  }
  TEST("hostile numbers are refused") {
    const fs_loss_options softmax = loss_of(FS_LOSS_SOFTMAX);
    fs_loss_options contrastive = loss_of(FS_LOSS_CONTRASTIVE);
    for (int i = 0; i < 20; i++) {
      options = options_of("siamese", &contrastive);
      if (i == 0) options.steps = 0;
      if (i == 1) options.steps = 1;
      if (i == 2) options.rate = NAN;
      if (i == 3) options.rate = 0;
      if (i == 4) options.rate = -INFINITY;
      if (i == 5) options.momentum = 1;
      if (i == 6) options.momentum = NAN;
      if (i == 7) options.weight_decay = -1;
      if (i == 8) options.weight_decay = NAN;
      if (i == 9) options.longest_gradient = NAN;
      if (i == 10) options.longest_gradient = -1;
      if (i == 11) options.warm_up = 6;
      if (i == 12) options.warm_up = UINT32_MAX;
      if (i == 13) options.optimiser = (fs_optimiser)4;
      if (i == 14) options.schedule = (fs_schedule)5;
      if (i == 15) options.schedule = (fs_schedule)-1;
      if (i == 16) options.loss = &softmax; /* of no classes */
      if (i == 17) options.loss = &softmax, options.classes = UINT32_MAX;
      if (i == 18) contrastive.margin = NAN;
      if (i == 19) contrastive = loss_of(FS_LOSS_CONTRASTIVE), contrastive.size = 3;
      CHECK_REFUSED(i == 17 ? FS_NO_MEMORY : FS_INVALID_ARGUMENT, trainer, fs_trainer_create(&trainer, &options, NULL));
    }
  }
}

/* ---- Steps ---- */

/* `call`, which would fill `report`, is refused, and leaves it alone. */
#define STEP_REFUSED(call)                                                       \
  do {                                                                           \
    memset(&report, 0x5e, sizeof report);                                        \
    report.size = sizeof report;                                                 \
    const fs_training_step untouched = report;                                   \
    CHECK_STATUS(FS_INVALID_ARGUMENT, call);                                     \
    CHECK(memcmp(&untouched, &report, sizeof report) == 0);                      \
  } while (0)

static void steps(void) {
  fs_training_step report = {.size = sizeof report};
  TEST("the loss falls, and a step says what it did") {
    fs_trainer *trainer = siamese();
    double first = 0;
    const int count = quick() ? 3 : 12;
    for (int i = 0; i < count; i++) {
      memset(&report, 0, sizeof report);
      report.size = sizeof report;
      CHECK_OK(fs_trainer_step(trainer, pictures(1), BATCH, pairs, NULL, &report));
      CHECK(report.size == sizeof report && report.rate == 0.001f && report.gradient_norm > 0);
      CHECK(report.mining.triplets == 0);
      if (i == 0) first = report.loss;
    }
    CHECK(report.loss >= 0 && report.loss < 0.9 * first);
    fs_trainer_destroy(trainer);
  }
  TEST("any number of threads gives the same bits") {
    state found[2];
    for (uint32_t threads = 1; threads <= 2; threads++) {
      CHECK_OK(fs_threads_set(threads));
      fs_trainer *trainer = siamese();
      step(trainer, 1);
      found[threads - 1] = state_of(trainer);
      fs_trainer_destroy(trainer);
    }
    CHECK_OK(fs_threads_set(0));
    CHECK(same(&found[0], &found[1]));
  }
  TEST("a step that is refused learns nothing") {
    fs_trainer *trainer = siamese();
    step(trainer, 1);
    const state before = state_of(trainer);
    const int32_t none[BATCH / 2] = {0, 2};
    float embeddings[BATCH * DIMENSION];
#define REFUSED(pictures, count, labels) \
  STEP_REFUSED(fs_trainer_step(trainer, pictures, count, labels, NULL, &report))
    REFUSED(NULL, BATCH, pairs);
    REFUSED(pictures(1), 0, pairs);
    REFUSED(pictures(1), 1, pairs);
    REFUSED(pictures(1), 3, pairs);
    REFUSED(pictures(1), (size_t)-1, pairs);
    REFUSED(pictures(1), SIZE_MAX / 2, pairs);
    REFUSED(pictures(1), BATCH, NULL);
    REFUSED(pictures(1), BATCH, none);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, embeddings, fs_trainer_embed(trainer, NULL, BATCH, embeddings, BATCH * DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, embeddings, fs_trainer_embed(trainer, pictures(1), 0, embeddings, BATCH * DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, embeddings,
                  fs_trainer_embed(trainer, pictures(1), SIZE_MAX / 4, embeddings, BATCH * DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, embeddings,
                  fs_trainer_embed(trainer, pictures(1), BATCH, embeddings, BATCH * DIMENSION - 1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_embed(trainer, pictures(1), BATCH, NULL, BATCH * DIMENSION));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_info_get(trainer, NULL));
    const state after = state_of(trainer);
    CHECK(same(&before, &after));
    fs_trainer_destroy(trainer);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_info_get(trainer, NULL)); /* destroyed: told, not a crash */
  }
  TEST("labels of a classifier and batches of people are looked at") {
    const int32_t classes[BATCH] = {0, 1, 2, 0}, high[BATCH] = {0, 1, 3, 0}, low[BATCH] = {0, 1, -1, 0}, one[BATCH] = {5, 5, 5, 5};
    for (int kind = 0; kind < 2; kind++) {
      const fs_loss_options loss = loss_of(kind ? FS_LOSS_CENTRE : FS_LOSS_SEMI_HARD);
      fs_trainer_options options = options_of("siamese", &loss);
      fs_trainer *trainer = NULL;
      options.classes = 3;
      CHECK_OK(fs_trainer_create(&trainer, &options, NULL));
      const state before = state_of(trainer);
      if (kind) {
        REFUSED(pictures(1), BATCH, high);
        REFUSED(pictures(1), BATCH, low);
      } else {
        REFUSED(pictures(1), BATCH, one);
      }
      const state after = state_of(trainer);
      CHECK(same(&before, &after));
      CHECK_OK(fs_trainer_step(trainer, pictures(1), BATCH, classes, NULL, &report));
      CHECK(kind || report.mining.triplets > 0);
      fs_trainer_destroy(trainer);
    }
  }
  TEST("a teacher's embeddings are looked at") {
    static float teacher[BATCH * DIMENSION];
    const fs_loss_options loss = loss_of(FS_LOSS_DISTILLATION);
    const fs_trainer_options options = options_of("siamese", &loss);
    fs_trainer *trainer = NULL;
    CHECK_OK(fs_trainer_create(&trainer, &options, NULL));
    for (int i = 0; i < BATCH * DIMENSION; i++) teacher[i] = (float)sin(i);
    teacher[200] = NAN;
    STEP_REFUSED(fs_trainer_step(trainer, pictures(1), BATCH, NULL, teacher, &report));
    STEP_REFUSED(fs_trainer_step(trainer, pictures(1), BATCH, NULL, NULL, &report));
    teacher[200] = 0;
    CHECK_OK(fs_trainer_step(trainer, pictures(1), BATCH, NULL, teacher, &report));
    fs_trainer_destroy(trainer);
  }
  TEST("a rate that is too high is told, and what was learned stays") {
    const fs_loss_options loss = loss_of(FS_LOSS_CONTRASTIVE);
    fs_trainer_options options = options_of("siamese", &loss);
    options.optimiser = FS_SGD;
    options.rate = 1e30f;
    fs_trainer *trainer = NULL;
    CHECK_OK(fs_trainer_create(&trainer, &options, NULL));
    fs_status status = FS_OK;
    for (int i = 0; i < 4 && status == FS_OK; i++) status = fs_trainer_step(trainer, pictures(1), BATCH, pairs, NULL, NULL);
    CHECK(status == FS_BAD_DATA || status == FS_INVALID_ARGUMENT);
    fs_trainer_destroy(trainer);
  }
}

/* ---- Checkpoints and models ---- */

/* Bright above or below: two classes, told by the network's own scores. */
static void whole_classifiers(void) {
  enum { SIDE = 12, COUNT = 8 };
  static uint8_t rgb[COUNT * SIDE * SIDE * 3];
  int32_t labels[COUNT], wrong[COUNT] = {0, 1, 2};
  float answers[COUNT * 2];
  for (int i = 0, at = 0; i < COUNT; i++)
    for (int j = 0; j < SIDE * SIDE * 3; j++)
      labels[i] = i % 2, rgb[at++] = (uint8_t)((j < SIDE * SIDE * 3 / 2 ? i % 2 : 1 - i % 2) * 150 + 10 * i);
  const fs_loss_options loss = loss_of(FS_LOSS_CROSS_ENTROPY);
  fs_trainer_options options = options_of("cascade-12", &loss);
  fs_trainer *trainer = NULL;
  TEST("a network that is the classifier is trained whole") {
    fs_trainer_info info = {.size = sizeof info};
    fs_training_step first = {.size = sizeof first}, last = {.size = sizeof last};
    options.rate = 0.01f;
    REQUIRE_OK(fs_trainer_create(&trainer, &options, NULL));
    CHECK_OK(fs_trainer_info_get(trainer, &info));
    CHECK(info.dimension == 2 && info.parameters == 4306 && info.height == SIDE && info.width == SIDE);
    CHECK_OK(fs_trainer_step(trainer, rgb, COUNT, labels, NULL, &first));
    for (int i = 0; i < 30; i++) CHECK_OK(fs_trainer_step(trainer, rgb, COUNT, labels, NULL, &last));
    CHECK(last.loss < 0.5 * first.loss);
    CHECK_OK(fs_trainer_embed(trainer, rgb, COUNT, answers, COUNT * 2));
    for (int i = 0; i < COUNT; i++) {
      CHECK_NEAR(answers[2 * i] + answers[2 * i + 1], 1, 1e-5);
      CHECK(answers[2 * i + labels[i]] > 0.5f);
    }
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step(trainer, rgb, COUNT, wrong, NULL, NULL));
    fs_trainer_destroy(trainer);
  }
  TEST("other classes than the network's are refused") {
    options.classes = 3;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, trainer, fs_trainer_create(&trainer, &options, NULL));
    options.classes = 2;
    if (CHECK_OK(fs_trainer_create(&trainer, &options, NULL))) fs_trainer_destroy(trainer);
  }
}

static void checkpoints(void) {
  const place straight_place = place_in_folder("straight.checkpoint"), half_place = place_in_folder("half.checkpoint");
  const char *straight = straight_place.path, *half = half_place.path;
  TEST("a training that goes on from its checkpoint is the same to the last bit") {
    fs_trainer *first = siamese(), *second = siamese();
    step(first, 1);
    CHECK_OK(fs_trainer_save(first, half));
    step(first, 2);
    CHECK_OK(fs_trainer_save(first, straight));
    step(second, 7); /* forgotten */
    CHECK_OK(fs_trainer_resume(second, half));
    step(second, 2);
    CHECK_OK(fs_trainer_save(second, in_folder("resumed.checkpoint")));
    const state a = state_of(first), b = state_of(second);
    CHECK(a.step == 2 && same(&a, &b));
    CHECK(same_files(straight, in_folder("resumed.checkpoint")));
    fs_trainer_destroy(first);
    fs_trainer_destroy(second);
  }
  TEST("a checkpoint of another training is refused, and nothing is changed") {
    const char *words[] = {"network is siamese-sigmoid", "loss is pair-difference", "margin is 2.0", "optimiser is sgd",
                           "weight decay is 0.5", "rate is ", "schedule is cosine", "longest gradient is 1.0", "seed is 2"};
    for (int i = 0; i < (quick() ? 2 : 9); i++) {
      fs_loss_options loss = loss_of(i == 1 ? FS_LOSS_PAIR_DIFFERENCE : FS_LOSS_CONTRASTIVE);
      if (i == 2) loss.margin = 2;
      fs_trainer_options options = options_of(i == 0 ? "siamese-sigmoid" : "siamese", &loss);
      if (i == 3) options.optimiser = FS_SGD;
      if (i == 4) options.weight_decay = 0.5f;
      if (i == 5) options.rate = 0.002f;
      if (i == 6) options.schedule = FS_SCHEDULE_COSINE;
      if (i == 7) options.longest_gradient = 1;
      if (i == 8) options.seed = 2;
      fs_trainer *other = NULL;
      CHECK_OK(fs_trainer_create(&other, &options, NULL));
      const state before = state_of(other);
      CHECK_STATUS(FS_WRONG_MODEL, fs_trainer_resume(other, half));
      CHECK(fs_trainer_resume(other, half) == FS_WRONG_MODEL && strstr(fs_last_error(), words[i]) == fs_last_error());
      CHECK(strstr(fs_last_error(), "; the checkpoint has "));
      const state after = state_of(other);
      CHECK(same(&before, &after));
      fs_trainer_destroy(other);
    }
  }
  TEST("files that are no checkpoint are refused, and nothing is changed") {
    size_t count;
    uint8_t *bytes = read_file(half, &count);
    fs_trainer *trainer = siamese();
    const state before = state_of(trainer);
    REQUIRE(bytes);
    CHECK_STATUS(FS_IO, fs_trainer_resume(trainer, in_folder("none")));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_resume(trainer, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save(trainer, ""));
    CHECK_STATUS(FS_IO, fs_trainer_save(trainer, in_folder("none/none")));
    CHECK(write_file(in_folder("cut"), bytes, count - 1));
    CHECK_STATUS(FS_BAD_DATA, fs_trainer_resume(trainer, in_folder("cut")));
    CHECK(write_file(in_folder("text"), "hello, checkpoint", 17));
    CHECK_STATUS(FS_BAD_DATA, fs_trainer_resume(trainer, in_folder("text")));
    CHECK_OK(fs_trainer_save_model(trainer, in_folder("model"), FS_FLOAT32, 1, NULL));
    CHECK_STATUS(FS_BAD_DATA, fs_trainer_resume(trainer, in_folder("model")));
    const state after = state_of(trainer);
    CHECK(same(&before, &after));
    fs_trainer_destroy(trainer);
    free(bytes);
  }
}

static void models(void) {
  TEST("what was trained is a model that embeds the same") {
    fs_trainer *trainer = NULL, *again = NULL;
    fs_trainer_info info = {.size = sizeof info};
    CHECK_OK(fs_trainer_create(&trainer, NULL, NULL)); /* nn4.small2 with random weights */
    CHECK_OK(fs_trainer_info_get(trainer, &info));
    REQUIRE(info.height == 96 && info.width == 96 && info.dimension == 128);
    fs_image *chip = picture(96, 96, 3);
    float wanted[128], found[128];
    CHECK_OK(fs_trainer_embed(trainer, fs_image_data(chip), 1, wanted, 128));
    for (fs_precision precision = FS_FLOAT32; precision <= FS_INT8; precision++) {
      fs_model *model = NULL;
      fs_embedder *embedder = NULL;
      const fs_model_texts texts = {.size = sizeof texts, .licence = "MIT", .accuracy = "", .note = "made by a test", .source = "here"};
      CHECK_OK(fs_trainer_save_model(trainer, in_folder("nn4"), precision, 0.75f, &texts));
      CHECK_OK(fs_model_open(&model, in_folder("nn4")));
      CHECK(strcmp(fs_model_architecture(model), "nn4.small2") == 0);
      const char *note = fs_model_metadata(model, "note");
      CHECK(note && strcmp(note, "made by a test") == 0 && fs_model_metadata(model, "accuracy") == NULL);
      CHECK(strcmp(fs_model_metadata(model, "licence"), "MIT") == 0 && strcmp(fs_model_metadata(model, "source"), "here") == 0);
      CHECK_OK(fs_embedder_create(&embedder, model));
      CHECK(fs_embedder_threshold(embedder) == 0.75f && fs_embedder_chip_width(embedder) == 96 && fs_embedder_chip_height(embedder) == 96);
      CHECK_OK(fs_embedder_embed_chips(embedder, (const fs_image *const *)&chip, 1, found, 128));
      /* Sums are in another order, half precision keeps three digits, and 8 bits two. */
      static const double allowed[3] = {1e-4, 1e-2, 3e-2};
      for (int i = 0; i < 128; i++) CHECK_NEAR(found[i], wanted[i], allowed[precision]);
      if (precision == FS_FLOAT32) { /* and a start for another training */
        fs_trainer_options options = options_of("siamese", NULL);
        CHECK_REFUSED(FS_BAD_DATA, again, fs_trainer_create(&again, &options, model));
        CHECK_OK(fs_trainer_create(&again, NULL, model));
        CHECK_OK(fs_trainer_embed(again, fs_image_data(chip), 1, found, 128));
        CHECK(memcmp(found, wanted, sizeof found) == 0);
        fs_trainer_destroy(again);
      }
      fs_embedder_destroy(embedder);
      fs_model_destroy(model);
    }
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save_model(trainer, NULL, FS_FLOAT32, 1, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save_model(trainer, in_folder("x"), (fs_precision)3, 1, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save_model(trainer, in_folder("x"), FS_FLOAT32, NAN, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save_model(trainer, in_folder("x"), FS_FLOAT32, -1, NULL));
    CHECK_STATUS(FS_IO, fs_trainer_save_model(trainer, in_folder("none/none"), FS_FLOAT32, 1, NULL));
    const fs_model_texts sizeless = {.note = "x"}, foreign = {.size = sizeof foreign, .licence = "\xff"};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save_model(trainer, in_folder("x"), FS_FLOAT32, 1, &sizeless));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_save_model(trainer, in_folder("x"), FS_FLOAT32, 1, &foreign));
    CHECK(!exists(in_folder("x")));
    fs_image_destroy(chip);
    fs_trainer_destroy(trainer);
  }
}

static bool near(const float *a, const float *b, double tolerance) {
  bool all = true;
  for (int i = 0; i < DIMENSION; i++) all = all && fabs((double)a[i] - b[i]) <= tolerance;
  return all;
}

/* Of "siamese", whose pictures are no squares. */
static void whole_pictures(void) {
  const place place = place_in_folder("siamese");
  fs_trainer *trainer = siamese();
  fs_model *model = NULL;
  fs_embedder *embedder = NULL;
  fs_image *image = picture(WIDTH, HEIGHT, 3), *large = picture(200, 150, 4), *chip = NULL;
  float wanted[DIMENSION], found[DIMENSION], others[DIMENSION];
  fs_face face = {.x = 1, .y = 1, .width = 50, .height = 50,
                  .landmarks = {{20, 30}, {60, 30}, {40, 50}, {25, 70}, {55, 70}}};
  step(trainer, 1);
  CHECK_OK(fs_trainer_embed(trainer, fs_image_data(image), 1, wanted, DIMENSION));
  TEST("a network of whole pictures is saved, opened, and says what it sees") {
    fs_point points[5];
    CHECK_OK(fs_trainer_save_model(trainer, place.path, FS_FLOAT32, 0.75f, NULL));
    REQUIRE_OK(fs_model_open(&model, place.path));
    REQUIRE_OK(fs_embedder_create(&embedder, model));
    CHECK(fs_embedder_aligns(embedder) == 0 && fs_embedder_aligns(NULL) == 0);
    CHECK(fs_embedder_chip_width(embedder) == WIDTH && fs_embedder_chip_height(embedder) == HEIGHT);
    CHECK(fs_embedder_chip_width(NULL) == 0 && fs_embedder_chip_height(NULL) == 0);
    CHECK(fs_embedder_dimension(embedder) == DIMENSION && fs_embedder_threshold(embedder) == 0.75f);
    CHECK_REFUSED(FS_WRONG_MODEL, points, fs_embedder_template(embedder, points));
  }
  TEST("it embeds a picture as its trainer does, by whichever function") {
    /* Sums are in another order. */
    CHECK_OK(fs_embedder_embed_chips(embedder, (const fs_image *const *)&image, 1, found, DIMENSION));
    CHECK(near(found, wanted, 1e-4));
    CHECK_OK(fs_embedder_embed(embedder, image, NULL, 1, others, DIMENSION));
    CHECK(memcmp(found, others, sizeof found) == 0);
    fs_frame frame;
    CHECK_OK(fs_frame_init(&frame, sizeof frame));
    frame.planes[0] = fs_image_data(image), frame.byte_counts[0] = 3 * WIDTH * HEIGHT, frame.width = WIDTH, frame.height = HEIGHT;
    CHECK_OK(fs_embedder_embed_frame(embedder, &frame, NULL, 1, others, DIMENSION));
    CHECK(memcmp(found, others, sizeof found) == 0);
    REQUIRE_OK(fs_embedder_align_frame(embedder, &chip, &frame, NULL));
    CHECK(same_picture(chip, image));
    fs_image_destroy(chip);
    fs_face whole;
    CHECK_OK(fs_embedder_embed_photo(embedder, NULL, image, &whole, others, DIMENSION));
    CHECK(memcmp(found, others, sizeof found) == 0);
    CHECK(whole.x == 0 && whole.y == 0 && whole.width == WIDTH && whole.height == HEIGHT && whole.score == 1);
    CHECK(isnan(whole.landmarks[0].x) && isnan(whole.landmarks[4].y));
  }
  TEST("a photo of another size is stretched to its picture") {
    fs_image *small = NULL;
    REQUIRE_OK(fs_image_resize(&small, large, WIDTH, HEIGHT, FS_BILINEAR));
    REQUIRE_OK(fs_embedder_align(embedder, &chip, large, NULL));
    CHECK(same_picture(chip, small));
    CHECK_OK(fs_embedder_embed_chips(embedder, (const fs_image *const *)&small, 1, found, DIMENSION));
    CHECK_OK(fs_embedder_embed_photo(embedder, NULL, large, NULL, others, DIMENSION));
    CHECK(memcmp(found, others, sizeof found) == 0);
    fs_image_destroy(small), fs_image_destroy(chip);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found,
                  fs_embedder_embed_chips(embedder, (const fs_image *const *)&large, 1, found, DIMENSION));
  }
  TEST("it takes no faces, and no other number of whole pictures than one") {
    CHECK_REFUSED(FS_WRONG_MODEL, chip, fs_embedder_align(embedder, &chip, image, &face));
    CHECK_REFUSED(FS_WRONG_MODEL, found, fs_embedder_embed(embedder, image, &face, 1, found, DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_embedder_embed(embedder, image, NULL, 2, found, DIMENSION));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_embedder_embed(embedder, image, NULL, 1, found, DIMENSION - 1));
  }
  TEST("photos are compared and known by it, without a detector") {
    fs_verdict verdict;
    fs_gallery *gallery = NULL;
    fs_gallery_identity match = {.size = sizeof match};
    float distance = -1;
    CHECK_OK(fs_compare_photos(embedder, NULL, image, large, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK_OK(fs_embedder_embed_photo(embedder, NULL, image, NULL, found, DIMENSION));
    CHECK_OK(fs_embedder_embed_photo(embedder, NULL, large, NULL, others, DIMENSION));
    CHECK_OK(fs_distance(found, others, DIMENSION, &distance));
    CHECK(verdict.distance == distance && distance > 0 && verdict.threshold == 0.75f);
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    CHECK_OK(fs_gallery_add_photo(gallery, embedder, NULL, "ann", image));
    CHECK_OK(fs_gallery_add_photo(gallery, embedder, NULL, "bob", large));
    CHECK_OK(fs_gallery_verify_photo(gallery, embedder, NULL, "ann", image, 0, &verdict));
    CHECK(verdict.same == 1);
    CHECK_OK(fs_gallery_identify_photo(gallery, embedder, NULL, large, NULL, &match));
    CHECK(match.known == 1 && strcmp(match.name, "bob") == 0 && match.distance == 0);
    fs_gallery_destroy(gallery);
  }
  fs_image_destroy(image), fs_image_destroy(large);
  fs_embedder_destroy(embedder), fs_model_destroy(model), fs_trainer_destroy(trainer);
}

/* ---- Several processes ---- */

typedef struct meeting {
  fs_trainer *trainer; /* to be used when it must not */
  int calls;
  size_t count;
  fs_status answer, nested;
  double square;
} meeting;

static fs_status meet(float *numbers, size_t count, void *user) {
  meeting *meeting = user;
  meeting->calls++;
  meeting->count = count;
  meeting->square = 0;
  for (size_t i = 0; i < PARAMETERS && i < count; i++) meeting->square += (double)numbers[i] * numbers[i];
  meeting->nested = fs_trainer_save(meeting->trainer, in_folder("nested"));
  return meeting->answer;
}

static void several_processes(void) {
  TEST("the all-reduce sees all gradients, and then what else a step moves") {
    fs_trainer *trainer = siamese(), *alone = siamese();
    meeting meeting = {.trainer = trainer, .answer = FS_OK};
    fs_training_step report = {.size = sizeof report};
    CHECK_OK(fs_trainer_all_reduce_set(trainer, meet, &meeting));
    CHECK_OK(fs_trainer_step(trainer, pictures(1), BATCH, pairs, NULL, &report));
    step(alone, 1);
    const state a = state_of(trainer), b = state_of(alone);
    CHECK(same(&a, &b)); /* the mean of one process is its own */
    CHECK(meeting.calls == 1 && meeting.count == PARAMETERS + 2 * (32 + 64 + 128 + 128) + 1);
    CHECK_NEAR(sqrt(meeting.square), report.gradient_norm, 1e-4 * report.gradient_norm);
    CHECK(meeting.nested == FS_INVALID_ARGUMENT && !exists(in_folder("nested")));
    fs_trainer_destroy(trainer);
    fs_trainer_destroy(alone);
  }
  TEST("an all-reduce that fails ends the step with its status, and nothing is learned") {
    fs_trainer *trainer = siamese();
    meeting meeting = {.trainer = trainer};
    const state before = state_of(trainer);
    CHECK_OK(fs_trainer_all_reduce_set(trainer, meet, &meeting));
    for (int status = FS_INVALID_ARGUMENT; status <= FS_WRONG_MODEL; status++) {
      meeting.answer = (fs_status)status;
      CHECK_STATUS(status, fs_trainer_step(trainer, pictures(1), BATCH, pairs, NULL, NULL));
      if (quick()) break;
    }
    meeting.answer = (fs_status)77;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_step(trainer, pictures(1), BATCH, pairs, NULL, NULL));
    const int calls = meeting.calls;
    CHECK_OK(fs_trainer_all_reduce_set(trainer, NULL, NULL));
    const state after = state_of(trainer);
    CHECK(same(&before, &after));
    step(trainer, 1);
    CHECK(meeting.calls == calls);
    fs_trainer_destroy(trainer);
  }
}

/* ---- Runs over photos ---- */

/* Three people with three photos each, and things that are none. */
static void lay_out(void) {
  CHECK(mkdtemp(folder) != NULL);
  CHECK(mkdir(in_folder("people"), 0700) == 0);
  for (int person = 0; person < 3; person++) {
    char name[64];
    snprintf(name, sizeof name, "people/p%d", person);
    CHECK(mkdir(in_folder(name), 0700) == 0);
    for (int i = 0; i < 3; i++) {
      fs_image *image = picture(46, 56, (uint32_t)(person + 3 * i));
      snprintf(name, sizeof name, "people/p%d/%d.png", person, i);
      CHECK_OK(fs_image_write(image, in_folder(name)));
      fs_image_destroy(image);
    }
  }
  CHECK(write_file(in_folder("people/p1/broken.jpg"), "no picture", 10));
  CHECK(write_file(in_folder("people/p1/notes.txt"), "hello", 5));
  CHECK(write_file(in_folder("people/stray.png"), "hello", 5));
  CHECK(mkdir(in_folder("people/p9"), 0700) == 0);
}

static void clear_away(void) {
  char command[200];
  snprintf(command, sizeof command, "rm -r %s", folder);
  CHECK(system(command) == 0);
}

static fs_photos *people(void) {
  fs_photos *photos = NULL;
  CHECK_OK(fs_photos_create(&photos));
  CHECK_OK(fs_photos_add_people(photos, in_folder("people"), NULL, NULL));
  return photos;
}

static void photos_to_learn_from(void) {
  TEST("a folder of people is counted, and what is left out is told") {
    fs_photos *photos = people();
    size_t count = 0, faces = 0, left_out = 0;
    count = fs_photos_count(photos), faces = fs_photos_person_count(photos);
    CHECK(count == 10 && faces == 3);
    CHECK(fs_photos_count(NULL) == 0 && fs_photos_person_count(NULL) == 0 && fs_photos_left_out_count(NULL) == 0);
    left_out = fs_photos_left_out_count(photos);
    CHECK(left_out == 3); /* the notes, the empty folder and the stray file */
    char path[300], reason[300], tiny[4];
    int found = 0;
    for (size_t i = 0; i < left_out; i++) {
      CHECK_OK(fs_photos_left_out(photos, i, path, sizeof path, reason, sizeof reason));
      CHECK(strlen(reason) > 5);
      found += strstr(path, "people/p1/notes.txt") || strstr(path, "people/p9") || strstr(path, "people/stray.png");
      CHECK_OK(fs_photos_left_out(photos, i, NULL, 0, tiny, sizeof tiny));
      CHECK(strlen(tiny) == 3 && memcmp(tiny, reason, 3) == 0);
      CHECK_OK(fs_photos_left_out(photos, i, NULL, 0, NULL, 0));
    }
    CHECK(found == 3);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_left_out(photos, 3, path, sizeof path, NULL, 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_left_out(photos, SIZE_MAX, path, sizeof path, NULL, 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_left_out(photos, 0, path, 0, NULL, 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_left_out(photos, 0, path, SIZE_MAX, NULL, 0));
    fs_photos_destroy(photos);
  }
  TEST("people can be parted") {
    fs_photos *photos = people();
    size_t count = 0, faces = 0, left_out = 0;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_keep_people(photos, 0, 4));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_keep_people(photos, 0, 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_keep_people(photos, SIZE_MAX, 2));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_keep_people(photos, 2, SIZE_MAX));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_keep_people(NULL, 0, 1));
    CHECK_OK(fs_photos_keep_people(photos, 1, 2));
    count = fs_photos_count(photos), faces = fs_photos_person_count(photos);
    left_out = fs_photos_left_out_count(photos);
    CHECK(count == 7 && faces == 2 && left_out == 3);
    fs_photos_destroy(photos);
  }
  TEST("folders, landmarks and points are looked at") {
    fs_photos *photos = NULL;
    size_t count = 0, faces = 0;
    float points[10] = {18, 22, 27, 22, 23, 30, 19, 38, 27, 38};
    CHECK_OK(fs_photos_create(&photos));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_create(NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_add_people(NULL, folder, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_add_people(photos, NULL, NULL, NULL));
    CHECK_STATUS(FS_IO, fs_photos_add_people(photos, in_folder("none"), NULL, NULL));
    CHECK_STATUS(FS_IO, fs_photos_add_folder(photos, in_folder("none"), NULL, NULL));
    CHECK_STATUS(FS_IO, fs_photos_add_people(photos, in_folder("people"), in_folder("none"), NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_add_people(photos, in_folder("people"), in_folder("none"), points));
    CHECK(write_file(in_folder("bad.json"), "[1, 2", 5));
    CHECK_STATUS(FS_BAD_DATA, fs_photos_add_folder(photos, in_folder("people/p0"), in_folder("bad.json"), NULL));
    points[3] = NAN;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_photos_add_folder(photos, in_folder("people/p0"), NULL, points));
    count = fs_photos_count(photos), faces = fs_photos_person_count(photos);
    CHECK(count == 0 && faces == 0);
    points[3] = 22;
    CHECK_OK(fs_photos_add_folder(photos, in_folder("people/p0"), NULL, points));
    count = fs_photos_count(photos), faces = fs_photos_person_count(photos);
    CHECK(count == 3 && faces == 0);
    fs_photos_destroy(photos);
  }
}

typedef struct watcher {
  fs_trainer *trainer;
  int calls, readings;
  uint32_t stop_at, photos;
  fs_action action; /* at the step `stop_at` */
  fs_action while_reading;
  fs_status nested[3], elsewhere;
  double speed;
} watcher;

static void *use_elsewhere(void *user) {
  watcher *watcher = user;
  watcher->elsewhere = fs_trainer_step(watcher->trainer, pictures(1), BATCH, pairs, NULL, NULL);
  return NULL;
}

static fs_action watch(const fs_training_progress *progress, void *user) {
  watcher *watcher = user;
  if (progress->size != sizeof *progress || progress->steps != whole()) return FS_CANCEL;
  watcher->photos = progress->photos;
  if (progress->step == 0) return watcher->readings++, watcher->while_reading;
  watcher->calls++;
  watcher->speed = progress->photos_per_second;
  if (watcher->calls == 1) {
    fs_trainer_info info = {.size = sizeof info};
    float embedding[DIMENSION];
    watcher->nested[0] = fs_trainer_info_get(watcher->trainer, &info);
    watcher->nested[1] = fs_trainer_embed(watcher->trainer, pictures(1), 1, embedding, DIMENSION);
    watcher->nested[2] = fs_trainer_run(watcher->trainer, NULL, NULL);
    pthread_t thread;
    if (pthread_create(&thread, NULL, use_elsewhere, watcher) == 0) pthread_join(thread, NULL);
  }
  return progress->step == watcher->stop_at ? watcher->action : FS_CONTINUE;
}

static fs_training_options run_options(watcher *watcher) {
  fs_training_options options;
  CHECK_OK(fs_training_options_init(&options, sizeof options));
  options.batch = BATCH;
  if (watcher) options.on_step = watch, options.user = watcher;
  return options;
}

static void runs(void) {
  const place places[3] = {place_in_folder("run"), place_in_folder("part"), place_in_folder("whole")};
  const char *straight = places[0].path, *half = places[1].path, *resumed = places[2].path;
  TEST("a run trains to its end, tells its progress, and what could not be read") {
    fs_photos *photos = people();
    fs_trainer *trainer = siamese();
    watcher watcher = {.trainer = trainer, .nested = {FS_OK, FS_OK, FS_OK}, .elsewhere = FS_OK};
    fs_training_options options = run_options(&watcher);
    options.checkpoint = straight;
    CHECK_OK(fs_trainer_run(trainer, photos, &options));
    CHECK(watcher.calls == (int)whole() && watcher.readings >= 1 && watcher.photos == 9 && watcher.speed > 0);
    /* Used by its own callback, and by another thread meanwhile. */
    for (int i = 0; i < 2; i++) CHECK(watcher.nested[i] == FS_INVALID_ARGUMENT);
    CHECK(watcher.nested[2] == FS_INVALID_ARGUMENT && watcher.elsewhere == FS_INVALID_ARGUMENT);
    CHECK(state_of(trainer).step == whole() && exists(straight));
    size_t left_out = 0;
    char path[300], reason[300];
    left_out = fs_photos_left_out_count(photos);
    REQUIRE(left_out == 4);
    CHECK_OK(fs_photos_left_out(photos, 3, path, sizeof path, reason, sizeof reason));
    CHECK(strstr(path, "people/p1/broken.jpg") && strlen(reason) > 5);
    CHECK_OK(fs_trainer_run(trainer, photos, &options)); /* nothing is left to do */
    left_out = fs_photos_left_out_count(photos);
    CHECK(watcher.calls == (int)whole() && left_out == 4);
    fs_trainer_destroy(trainer);
    fs_photos_destroy(photos);
  }
  TEST("a run that was cut off and resumed is the same to the last bit") {
    fs_photos *photos = people();
    fs_trainer *first = siamese(), *second = siamese();
    watcher watcher = {.trainer = first, .stop_at = part(), .action = FS_CANCEL};
    fs_training_options options = run_options(&watcher);
    options.checkpoint = half;
    options.checkpoint_every = every();
    CHECK_STATUS(FS_CANCELLED, fs_trainer_run(first, photos, &options));
    /* What was learned stays; the checkpoint is older. */
    CHECK(watcher.calls == (int)part() && state_of(first).step == part());
    CHECK_OK(fs_trainer_resume(second, half));
    CHECK(state_of(second).step == every());
    options = run_options(NULL);
    options.checkpoint = resumed;
    CHECK_OK(fs_trainer_run(second, photos, &options));
    CHECK(same_files(straight, resumed));
    /* Other photos or options are told. */
    fs_augmentation none;
    CHECK_OK(fs_augmentation_init(&none, sizeof none, FS_AUGMENT_NONE));
    const char *words[] = {"batch 6", "photos 6", "seed 2", "augmentation "};
    for (int i = 0; i < (quick() ? 1 : 4); i++) {
      fs_trainer *other = siamese();
      CHECK_OK(fs_trainer_resume(other, half));
      options = run_options(NULL);
      fs_photos *fewer = people();
      if (i == 0) options.batch = 6;
      if (i == 1) CHECK_OK(fs_photos_keep_people(fewer, 0, 2));
      if (i == 2) options.seed = 2;
      if (i == 3) options.augmentation = &none;
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run(other, fewer, &options));
      CHECK(fs_trainer_run(other, fewer, &options) == FS_INVALID_ARGUMENT && strstr(fs_last_error(), words[i]));
      CHECK(state_of(other).step == every());
      fs_photos_destroy(fewer);
      fs_trainer_destroy(other);
    }
    fs_trainer_destroy(first);
    fs_trainer_destroy(second);
    fs_photos_destroy(photos);
  }
  TEST("a run can be finished, and gone on with") {
    fs_photos *photos = people();
    fs_trainer *trainer = siamese();
    watcher watcher = {.trainer = trainer, .stop_at = 2, .action = FS_FINISH};
    fs_training_options options = run_options(&watcher);
    options.checkpoint = resumed;
    CHECK_OK(fs_trainer_run(trainer, photos, &options));
    CHECK(watcher.calls == 2 && state_of(trainer).step == 2);
    CHECK_OK(fs_trainer_run(trainer, photos, &options));
    CHECK(watcher.calls == (int)whole());
    CHECK(same_files(straight, resumed));
    fs_trainer_destroy(trainer);
    fs_photos_destroy(photos);
  }
  TEST("a run can be ended while photos are read") {
    fs_photos *photos = people();
    fs_trainer *trainer = siamese();
    watcher watcher = {.trainer = trainer, .while_reading = FS_CANCEL};
    fs_training_options options = run_options(&watcher);
    CHECK_STATUS(FS_CANCELLED, fs_trainer_run(trainer, photos, &options));
    watcher.while_reading = FS_FINISH;
    CHECK_OK(fs_trainer_run(trainer, photos, &options));
    CHECK(watcher.calls == 0 && state_of(trainer).step == 0);
    watcher.while_reading = (fs_action)3;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run(trainer, photos, &options));
    CHECK(strstr(fs_last_error(), "the host's on_step returned 3; expected FS_CONTINUE") != NULL);
    CHECK(watcher.calls == 0 && state_of(trainer).step == 0);
    watcher.while_reading = FS_CONTINUE, watcher.stop_at = 2, watcher.action = (fs_action)-1;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run(trainer, photos, &options));
    CHECK(strstr(fs_last_error(), "returned 4294967295; expected") != NULL);
    CHECK(watcher.calls == 2 && state_of(trainer).step == 2);
    fs_trainer_destroy(trainer);
    fs_photos_destroy(photos);
  }
  TEST("photos and options that do not serve are refused") {
    fs_photos *photos = people(), *nobody = NULL;
    fs_trainer *trainer = siamese();
    CHECK_OK(fs_photos_create(&nobody));
    const state before = state_of(trainer);
    fs_augmentation wild;
    CHECK_OK(fs_augmentation_init(&wild, sizeof wild, FS_AUGMENT_STANDARD));
    wild.flip = NAN;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run(trainer, NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run(trainer, nobody, NULL));
    for (int i = 0; i < 8; i++) {
      fs_training_options options = run_options(NULL);
      if (i == 0) options.batch = 0;
      if (i == 1) options.batch = 1;
      if (i == 2) options.batch = UINT32_MAX;
      if (i == 3) options.photos_of_person = 0;
      if (i == 4) options.augmentation = &wild;
      if (i == 5) options.size = 9;
      if (i == 6) options.checkpoint = "";
      if (i == 7) CHECK_OK(fs_photos_keep_people(photos, 0, 1)); /* no pairs of two people */
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_trainer_run(trainer, photos, &options));
    }
    fs_training_options options = run_options(NULL);
    options.pairs = in_folder("none");
    CHECK_STATUS(FS_IO, fs_trainer_run(trainer, photos, &options));
    const state after = state_of(trainer);
    CHECK(same(&before, &after));
    fs_trainer_destroy(trainer);
    fs_photos_destroy(nobody);
    fs_photos_destroy(photos);
  }
}

/* What an embedder of the model that is saved sees: 1 aligned faces, with their points, 0 whole photos. */
static int seen(fs_trainer *trainer, fs_point points[5]) {
  fs_model *model = NULL;
  fs_embedder *embedder = NULL;
  int aligned = -1;
  CHECK_OK(fs_trainer_save_model(trainer, in_folder("seen"), FS_FLOAT32, 1, NULL));
  CHECK_OK(fs_model_open(&model, in_folder("seen")));
  if (CHECK_OK(fs_embedder_create(&embedder, model))) aligned = (int)fs_embedder_aligns(embedder);
  if (aligned == 1) CHECK_OK(fs_embedder_template(embedder, points));
  fs_embedder_destroy(embedder), fs_model_destroy(model);
  return aligned;
}

/* dlib's mean face in 150x150, Faces/Alignment.swift. */
static bool is_mean_face(const fs_point points[5], double width, double height) {
  const double mean[5][2] = {{47.54918, 46.59903}, {100.47614, 46.59903}, {74.0127, 76.5625}, {50.4149, 103.0233}, {97.6104, 103.0233}};
  bool all = true;
  for (int i = 0; i < 5; i++)
    all = all && fabs(points[i].x - mean[i][0] * width / 150) < 1e-3 && fabs(points[i].y - mean[i][1] * height / 150) < 1e-3;
  return all;
}

static void framings(void) {
  const place place = place_in_folder("framing.checkpoint");
  const float corners[10] = {18, 22, 27, 22, 23, 30, 19, 38, 27, 38};
  const char *const names[2] = {"siamese", "mobilefacenet-96"};
  if (quick()) {
    test_skip_group("what embedders see after runs, in quick runs");
    return;
  }
  TEST("an embedder sees photos as the run did that trained it: whole, or by their points") {
    for (int i = 0; i < 2; i++)
      for (int aligned = 0; aligned < 2; aligned++) {
        const fs_loss_options loss = loss_of(FS_LOSS_CONTRASTIVE);
        fs_trainer_options options = options_of(names[i], &loss);
        fs_trainer *trainer = NULL, *resumed = NULL;
        fs_photos *photos = NULL;
        fs_training_options run = run_options(NULL);
        fs_point points[5];
        options.steps = 2;
        run.checkpoint = place.path;
        CHECK_OK(fs_trainer_create(&trainer, &options, NULL));
        CHECK_OK(fs_trainer_create(&resumed, &options, NULL));
        CHECK(seen(trainer, points) == i); /* before: faces, where pictures are squares */
        CHECK_OK(fs_photos_create(&photos));
        CHECK_OK(fs_photos_add_people(photos, in_folder("people"), NULL, aligned ? corners : NULL));
        CHECK_OK(fs_trainer_run(trainer, photos, &run));
        CHECK(seen(trainer, points) == aligned);
        if (aligned) CHECK(is_mean_face(points, i ? 96 : WIDTH, i ? 96 : HEIGHT));
        CHECK_OK(fs_trainer_resume(resumed, place.path));
        CHECK(seen(resumed, points) == aligned);
        fs_photos_destroy(photos), fs_trainer_destroy(trainer), fs_trainer_destroy(resumed);
      }
  }
  TEST("a face whose points are where the network learnt them is its picture, stretched") {
    /* In the square of 112 pixels from which the network's 92x112 are stretched. */
    const fs_loss_options loss = loss_of(FS_LOSS_CONTRASTIVE);
    fs_trainer_options options = options_of("siamese", &loss);
    fs_trainer *trainer = NULL;
    fs_photos *photos = NULL;
    fs_model *model = NULL;
    fs_embedder *embedder = NULL;
    fs_image *image = picture(112, 112, 7), *chip = NULL, *wanted = NULL;
    const float stretch[6] = {92.0f / 112, 0, 0, 0, 1, 0};
    fs_face face = {0};
    const double mean[5][2] = {{47.54918, 46.59903}, {100.47614, 46.59903}, {74.0127, 76.5625}, {50.4149, 103.0233}, {97.6104, 103.0233}};
    for (int i = 0; i < 5; i++)
      face.landmarks[i] = (fs_point){(float)(mean[i][0] * 112 / 150), (float)(mean[i][1] * 112 / 150)};
    options.steps = 2;
    fs_training_options run = run_options(NULL);
    CHECK_OK(fs_trainer_create(&trainer, &options, NULL));
    CHECK_OK(fs_photos_create(&photos));
    CHECK_OK(fs_photos_add_people(photos, in_folder("people"), NULL, corners));
    CHECK_OK(fs_trainer_run(trainer, photos, &run));
    CHECK_OK(fs_trainer_save_model(trainer, in_folder("stretched"), FS_FLOAT32, 1, NULL));
    CHECK_OK(fs_model_open(&model, in_folder("stretched")));
    REQUIRE_OK(fs_embedder_create(&embedder, model));
    REQUIRE_OK(fs_embedder_align(embedder, &chip, image, &face));
    REQUIRE_OK(fs_image_warp(&wanted, image, stretch, WIDTH, HEIGHT));
    CHECK(fs_image_width(chip) == WIDTH && fs_image_height(chip) == HEIGHT);
    int worst = 0;
    for (int i = 0; i < 3 * WIDTH * HEIGHT; i++) {
      const int difference = abs(fs_image_data(chip)[i] - fs_image_data(wanted)[i]);
      if (difference > worst) worst = difference;
    }
    CHECK_NEAR(worst, 0, 1); /* the similarity is the identity but for rounding */
    fs_image_destroy(image), fs_image_destroy(chip), fs_image_destroy(wanted);
    fs_embedder_destroy(embedder), fs_model_destroy(model), fs_photos_destroy(photos), fs_trainer_destroy(trainer);
  }
}

int main(void) {
  lay_out();
  making();
  steps();
  whole_classifiers();
  checkpoints();
  models();
  whole_pictures();
  several_processes();
  photos_to_learn_from();
  runs();
  framings();
  clear_away();
  return test_end_program();
}
