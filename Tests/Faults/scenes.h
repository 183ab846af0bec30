/* What is done while something is refused: every group of calls, on small things. */
#ifndef SCENES_H
#define SCENES_H

#include "weights.h"

typedef struct scene {
  const char *name;
  /* Makes what the calls need; false: it cannot be done here, which is said. */
  bool (*prepare)(void);
  /* Calls until one fails, and destroys what they made. *answer: a number that all results go into. */
  fs_status (*act)(double *answer);
  void (*finish)(void);
} scene;

enum { SIDE = 48, DIMENSION = 128, PEOPLE = 6 };

/* A folder of this run's own; its files are `file_in("name")`. */
static char scene_folder[64] = "/tmp/facestyle-faults-XXXXXX";

static const char *file_in(const char *name) {
  static char paths[8][128];
  static unsigned next;
  char *path = paths[next++ % 8];
  snprintf(path, sizeof paths[0], "%s/%s", scene_folder, name);
  return path;
}

/* The rest of a scene is done while nothing fails. */
#define DO(call) \
  if (status == FS_OK) status = (call)

static fs_image *image, *other;
static fs_model *model;
static fs_detector *detector;
static fs_embedder *embedder;
static fs_gallery *gallery;
static fs_styler *styler;
static fs_trainer *trainer;
static uint8_t *file_bytes;
static size_t file_size;

static void finish_all(void) {
  fs_image_destroy(image), fs_image_destroy(other), fs_model_destroy(model), fs_detector_destroy(detector);
  fs_embedder_destroy(embedder), fs_gallery_destroy(gallery), fs_styler_destroy(styler), fs_trainer_destroy(trainer);
  free(file_bytes);
  image = other = NULL, model = NULL, detector = NULL, embedder = NULL, gallery = NULL, styler = NULL, trainer = NULL;
  file_bytes = NULL;
}

static bool nothing(void) { return true; }

static double sum_of(const float *values, size_t count) {
  double sum = 0;
  for (size_t i = 0; i < count; i++) sum += values[i] * (double)(1 + i % 7);
  return sum;
}

static double sum_of_pixels(const fs_image *picture) {
  double sum = 0;
  const uint8_t *bytes = fs_image_data(picture);
  for (size_t i = 0; bytes && i < 3u * fs_image_width(picture) * fs_image_height(picture); i++) sum += bytes[i] * (double)(1 + i % 7);
  return sum;
}

static const float *vector_of(int number) {
  static float vectors[PEOPLE + 2][DIMENSION];
  uint32_t state = (uint32_t)number * 2654435761u + 12345;
  float *vector = vectors[number % (PEOPLE + 2)];
  for (int i = 0; i < DIMENSION; i++) {
    state = state * 1664525u + 1013904223u;
    vector[i] = (float)(state >> 8) * 0x1p-23f - 1;
  }
  return vector;
}

/* ---- Models ---- */

static fs_status open_a_model(double *answer) {
  fs_model *opened = NULL;
  fs_embedder *made = NULL;
  fs_status status = fs_model_open(&opened, "models/faces-nn4.safetensors");
  DO(fs_embedder_create(&made, opened));
  if (status == FS_OK) *answer = (double)fs_model_parameter_count(opened) + fs_embedder_threshold(made);
  fs_model_destroy(opened), fs_embedder_destroy(made);
  return status;
}

/* (A file that cannot be read is on the list, too, with its fault.) */
static fs_status list_the_models(double *answer) {
  fs_models *list = NULL;
  fs_model_info info = {.size = sizeof info};
  fs_status status = fs_models_list(&list);
  if (fs_models_count(list) > 0) DO(fs_models_get(list, 0, &info));
  if (status == FS_OK) *answer = (double)fs_models_count(list);
  fs_models_destroy(list);
  return status;
}

static bool have_a_small_model(void) { return (model = two_styles_model()) != NULL; }

static fs_status save_a_model(double *answer) {
  fs_status status = fs_model_save(model, file_in("saved.safetensors"), FS_FLOAT16, NULL);
  *answer = status == FS_OK;
  return status;
}

/* ---- Faces ---- */

static const fs_face *a_face(void) {
  static fs_face face;
  face.x = 8, face.y = 6, face.width = 32, face.height = 38;
  const float points[5][2] = {{17, 20}, {31, 20}, {24, 27}, {19, 35}, {29, 35}};
  for (int i = 0; i < 5; i++) face.landmarks[i].x = points[i][0], face.landmarks[i].y = points[i][1];
  face.score = 1;
  return &face;
}

static bool have_a_detector(void) {
  image = picture(2 * SIDE, 2 * SIDE, 3);
  return fs_model_open(&model, "models/faces-yunet.safetensors") == FS_OK && image;
}

static fs_status detect(double *answer) {
  fs_detector *made = NULL;
  fs_face faces[8];
  size_t count = 0;
  fs_detector_options options;
  fs_status status = fs_detector_options_init(&options, sizeof options);
  DO(fs_detector_create(&made, model, &options));
  DO(fs_detector_find(made, image, faces, 8, &count));
  if (status == FS_OK) *answer = (double)count;
  fs_detector_destroy(made);
  return status;
}

static bool have_an_embedder(void) {
  image = picture(SIDE, SIDE, 3);
  return fs_model_open(&model, "models/faces-nn4.safetensors") == FS_OK && fs_embedder_create(&embedder, model) == FS_OK && image;
}

static fs_status embed(double *answer) {
  float embedding[DIMENSION];
  fs_quality quality = {.size = sizeof quality};
  fs_image *marked = NULL;
  fs_status status = fs_embedder_embed(embedder, image, a_face(), 1, embedding, DIMENSION);
  DO(fs_face_quality(image, a_face(), NULL, &quality));
  DO(fs_image_mark_faces(&marked, image, a_face(), 1, NULL));
  if (status == FS_OK) *answer = sum_of(embedding, DIMENSION) + sum_of_pixels(marked);
  fs_image_destroy(marked);
  return status;
}

/* A frame's memory is read where it lies. */
static fs_status read_a_frame(double *answer) {
  static uint8_t bytes[64 * 48 * 2];
  for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 7);
  fs_frame frame;
  fs_image *read = NULL;
  fs_tracker *tracker = NULL;
  fs_tracked tracked;
  fs_status status = fs_frame_init(&frame, sizeof frame);
  frame.format = FS_YUYV, frame.width = 64, frame.height = 48, frame.planes[0] = bytes, frame.byte_counts[0] = sizeof bytes;
  DO(fs_image_from_frame(&read, &frame, NULL));
  DO(fs_tracker_create(&tracker, NULL));
  for (int i = 0; i < 3; i++) DO(fs_tracker_update(tracker, a_face(), NULL, 1, i, &tracked, 1));
  if (status == FS_OK) *answer = sum_of_pixels(read);
  fs_image_destroy(read), fs_tracker_destroy(tracker);
  return status;
}

/* ---- Galleries ---- */

static fs_status fill(fs_gallery *into) {
  const char *names[PEOPLE] = {"Ada", "Grace", "Emmy", "Sofja", "Lise", "Chien-Shiung"};
  fs_status status = FS_OK;
  for (int i = 0; i < PEOPLE; i++) DO(fs_gallery_add(into, names[i], vector_of(i), DIMENSION));
  return status;
}

static fs_status ask(const fs_gallery *of, double *answer) {
  fs_neighbour neighbours[3];
  fs_gallery_identity identity = {.size = sizeof identity};
  size_t found = 0;
  fs_status status = fs_gallery_search(of, vector_of(2), 1, DIMENSION, 3, neighbours, 3, &found);
  DO(fs_gallery_identify(of, vector_of(3), DIMENSION, within(1), &identity));
  if (status == FS_OK) *answer = (double)found + neighbours[1].distance + (double)fs_gallery_photo_count(of);
  return status;
}

static fs_status keep_people(double *answer) {
  fs_gallery *made = NULL;
  fs_status status = fs_gallery_create(&made, embedder);
  DO(fill(made));
  DO(ask(made, answer));
  DO(fs_gallery_remove(made, "Emmy"));
  fs_gallery_destroy(made);
  return status;
}

static bool have_a_gallery(void) {
  return have_an_embedder() && fs_gallery_create(&gallery, embedder) == FS_OK && fill(gallery) == FS_OK;
}

static fs_status export_people(double *answer) {
  fs_gallery *made = NULL;
  fs_status status = fs_gallery_export(gallery, file_in("people.csv"));
  DO(fs_gallery_create(&made, embedder));
  DO(fs_gallery_import(made, file_in("people.csv"), NULL));
  DO(ask(made, answer));
  fs_gallery_destroy(made);
  return status;
}

static bool have_a_gallery_file(void) {
  fs_gallery *made = NULL;
  const bool is_made = have_an_embedder() && fs_gallery_open(&made, file_in("people.gallery"), embedder, NULL) == FS_OK &&
                       (fs_gallery_photo_count(made) > 0 || fill(made) == FS_OK);
  fs_gallery_destroy(made);
  return is_made;
}

/* Adds and removes one photo: the file has the same people before and after, unless the removal fails. */
static fs_status keep_people_in_a_file(double *answer) {
  fs_gallery *opened = NULL;
  fs_status status = fs_gallery_open(&opened, file_in("people.gallery"), embedder, NULL);
  if (status == FS_OK && fs_gallery_photo_count(opened) > PEOPLE) DO(fs_gallery_remove(opened, "Rosa"));
  DO(ask(opened, answer));
  DO(fs_gallery_add(opened, "Rosa", vector_of(PEOPLE), DIMENSION));
  DO(fs_gallery_remove(opened, "Rosa"));
  fs_gallery_destroy(opened);
  return status;
}

/* ---- Pictures ---- */

static fs_status change_pictures(double *answer) {
  fs_image *resized = NULL, *warped = NULL, *varied = NULL;
  fs_augmentation augmentation;
  const float turn[6] = {0.8f, -0.6f, 20, 0.6f, 0.8f, -5};
  fs_status status = fs_image_resize(&resized, image, 31, 29, FS_BICUBIC);
  DO(fs_image_warp(&warped, resized, turn, 30, 30));
  DO(fs_augmentation_init(&augmentation, sizeof augmentation, FS_AUGMENT_STRONG));
  DO(fs_image_augment(&varied, warped, &augmentation, 7));
  if (status == FS_OK) *answer = sum_of_pixels(varied);
  fs_image_destroy(resized), fs_image_destroy(warped), fs_image_destroy(varied);
  return status;
}

static bool have_a_picture(void) { return (image = picture(SIDE, SIDE, 1)) && (other = picture(SIDE, SIDE, 2)); }

static fs_status write_a_picture(double *answer) {
  fs_status status = fs_image_write(image, file_in("picture.png"));
  DO(fs_image_write(image, file_in("picture.jpg")));
  *answer = status == FS_OK;
  return status;
}

static fs_status decode(double *answer) {
  fs_image *decoded = NULL;
  fs_status status = fs_image_decode(&decoded, file_bytes, file_size);
  if (status == FS_OK) *answer = sum_of_pixels(decoded);
  fs_image_destroy(decoded);
  return status;
}

static bool have_file(const char *path) {
  fs_image *decoded = NULL;
  file_bytes = read_file(path, &file_size);
  const bool is_read = file_bytes && fs_image_decode(&decoded, file_bytes, file_size) == FS_OK;
  if (!is_read) test_skip_group(file_bytes ? fs_last_error() : path);
  fs_image_destroy(decoded);
  return is_read;
}

#define SEED(name) "Tests/Fuzz/seeds/picture/" name
static bool have_png(void) { return have_file(SEED("profile.png")); }
static bool have_jpeg(void) { return have_file(SEED("profile.jpg")); }
static bool have_bmp(void) { return have_file(SEED("rle.bmp")); }
static bool have_tiff(void) { return have_file(SEED("deflate.tif")); }
static bool have_webp(void) { return have_file(SEED("lossy.webp")); }

/* ---- Styles ---- */

static bool have_a_styler(void) {
  return have(model_path("vgg19.safetensors"), "styles") && have_a_picture() && (model = open_model("vgg19.safetensors")) &&
         fs_styler_create(&styler, model) == FS_OK;
}

/* The first layers alone, as in quick runs of the C tests. */
static fs_style_options shallow(void) {
  static const fs_style_layer layers[1] = {{"conv1_1", 1}};
  fs_style_options options;
  fs_style_options_preset(&options, sizeof options, FS_PRESET_COURSE);
  options.steps = 2, options.content_layer = "conv1_2", options.style_layers = layers, options.style_layer_count = 1;
  return options;
}

static fs_status paint(double *answer) {
  fs_style_job *job = NULL;
  fs_image *result = NULL;
  const fs_image *styles[1] = {other};
  fs_style_progress progress = {.size = sizeof progress};
  const fs_style_options options = shallow();
  fs_status status = fs_style_job_create(&job, styler, image, styles, NULL, 1, &options);
  DO(fs_style_job_step(job, 1, &progress));
  DO(fs_style_job_save(job, file_in("painting.checkpoint")));
  DO(fs_style_job_load(job, file_in("painting.checkpoint")));
  DO(fs_style_job_step(job, 1, &progress));
  DO(fs_style_job_result(job, &result));
  if (status == FS_OK) *answer = sum_of_pixels(result);
  fs_style_job_destroy(job), fs_image_destroy(result);
  return status;
}

static bool have_a_fast_styler(void) {
  return have_a_picture() && fs_model_open(&model, "models/scream.safetensors") == FS_OK;
}

static fs_status paint_fast(double *answer) {
  fs_fast_styler *made = NULL;
  fs_image *result = NULL;
  fs_status status = fs_fast_styler_create(&made, model);
  DO(fs_fast_styler_run(made, &result, image));
  if (status == FS_OK) *answer = sum_of_pixels(result);
  fs_fast_styler_destroy(made), fs_image_destroy(result);
  return status;
}

/* ---- Training, numbers ---- */

static bool have_a_trainer(void) {
  fs_loss_options loss;
  fs_trainer_options options;
  fs_loss_options_init(&loss, sizeof loss, FS_LOSS_CONTRASTIVE);
  fs_trainer_options_init(&options, sizeof options);
  options.architecture = "siamese", options.loss = &loss, options.steps = 1000, options.schedule = FS_SCHEDULE_CONSTANT;
  return fs_trainer_create(&trainer, &options, NULL) == FS_OK && fs_trainer_save(trainer, file_in("start.checkpoint")) == FS_OK;
}

/* From the same state, so that the same step gives the same loss. */
static fs_status train(double *answer) {
  enum { BYTES = 2 * 112 * 92 * 3 };
  static uint8_t pictures[BYTES];
  const int32_t label = 1;
  fs_training_step step = {.size = sizeof step};
  for (int i = 0; i < BYTES; i++) pictures[i] = (uint8_t)(i / 30 * 50);
  fs_status status = fs_trainer_resume(trainer, file_in("start.checkpoint"));
  DO(fs_trainer_step(trainer, pictures, 2, &label, NULL, &step));
  DO(fs_trainer_save(trainer, file_in("training.checkpoint")));
  DO(fs_trainer_save_model(trainer, file_in("trained.safetensors"), FS_FLOAT32, 1, NULL));
  if (status == FS_OK) *answer = step.loss + step.gradient_norm;
  return status;
}

static fs_status express(double *answer) {
  fs_expression *parsed = NULL, *derivative = NULL, *simple = NULL;
  char text[4096];
  size_t length = 0;
  fs_status status = fs_expression_parse(&parsed, "exp(sin(x)/y)^2 + x*y - log(x + 3)/tanh(y) + p1*0 + sigmoid(x^y)^0.5");
  DO(fs_expression_derivative(&derivative, parsed, "x"));
  DO(fs_expression_simplify(&simple, derivative));
  DO(fs_expression_text(simple, text, sizeof text, &length));
  const double points[] = {0.5, 2, 1};
  DO(fs_expression_gradient(parsed, FS_REVERSE, points, 1, (double[3]){0}, 3));
  if (status == FS_OK) *answer = (double)length;
  fs_expression_destroy(parsed), fs_expression_destroy(derivative), fs_expression_destroy(simple);
  return status;
}

static fs_status measure(double *answer) {
  enum { COUNT = 24 };
  double distances[COUNT], differences[4] = {0.5, 1, 2, 3}, values[4], slopes[4];
  int32_t is_same[COUNT], fold[COUNT];
  float map[2 * PEOPLE], points[PEOPLE * DIMENSION];
  fs_evaluation evaluation = {.size = sizeof evaluation};
  fs_pairs *pairs = NULL;
  fs_landmarks *landmarks = NULL;
  fs_tsne_options options;
  static const char list[] = "1\t2\nAda\t1\t2\nGrace\t1\t2\nAda\t1\tGrace\t1\nAda\t2\tGrace\t2\n";
  static const char places[] = "{\"Ada/1.jpg\": {\"landmarks\": [[1, 2], [3, 4], [5, 6], [7, 8], [9, 10]]}}";
  for (int i = 0; i < COUNT; i++) distances[i] = i * 37 % COUNT, is_same[i] = i % 3 > 0, fold[i] = i % 4;
  for (int i = 0; i < PEOPLE; i++) memcpy(points + i * DIMENSION, vector_of(i), sizeof *points * DIMENSION);
  fs_status status = fs_evaluate_pairs(distances, is_same, fold, COUNT, NULL, &evaluation);
  DO(fs_tsne_options_init(&options, sizeof options));
  options.steps = 20, options.perplexity = 1.5f;
  DO(fs_tsne(points, PEOPLE, DIMENSION, &options, map, 2 * PEOPLE, NULL));
  DO(fs_pairs_load(&pairs, list, sizeof list - 1));
  DO(fs_landmarks_load(&landmarks, places, sizeof places - 1));
  DO(fs_differentiate(FS_FUNCTION_EXP, FS_REVERSE, differences, 4, values, slopes, 4));
  if (status == FS_OK) *answer = evaluation.accuracy + sum_of(map, 2 * PEOPLE) + values[1] + (double)fs_pairs_count(pairs);
  fs_pairs_destroy(pairs), fs_landmarks_destroy(landmarks);
  return status;
}

static const scene scenes[] = {
    {"open a model", nothing, open_a_model, finish_all},
    {"list the models", nothing, list_the_models, finish_all},
    {"save a model", have_a_small_model, save_a_model, finish_all},
    {"detect", have_a_detector, detect, finish_all},
    {"embed, judge and mark a face", have_an_embedder, embed, finish_all},
    {"read a frame, track", nothing, read_a_frame, finish_all},
    {"keep people in memory", have_an_embedder, keep_people, finish_all},
    {"keep people in a file", have_a_gallery_file, keep_people_in_a_file, finish_all},
    {"export and import people", have_a_gallery, export_people, finish_all},
    {"decode a PNG", have_png, decode, finish_all},
    {"decode a JPEG", have_jpeg, decode, finish_all},
    {"decode a BMP", have_bmp, decode, finish_all},
    {"decode a TIFF", have_tiff, decode, finish_all},
    {"decode a WebP", have_webp, decode, finish_all},
    {"write a PNG and a JPEG", have_a_picture, write_a_picture, finish_all},
    {"resize, warp and vary a picture", have_a_picture, change_pictures, finish_all},
    {"paint, with a checkpoint", have_a_styler, paint, finish_all},
    {"paint in one pass", have_a_fast_styler, paint_fast, finish_all},
    {"train a step, with a checkpoint", have_a_trainer, train, finish_all},
    {"parse and derive an expression", nothing, express, finish_all},
    {"evaluate, map, read lists", nothing, measure, finish_all},
};
static const unsigned scene_count = sizeof scenes / sizeof *scenes;

#endif
