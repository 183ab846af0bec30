/* The door: functions of the header in any order, with live, stale, foreign and NULL handles, and with arguments that are
 * small, extreme or nothing. What C cannot check is kept: an array is as long as its count says, and a count that no memory
 * could have is refused. */
#include "fuzz.h"

enum { MANY = 256, REGION = 24 << 20, REGIONS = 16, MOST_CALLS = 16, REMEMBERED = 64 };
enum { PLAIN, CAPACITY, BYTES, STEPS };

typedef struct input { const uint8_t *bytes; size_t count; } input;
typedef void (*destroyer)(void *);

static input *now; /* of the host's functions */

static unsigned byte_of(input *in) {
  if (in->count == 0) return 0;
  in->count--;
  return *in->bytes++;
}

static uint64_t integer_of(input *in, int kind, size_t size) {
  static const uint64_t ordinary[] = {0, 1, 2, 3, 4, 8, 16, 24, 32, 64, 92, 112, 128};
  const unsigned choice = byte_of(in), more = byte_of(in);
  if (kind == CAPACITY && choice < 160) return 1 << 20;
  if (kind == STEPS) return choice % 5;
  if (kind == BYTES) return choice < 128 ? 1 << 20 : more * 40;
  if (choice < 160) return ordinary[more % (sizeof ordinary / sizeof *ordinary)];
  if (choice < 230) return more % 10;
  /* Half of what the type holds, and more. */
  const uint64_t top = size == 8 ? UINT64_MAX : ((uint64_t)1 << 8 * size) - 1;
  return more % 4 == 0 ? top : more % 4 == 1 ? top / 2 + 1 : more % 4 == 2 ? top / 2 : top - more;
}

static double real_of(input *in) {
  static const double some[] = {0, 1, 0.5, 0.25, 2, -1, 0.001, 10, 24, 1e-30, 3.4e38, -3.4e38, NAN, INFINITY, -INFINITY, 1e300};
  const unsigned choice = byte_of(in);
  return choice < 128 ? some[choice % 8] : choice < 160 ? some[choice % 16] : (choice - 160) / 16.0;
}

/* The enumerators, and beside them. */
static int enumerator(input *in) {
  const unsigned choice = byte_of(in);
  return choice < 200 ? (int)(choice % 5) : choice < 240 ? (int)(choice % 20) : choice == 255 ? INT32_MAX : choice == 254 ? INT32_MIN : -(int)(choice % 4);
}

static size_t struct_size(input *in, size_t whole) {
  const unsigned choice = byte_of(in);
  return choice < 240 ? whole : choice < 250 ? choice % 32 : whole + choice;
}

static void *region(int place) {
  static uint8_t regions[REGIONS][REGION];
  return regions[place % REGIONS];
}

/* ---- Numbers ---- */

enum { NUMBERS_float, NUMBERS_double, NUMBERS_uint8_t, NUMBERS_int32_t, NUMBERS_uint32_t, NUMBERS_size_t, NUMBERS_uint64_t, NUMBER_KINDS };
static uint8_t ordinary[NUMBER_KINDS][REGION], ones[REGION], zeros[REGION];

static void fill_numbers(void) {
  for (size_t i = 0; i < REGION / 4; i++) ((float *)ordinary[NUMBERS_float])[i] = (float)(i % 31) / 16 - 0.9f;
  for (size_t i = 0; i < REGION / 8; i++) ((double *)ordinary[NUMBERS_double])[i] = (double)(i % 31) / 16 - 0.5;
  for (size_t i = 0; i < REGION; i++) ordinary[NUMBERS_uint8_t][i] = (uint8_t)(i * 7 + i / 251);
  for (size_t i = 0; i < REGION / 4; i++) ((int32_t *)ordinary[NUMBERS_int32_t])[i] = i % 3 > 0, ((uint32_t *)ordinary[NUMBERS_uint32_t])[i] = i % 4;
  for (size_t i = 0; i < REGION / 8; i++) ((size_t *)ordinary[NUMBERS_size_t])[i] = 1 + i % 2 * 2, ((uint64_t *)ordinary[NUMBERS_uint64_t])[i] = 1 + i % 5;
  memset(ones, 0xff, sizeof ones);
}

static void *numbers_of(input *in, int kind) {
  const unsigned choice = byte_of(in);
  return choice < 8 ? NULL : choice < 16 ? ones : choice < 40 ? zeros : ordinary[kind];
}

/* What is left of the input, as long as it is. */
static void *rest_of(input *in, size_t *count) {
  void *copy = malloc(in->count + 1);
  *count = in->count;
  memcpy(copy, in->bytes, in->count);
  in->count = 0;
  return copy;
}

/* ---- Texts: no path leads out of the folder in which this runs ---- */

static char *text_of(input *in) {
  static const char *const some[] = {
      "", "somebody", "Ada", "siamese", "nn4.small2", "vgg19", "graph", "conv1_1", "conv1_2", "conv4_2", "sum", "norm", "x", "x*y + exp(x)",
      ".", "a.png", "b.jpg", "model.safetensors", "people.gallery", "people.csv", "pairs.txt", "points.json", "labels.json", "checkpoint",
      "nothing", "people", "faces", "Ann/1.jpg"};
  static char own[8][32];
  static unsigned next;
  const unsigned choice = byte_of(in);
  if (choice < 4) return NULL;
  if (choice < 236) return (char *)some[choice % (sizeof some / sizeof *some)];
  char *text = own[next++ % 8];
  for (int i = 0; i < 31; i++) {
    text[i] = (char)byte_of(in);
    if (text[i] == '/' || text[i] == '.' || text[i] == ':') text[i] = '_';
  }
  return text;
}

static char **texts_of(input *in) {
  static char *many[MANY];
  if (byte_of(in) % 16 == 0) return NULL;
  for (int i = 0; i < MANY; i++) many[i] = text_of(in);
  return many;
}

/* ---- Handles ---- */

static void *handle_of(input *in, int kind);
static void **handles_of(input *in, int kind);
static void *mortal_of(input *in, int kind);
static void *out_of(input *in, int kind, int place);
static void keep(int kind, int place);

#include "door_calls.h"

static void *lasting[KINDS];                  /* made at the start, never destroyed */
static void *made[KINDS][REMEMBERED];         /* by this input; destroyed ones stay, stale */
static unsigned made_count[KINDS];
static size_t kept;

static void remember(int kind, void *handle) {
  if (made_count[kind] < REMEMBERED) made[kind][made_count[kind]++] = handle;
  else destroyers[kind](handle);
}

static void *handle_of(input *in, int kind) {
  const unsigned choice = byte_of(in);
  if (choice < 6) return NULL;
  if (choice < 12) return lasting[byte_of(in) % KINDS];
  if (choice < 18) return (void *)(uintptr_t)((uint64_t)byte_of(in) << (byte_of(in) % 57));
  if (made_count[kind] > 0 && (choice < 140 || !lasting[kind])) return made[kind][choice % made_count[kind]];
  return lasting[kind];
}

static void **handles_of(input *in, int kind) {
  static void *many[MANY];
  if (byte_of(in) % 16 == 0) return NULL;
  for (int i = 0; i < MANY; i++) many[i] = i < 4 ? handle_of(in, kind) : many[i % 4];
  return many;
}

static void *mortal_of(input *in, int kind) {
  void *handle = handle_of(in, kind);
  for (int i = 0; i < KINDS; i++)
    if (handle == lasting[i]) return NULL;
  return handle;
}

static void *out_of(input *in, int kind, int place) {
  (void)kind;
  void **out = region(place);
  *out = NULL;
  return byte_of(in) % 32 ? out : NULL;
}

static void keep(int kind, int place) {
  void **out = region(place);
  if (*out) remember(kind, *out);
}

#define HERE(kind) ((void *)&lasting[KIND_##kind])

static void make_lasting(void) {
  static char folder[1024];
  char path[1200];
  if (!getcwd(folder, sizeof folder)) exit(1);
  const char *models = getenv("FACESTYLE_MODELS");
  fs_image *image = NULL, *small = NULL;
  fs_model *model = NULL;
  const fs_pixels pixels = {.size = sizeof pixels, .data = ordinary[NUMBERS_uint8_t], .byte_count = 24 * 16 * 3, .width = 24, .height = 16, .format = FS_RGB};
  checked(fs_image_from_pixels(HERE(fs_image), &pixels));
  image = lasting[KIND_fs_image];
  snprintf(path, sizeof path, "%s/models/faces-nn4.safetensors", folder);
  checked(fs_model_open(&model, path));
  checked(fs_embedder_create(HERE(fs_embedder), model));
  fs_face_analysis_options analysis;
  checked(fs_face_analysis_options_init(&analysis, sizeof analysis));
  char yunet[1200];
  snprintf(yunet, sizeof yunet, "%s/models/faces-yunet.safetensors", folder);
  analysis.embedder = path, analysis.detector = yunet;
  checked(fs_face_analysis_create(HERE(fs_face_analysis), &analysis));
  checked(fs_face_analysis_run(lasting[KIND_fs_face_analysis], HERE(fs_faces), image));
  fs_model_destroy(model), model = NULL;
  checked(fs_model_open(&model, yunet));
  checked(fs_detector_create(HERE(fs_detector), model, NULL));
  fs_model_destroy(model), model = NULL;
  snprintf(path, sizeof path, "%s/models/scream.safetensors", folder);
  checked(fs_model_open(&model, path));
  checked(fs_fast_styler_create(HERE(fs_fast_styler), model));
  fs_model_destroy(model), model = NULL;
  if (models && *models == '/') snprintf(path, sizeof path, "%s/vgg19.safetensors", models);
  else snprintf(path, sizeof path, "%s/%s/vgg19.safetensors", folder, models && *models ? models : "build/models");
  if (fs_model_open(&model, path) == FS_OK) {
    fs_fast_trainer_options fast;
    checked(fs_styler_create(HERE(fs_styler), model));
    checked(fs_fast_trainer_options_init(&fast, sizeof fast));
    fast.filters = 2, fast.blocks = 1, fast.side = 32;
    checked(fs_fast_trainer_create(HERE(fs_fast_trainer), model, image, &fast));
    lasting[KIND_fs_model] = model;
  } else {
    fprintf(stderr, "what paints by VGG-19 is left out: %s\n", fs_last_error());
    snprintf(path, sizeof path, "%s/Tests/Fuzz/seeds/model/graph.safetensors", folder);
    checked(fs_model_open(HERE(fs_model), path));
  }
  fs_loss_options loss;
  fs_trainer_options training;
  checked(fs_loss_options_init(&loss, sizeof loss, FS_LOSS_CONTRASTIVE));
  checked(fs_trainer_options_init(&training, sizeof training));
  training.architecture = "siamese", training.loss = &loss, training.steps = 4;
  checked(fs_trainer_create(HERE(fs_trainer), &training, NULL));
  checked(fs_models_list(HERE(fs_models)));
  checked(fs_expression_parse(HERE(fs_expression), "x*y + exp(x)"));
  const char pairs[] = "a.png b.jpg 1 0\na.png a.png 0 1\n", points[] = "{\"a.png\": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]}";
  checked(fs_pairs_load(HERE(fs_pairs), pairs, sizeof pairs - 1));
  checked(fs_landmarks_load(HERE(fs_landmarks), points, sizeof points - 1));
  /* Files of the folder, to which the process then goes. */
  if (chdir(fuzz_folder) != 0) exit(1);
  checked(fs_image_write(image, "a.png"));
  checked(fs_image_resize(&small, image, 9, 7, FS_BILINEAR));
  checked(fs_image_write(small, "b.jpg"));
  checked(fs_model_save(lasting[KIND_fs_model], "model.safetensors", FS_FLOAT16, NULL));
  fuzz_file("pairs.txt", pairs, sizeof pairs - 1), fuzz_file("points.json", points, sizeof points - 1);
  const char labels[] = "{\"a.png\": [[2, 2, 20, 18, 7, 7, 16, 7, 12, 11, 8, 15, 15, 15]]}";
  fuzz_file("labels.json", labels, sizeof labels - 1);
  mkdir("people", 0777), mkdir("people/Ada", 0777);
  checked(fs_image_write(image, "people/Ada/1.png"));
  fs_image_destroy(small);
}

/* What changes is made for each input, so that inputs do not depend on each other. */
static void make_passing(void) {
  void *handle = NULL;
  if (checked(fs_gallery_create((fs_gallery **)&handle, lasting[KIND_fs_embedder])) == FS_OK) remember(KIND_fs_gallery, handle);
  checked(fs_gallery_add(handle, "Ada", (const float *)ordinary[NUMBERS_float], 128));
  if (checked(fs_tracker_create((fs_tracker **)&handle, NULL)) == FS_OK) remember(KIND_fs_tracker, handle);
  if (checked(fs_photos_create((fs_photos **)&handle)) == FS_OK) remember(KIND_fs_photos, handle);
  if (checked(fs_scenes_create((fs_scenes **)&handle)) == FS_OK) remember(KIND_fs_scenes, handle);
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  fill_numbers();
  make_lasting();
  kept = fs_debug_live_handles();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  input in = {bytes, count};
  now = &in;
  make_passing();
  for (int i = 0; i < MOST_CALLS && in.count >= 2; i++) {
    const unsigned high = byte_of(&in), low = byte_of(&in);
    const unsigned which = (high << 8 | low) % (sizeof calls / sizeof *calls);
    if (getenv("FUZZ_SHOWN")) fprintf(stderr, "%s\n", calls[which].name);
    calls[which].call(&in);
  }
  fs_log_set(0, NULL, NULL);
  fs_trainer_all_reduce_set(lasting[KIND_fs_trainer], NULL, NULL);
  for (int kind = 0; kind < KINDS; kind++) {
    for (unsigned i = 0; i < made_count[kind]; i++) destroyers[kind](made[kind][i]);
    made_count[kind] = 0;
  }
  unlink("people.gallery"), unlink("people.gallery-wal"), unlink("people.gallery-shm"), unlink("checkpoint");
  fuzz_end(kept);
  return 0;
}
