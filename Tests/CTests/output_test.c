/* Outputs are written on FS_OK alone: calls that fail late, with all that they would write as it was before. */
#include "weights.h"

/* An object that a call would write, filled with a pattern. */
typedef struct output { void *object; size_t size; bool is_sized; } output;
#define OUT(object) {&(object), sizeof(object), IS_SIZED_ANSWER(object)}

/* `call` is refused, and leaves all of its outputs as they were. */
#define KEEPS(wanted, call, ...)                                                                                     \
  do {                                                                                                               \
    const output outputs[] = {__VA_ARGS__};                                                                          \
    for (size_t k = 0; k < sizeof outputs / sizeof *outputs; k++) test_mark(outputs[k].object, outputs[k].size, outputs[k].is_sized); \
    if (CHECK_STATUS(wanted, call))                                                                                  \
      for (size_t k = 0; k < sizeof outputs / sizeof *outputs; k++)                                                  \
        test_check(test_left_alone(outputs[k].object, outputs[k].size, outputs[k].is_sized), __FILE__, __LINE__, #call " wrote an output"); \
  } while (0)

static char folder[] = "/tmp/facestyle-output-XXXXXX";

/* ---- Embedders: one face more than are embedded at a time ---- */

enum { MANY = 17, DIMENSION = 128 };

static fs_face face_at(float x, float y, float width) {
  fs_face face = {.x = x, .y = y, .width = width, .height = width, .score = 1,
                  .landmarks = {{x + 0.3f * width, y + 0.4f * width}, {x + 0.7f * width, y + 0.4f * width},
                                {x + 0.5f * width, y + 0.6f * width}, {x + 0.35f * width, y + 0.8f * width},
                                {x + 0.65f * width, y + 0.8f * width}}};
  return face;
}

/* A "siamese" that answers zeros to dark pictures, and to bright ones numbers that are too large. */
static fs_model *overflowing(void) {
  builder b;
  begin(&b, "\"architecture\":\"siamese\",\"threshold\":\"1\"");
  const size_t filters[] = {32, 64, 128, 128};
  size_t inputs = 1;
  for (int i = 0; i < 4; i++) {
    const char *statistics[] = {"weight", "bias", "running_mean", "running_var"};
    char name[64];
    size_t shape[] = {filters[i], inputs, 3, 3};
    snprintf(name, sizeof name, "conv%d.weight", i + 1);
    add(&b, name, 4, shape, 0, 1e15f);
    for (int k = 0; k < 4; k++) {
      snprintf(name, sizeof name, "bn%d.%s", i + 1, statistics[k]);
      add(&b, name, 1, &filters[i], 0, k == 0 || k == 3 ? 1 : 0);
    }
    inputs = filters[i];
  }
  const size_t shape[] = {DIMENSION, 128 * 7 * 5}, bias[] = {DIMENSION};
  add(&b, "fc.weight", 2, shape, 0, 1);
  add(&b, "fc.bias", 1, bias, 0, 0);
  return finish(&b);
}

static void embedders(void) {
  static float embeddings[MANY * DIMENSION];
  fs_trainer *trainer = NULL;
  fs_model *model = NULL;
  fs_embedder *embedder = NULL;
  char path[200];
  snprintf(path, sizeof path, "%s/network", folder);
  TEST("a face that cannot be aligned leaves the embeddings of those before it alone") {
    fs_image *image = picture(100, 90, 1);
    fs_face faces[MANY];
    REQUIRE_OK(fs_trainer_create(&trainer, NULL, NULL)); /* nn4.small2, of random weights */
    REQUIRE_OK(fs_trainer_save_model(trainer, path, FS_FLOAT16, 1, NULL));
    REQUIRE_OK(fs_model_open(&model, path));
    REQUIRE_OK(fs_embedder_create(&embedder, model));
    for (int i = 0; i < MANY; i++) faces[i] = face_at((float)i, 5, 40);
    CHECK_OK(fs_embedder_embed(embedder, image, faces, MANY, embeddings, MANY * DIMENSION));
    faces[MANY - 1].landmarks[2].x = NAN;
    KEEPS(FS_INVALID_ARGUMENT, fs_embedder_embed(embedder, image, faces, MANY, embeddings, MANY * DIMENSION), OUT(embeddings));
    fs_frame frame;
    CHECK_OK(fs_frame_init(&frame, sizeof frame));
    frame.planes[0] = fs_image_data(image), frame.byte_counts[0] = 3 * 100 * 90, frame.width = 100, frame.height = 90;
    KEEPS(FS_INVALID_ARGUMENT, fs_embedder_embed_frame(embedder, &frame, faces, MANY, embeddings, MANY * DIMENSION),
          OUT(embeddings));
    fs_image_destroy(image);
  }
  fs_embedder_destroy(embedder), fs_model_destroy(model), fs_trainer_destroy(trainer);
  unlink(path);
  TEST("a picture whose answer is no number leaves the embeddings of those before it alone") {
    fs_model *damaged = overflowing();
    fs_image *dark = plain(92, 112, 0, 0, 0), *bright = plain(92, 112, 255, 255, 255);
    const fs_image *chips[MANY];
    REQUIRE_OK(fs_embedder_create(&embedder, damaged));
    for (int i = 0; i < MANY; i++) chips[i] = dark;
    CHECK_OK(fs_embedder_embed_chips(embedder, chips, MANY, embeddings, MANY * DIMENSION));
    chips[MANY - 1] = bright;
    KEEPS(FS_BAD_DATA, fs_embedder_embed_chips(embedder, chips, MANY, embeddings, MANY * DIMENSION), OUT(embeddings));
    chips[MANY - 1] = NULL;
    KEEPS(FS_INVALID_ARGUMENT, fs_embedder_embed_chips(embedder, chips, MANY, embeddings, MANY * DIMENSION), OUT(embeddings));
    fs_face face;
    KEEPS(FS_BAD_DATA, fs_embedder_embed_photo(embedder, NULL, bright, &face, embeddings, DIMENSION), OUT(embeddings), OUT(face));
    fs_verdict verdict;
    KEEPS(FS_BAD_DATA, fs_compare_photos(embedder, NULL, dark, bright, 1, &verdict), OUT(verdict));
    fs_embedder_destroy(embedder), fs_model_destroy(damaged), fs_image_destroy(dark), fs_image_destroy(bright);
  }
}

/* ---- Galleries ---- */

static void galleries(void) {
  enum { D = DIMENSION, PHOTOS = 3 };
  fs_model *model = overflowing();
  fs_embedder *embedder = NULL;
  fs_gallery *gallery = NULL;
  static float rows[PHOTOS * D], found[PHOTOS * D];
  const char *const names[PHOTOS] = {"ann", "bob", "cid"};
  static fs_neighbour neighbours[4 * PHOTOS];
  size_t count;
  TEST("a gallery is filled") {
    REQUIRE_OK(fs_embedder_create(&embedder, model));
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    for (int i = 0; i < PHOTOS * D; i++) rows[i] = (float)sin(i);
    REQUIRE_OK(fs_gallery_add_many(gallery, names, rows, PHOTOS, D, NULL));
  }
  rows[PHOTOS * D - 1] = NAN; /* in the last */
  TEST("searches with a probe that is no number leave their answers alone") {
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, rows, PHOTOS, D, 2, neighbours, 4 * PHOTOS, &count), OUT(neighbours), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_within(gallery, rows + 2 * D, D, 9, neighbours, 4, &count), OUT(neighbours), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_within(gallery, rows, D, NAN, neighbours, 4, &count), OUT(neighbours), OUT(count));
    fs_gallery_identity match = {.size = sizeof match};
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_identify(gallery, rows + 2 * D, D, within(1), &match), OUT(match));
    fs_gallery_identity identity = {.size = sizeof identity};
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_identify(gallery, rows + 2 * D, D, NULL, &identity), OUT(identity));
    fs_verdict verdict;
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_verify(gallery, "ann", rows + 2 * D, D, 1, &verdict), OUT(verdict));
    KEEPS(FS_NOT_FOUND, fs_gallery_verify(gallery, "eve", rows, D, 1, &verdict), OUT(verdict));
  }
  TEST("searches without room leave their answers alone") {
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_search(gallery, rows, 2, D, 2, neighbours, 3, &count), OUT(neighbours), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_within(gallery, rows, D, 9, NULL, 4, &count), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_list_people(gallery, NULL, 4, &count), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_list_photos(gallery, NULL, NULL, 4, &count), OUT(count));
    KEEPS(FS_NOT_FOUND, fs_gallery_list_photos(gallery, "eve", NULL, 0, &count), OUT(count));
  }
  TEST("one photo that is not there leaves the embeddings of the others alone") {
    const uint64_t numbers[PHOTOS] = {0, 1, 7}, huge[2] = {0, UINT64_MAX};
    KEEPS(FS_NOT_FOUND, fs_gallery_embeddings(gallery, numbers, PHOTOS, found, PHOTOS * D), OUT(found));
    KEEPS(FS_NOT_FOUND, fs_gallery_embeddings(gallery, huge, 2, found, PHOTOS * D), OUT(found));
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_embeddings(gallery, numbers, 2, found, 2 * D - 1), OUT(found));
  }
  TEST("photos that cannot be added are not told as added") {
    fs_gallery_report report = {.size = sizeof report};
    fs_enrolment enrolment = {.size = sizeof enrolment};
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_add_many(gallery, names, rows, PHOTOS, D, &report), OUT(report));
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_enrol(gallery, "dan", rows + 2 * D, D, NULL, &enrolment), OUT(enrolment));
    KEEPS(FS_INVALID_ARGUMENT, fs_gallery_merge(gallery, NULL, &report), OUT(report));
    KEEPS(FS_IO, fs_gallery_import(gallery, "/nowhere/at/all.csv", &report), OUT(report));
    CHECK(fs_gallery_person_count(gallery) == PHOTOS && fs_gallery_photo_count(gallery) == PHOTOS);
  }
  fs_gallery_destroy(gallery), fs_embedder_destroy(embedder), fs_model_destroy(model);
}

/* ---- Numbers ---- */

static fs_status fails_late(const double *x, size_t count, double *value, void *user) {
  (void)x, (void)count;
  *value = 1;
  return --*(int *)user > 0 ? FS_OK : FS_CANCELLED;
}

static fs_status fails(const double *x, size_t count, double *gradient, void *user) {
  (void)x, (void)count, (void)user;
  gradient[0] = 1;
  return FS_IO;
}

static void numbers(void) {
  const float good[6] = {1, 2, 3, 4, 5, 6}, bad[6] = {1, 2, 3, 4, 5, NAN}, huge[6] = {1, 2, 3, 4, 5, 1e30f};
  float many[64];
  double value;
  size_t count;
  TEST("distances and identities of rows that are no numbers at their end are not written") {
    const int32_t labels[3] = {1, 1, 2};
    fs_identify_options options;
    fs_identity identity = {.size = sizeof identity};
    float distance;
    CHECK_OK(fs_identify_options_init(&options, sizeof options));
    options.threshold = 1;
    KEEPS(FS_INVALID_ARGUMENT, fs_distances(FS_DISTANCE_COSINE, good, 3, bad, 3, 2, NULL, many, 64), OUT(many));
    KEEPS(FS_INVALID_ARGUMENT, fs_distances(FS_DISTANCE_COSINE, bad, 3, good, 3, 2, NULL, many, 64), OUT(many));
    KEEPS(FS_INVALID_ARGUMENT, fs_distances(FS_DISTANCE_COSINE, good, 3, good, 3, 2, NULL, many, 8), OUT(many));
    KEEPS(FS_INVALID_ARGUMENT, fs_distances(FS_DISTANCE_DIFFERENCE_HEAD, good, 3, good, 3, 2, NULL, many, 64), OUT(many));
    KEEPS(FS_INVALID_ARGUMENT, fs_identify(bad, labels, 3, 2, good, &options, &identity), OUT(identity));
    KEEPS(FS_INVALID_ARGUMENT, fs_identify(good, labels, 3, 2, bad + 4, &options, &identity), OUT(identity));
    KEEPS(FS_INVALID_ARGUMENT, fs_identify(good, labels, 3, 2, good, NULL, &identity), OUT(identity));
    KEEPS(FS_INVALID_ARGUMENT, fs_distance(good, bad, 6, &distance), OUT(distance));
  }
  TEST("costs of features that are no numbers at their end are not written") {
    KEEPS(FS_INVALID_ARGUMENT, fs_triplet_loss(good, good, bad, 3, 2, 0.2f, FS_MEAN, &value), OUT(value));
    KEEPS(FS_INVALID_ARGUMENT, fs_content_cost(good, bad, 1, 3, 2, FS_COST_LECTURE, &value), OUT(value));
    KEEPS(FS_INVALID_ARGUMENT, fs_style_cost(good, bad, 1, 3, 2, FS_COST_LECTURE, &value), OUT(value));
    KEEPS(FS_INVALID_ARGUMENT, fs_gram_matrix(bad, 2, 3, many, sizeof many / sizeof *many), OUT(many));
    KEEPS(FS_INVALID_ARGUMENT, fs_total_cost(1, NAN, 1, 1, &value), OUT(value));
  }
  TEST("an array with room for one number too few is not written") {
    const double x[3] = {1, 2, 3};
    double values[3], slopes[3];
    int calls = 99;
    KEEPS(FS_INVALID_ARGUMENT, fs_gram_matrix(good, 2, 3, many, 3), OUT(many));
    KEEPS(FS_INVALID_ARGUMENT, fs_gram_matrix(good, 2, 3, many, SIZE_MAX), OUT(many));
    KEEPS(FS_INVALID_ARGUMENT, fs_gradient_numeric(fails_late, &calls, x, 3, NULL, slopes, 2), OUT(slopes));
    KEEPS(FS_INVALID_ARGUMENT, fs_differentiate(FS_FUNCTION_SIN, FS_REVERSE, x, 3, values, slopes, 2), OUT(values), OUT(slopes));
    KEEPS(FS_INVALID_ARGUMENT, fs_differentiate(FS_FUNCTION_SIN, FS_REVERSE, x, 3, NULL, slopes, 2), OUT(slopes));
  }
  TEST("a convolution without room or weights of its shape writes neither numbers nor shape") {
    const size_t x_shape[3] = {1, 3, 2}, weights_shape[3] = {1, 2, 3}, other[3] = {1, 3, 3};
    size_t shape[5];
    KEEPS(FS_INVALID_ARGUMENT, fs_convolve(1, good, x_shape, NULL, weights_shape, NULL, 1, 1, many, 64, shape), OUT(many), OUT(shape));
    KEEPS(FS_INVALID_ARGUMENT, fs_convolve(1, good, x_shape, good, weights_shape, NULL, 1, 1, many, 2, shape), OUT(many), OUT(shape));
    KEEPS(FS_INVALID_ARGUMENT, fs_convolve(1, good, x_shape, good, other, NULL, 1, 1, many, 64, shape), OUT(many), OUT(shape));
    KEEPS(FS_INVALID_ARGUMENT, fs_convolve(1, good, x_shape, good, weights_shape, NULL, 1, 1, many, 64, NULL), OUT(many));
  }
  TEST("a host's function that fails at its last call leaves no gradient") {
    const double x[3] = {1, 2, 3};
    double gradient[3];
    fs_gradient_report report = {.size = sizeof report};
    int calls = 6;
    KEEPS(FS_CANCELLED, fs_gradient_numeric(fails_late, &calls, x, 3, NULL, gradient, sizeof gradient / sizeof *gradient), OUT(gradient));
    calls = 12;
    KEEPS(FS_CANCELLED, fs_gradient_check(fails_late, NULL, &calls, x, 3, NULL, &report), OUT(report));
    calls = 99;
    KEEPS(FS_IO, fs_gradient_check(fails_late, fails, &calls, x, 3, NULL, &report), OUT(report));
    double values[3];
    KEEPS(FS_INVALID_ARGUMENT, fs_differentiate((fs_function)99, FS_REVERSE, x, 3, values, gradient, 3), OUT(values), OUT(gradient));
    KEEPS(FS_INVALID_ARGUMENT, fs_differentiate(FS_FUNCTION_SIN, (fs_differentiation)9, x, 3, values, gradient, 3), OUT(values), OUT(gradient));
  }
  TEST("a loss that fails writes neither value nor gradients") {
    fs_loss_options loss;
    const int32_t labels[3] = {0, 1, 2}, people[3] = {0, 0, 1};
    float gradient[6], head[9], head_gradient[9];
    fs_mining_statistics statistics;
    const output kept[] = {OUT(value), OUT(gradient), OUT(head_gradient), OUT(statistics)};
#define LOSS(wanted, embeddings, labels, classes)                                                                       \
  KEEPS(wanted, fs_loss_evaluate(&loss, embeddings, 3, 2, labels, NULL, head, classes, &value, gradient, 6, head_gradient, 9, \
                                 &statistics), kept[0], kept[1], kept[2], kept[3])
    CHECK_OK(fs_loss_options_init(&loss, sizeof loss, FS_LOSS_SOFTMAX));
    REQUIRE_OK(fs_loss_head_init(&loss, 2, 3, 1, head, 9));
    LOSS(FS_INVALID_ARGUMENT, bad, labels, 3);
    LOSS(FS_INVALID_ARGUMENT, good, labels, 2); /* the last label is out of range */
    KEEPS(FS_INVALID_ARGUMENT, fs_loss_evaluate(&loss, good, 3, 2, labels, NULL, head, 3, &value, gradient, 5, head_gradient, 9, &statistics),
          kept[0], kept[1], kept[2], kept[3]);
    KEEPS(FS_INVALID_ARGUMENT, fs_loss_evaluate(&loss, good, 3, 2, labels, NULL, head, 3, &value, gradient, 6, head_gradient, 8, &statistics),
          kept[0], kept[1], kept[2], kept[3]);
    CHECK_OK(fs_loss_options_init(&loss, sizeof loss, FS_LOSS_SEMI_HARD));
    LOSS(FS_INVALID_ARGUMENT, huge, people, 0); /* overflows */
    CHECK_OK(fs_loss_options_init(&loss, sizeof loss, FS_LOSS_CENTRE));
    KEEPS(FS_INVALID_ARGUMENT, fs_loss_head_init(&loss, 2, 3, 1, many, 14), OUT(many));
    KEEPS(FS_INVALID_ARGUMENT, fs_loss_head_size(&loss, 2, 0, &count), OUT(count));
    float centres[15], before[15];
    REQUIRE_OK(fs_loss_head_init(&loss, 2, 3, 1, centres, 15));
    memcpy(before, centres, sizeof before);
    const int32_t last_is_high[3] = {0, 1, 3};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_loss_update_centres(&loss, good, 3, 2, last_is_high, 3, centres, sizeof centres / sizeof *centres));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_loss_update_centres(&loss, bad, 3, 2, labels, 3, centres, sizeof centres / sizeof *centres));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_loss_update_centres(&loss, good, 3, 2, labels, 3, centres, 14));
    CHECK(memcmp(before, centres, sizeof before) == 0);
  }
}

/* ---- Evaluation and maps ---- */

static fs_action cancel_at_the_end(const fs_tsne_progress *progress, void *user) {
  (void)user;
  return progress->step == progress->steps ? FS_CANCEL : FS_CONTINUE;
}

static void evaluation(void) {
  const double good[6] = {0.1, 0.2, 0.3, 0.8, 0.9, 1.0}, bad[6] = {0.1, 0.2, 0.3, 0.8, 0.9, NAN};
  const int32_t same[6] = {1, 1, 1, 0, 0, 0};
  size_t found;
  TEST("an evaluation whose last distance is no number writes nothing") {
    fs_roc_point points[7];
    fs_evaluation result = {.size = sizeof result};
    fs_evaluation_options options;
    const int32_t folds[6] = {0, 1, 2, 0, 1, 2};
    CHECK_OK(fs_evaluation_options_init(&options, sizeof options));
    options.folds = 3;
    CHECK_OK(fs_evaluate_roc(good, same, 6, points, 7, &found));
    KEEPS(FS_INVALID_ARGUMENT, fs_evaluate_roc(bad, same, 6, points, 7, &found), OUT(points), OUT(found));
    KEEPS(FS_INVALID_ARGUMENT, fs_evaluate_roc(good, same, 6, points, 6, &found), OUT(points), OUT(found));
    KEEPS(FS_INVALID_ARGUMENT, fs_evaluate_roc(good, same, 6, points, 7, NULL), OUT(points));
    KEEPS(FS_INVALID_ARGUMENT, fs_evaluate_pairs(bad, same, folds, 6, &options, &result), OUT(result));
  }
  TEST("a calibration that cannot be claimed, and rows without room, write nothing") {
    fs_calibration calibration = {.size = sizeof calibration};
    fs_calibration_options options;
    fs_growth rows[2];
    const uint64_t people[2] = {1, 2}, nobody[2] = {1, 0};
    CHECK_OK(fs_calibration_options_init(&options, sizeof options));
    KEEPS(FS_INVALID_ARGUMENT, fs_calibrate(good, same, 6, &options, &calibration), OUT(calibration));
    options.false_accept_rate = 0.9;
    CHECK_OK(fs_calibrate(good, same, 6, &options, &calibration));
    CHECK_OK(fs_calibrate_growth(good, same, 6, &options, people, 2, rows, 2));
    KEEPS(FS_INVALID_ARGUMENT, fs_calibrate(bad, same, 6, &options, &calibration), OUT(calibration));
    KEEPS(FS_INVALID_ARGUMENT, fs_calibrate_growth(bad, same, 6, &options, people, 2, rows, 2), OUT(rows));
    KEEPS(FS_INVALID_ARGUMENT, fs_calibrate_growth(good, same, 6, &options, people, 2, rows, 1), OUT(rows));
    KEEPS(FS_INVALID_ARGUMENT, fs_calibrate_growth(good, same, 6, &options, nobody, 2, rows, 2), OUT(rows));
    const float embeddings[6] = {1, 2, 3, 4, 5, NAN};
    const int32_t labels[3] = {1, 1, 2};
    KEEPS(FS_INVALID_ARGUMENT, fs_calibrate_embeddings(embeddings, labels, 3, 2, NULL, 0, &options, &calibration), OUT(calibration));
  }
  TEST("a map that is cancelled at its last step, or has a point that is no number, is not written") {
    enum { COUNT = 20 };
    float points[COUNT * 3], map[COUNT * 2];
    double divergence;
    fs_tsne_options options;
    for (int i = 0; i < COUNT * 3; i++) points[i] = (float)sin(i * i);
    CHECK_OK(fs_tsne_options_init(&options, sizeof options));
    options.perplexity = 4, options.steps = 50, options.on_step = cancel_at_the_end;
    KEEPS(FS_CANCELLED, fs_tsne(points, COUNT, 3, &options, map, COUNT * 2, &divergence), OUT(map), OUT(divergence));
    KEEPS(FS_INVALID_ARGUMENT, fs_tsne(points, COUNT, 3, &options, map, COUNT * 2 - 1, &divergence), OUT(map), OUT(divergence));
    points[COUNT * 3 - 1] = NAN;
    KEEPS(FS_INVALID_ARGUMENT, fs_tsne(points, COUNT, 3, &options, map, COUNT * 2, &divergence), OUT(map), OUT(divergence));
  }
  TEST("a pair and a photo that are not there are not written") {
    fs_pairs *list = NULL;
    fs_landmarks *landmarks = NULL;
    fs_pair pair;
    fs_face face;
    const char text[] = "1\nAnn\t1\t2\nAnn\t1\tBob\t1\n", json[] = "{\"a\": [[1, 2], [3, 2], [2, 3], [1, 4], [3, 4]]}";
    REQUIRE_OK(fs_pairs_load(&list, text, sizeof text - 1));
    REQUIRE_OK(fs_landmarks_load(&landmarks, json, sizeof json - 1));
    KEEPS(FS_INVALID_ARGUMENT, fs_pairs_get(list, 2, &pair), OUT(pair));
    KEEPS(FS_NOT_FOUND, fs_landmarks_find(landmarks, "b", &face), OUT(face));
    fs_pairs_destroy(list), fs_landmarks_destroy(landmarks);
    KEEPS(FS_BAD_DATA, fs_pairs_load(&list, "1\nAnn\t1\t2\n", 10), OUT(list));
  }
}

/* ---- Pictures, faces, photos ---- */

static void pictures(void) {
  fs_image *image = picture(40, 30, 1);
  size_t count;
  TEST("of two pictures neither is made where one cannot be") {
    fs_image *out, *mask;
    static float flow[2 * 40 * 30];
    memset(flow, 0, sizeof flow);
    KEEPS(FS_INVALID_ARGUMENT, fs_flow_warp(&out, NULL, image, flow, NULL, 2 * 40 * 30), OUT(out));
    KEEPS(FS_INVALID_ARGUMENT, fs_flow_warp(&out, &mask, image, flow, NULL, 2 * 40 * 30 - 1), OUT(out), OUT(mask));
    KEEPS(FS_INVALID_ARGUMENT, fs_flow_warp(&out, &mask, image, NULL, NULL, 2 * 40 * 30), OUT(out), OUT(mask));
  }
  TEST("a file that cannot be made has no size; one without room has, as the header says") {
    uint8_t file[16];
    KEEPS(FS_INVALID_ARGUMENT, fs_image_encode(image, FS_JPEG, 101, file, 16, &count), OUT(file), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_image_encode(image, (fs_file_format)8, 90, file, 16, &count), OUT(file), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_image_encode(image, FS_PNG, 90, NULL, 16, &count), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_image_encode(image, FS_PNG, 90, file, 16, &count), OUT(file));
    CHECK(count > 16);
  }
  TEST("a frame of faces with a bad one at its end writes nothing of any") {
    fs_tracker *tracker = NULL;
    fs_face faces[3] = {face_at(1, 1, 9), face_at(20, 1, 9), face_at(1, 20, NAN)};
    fs_tracked tracked[3];
    REQUIRE_OK(fs_tracker_create(&tracker, NULL));
    KEEPS(FS_INVALID_ARGUMENT, fs_tracker_update(tracker, faces, NULL, 3, 0, tracked, 3), OUT(tracked));
    KEEPS(FS_INVALID_ARGUMENT, fs_tracker_update(tracker, faces, NULL, 2, 0, tracked, 1), OUT(tracked));
    fs_track tracks[2];
    KEEPS(FS_INVALID_ARGUMENT, fs_tracker_tracks(tracker, tracks, 2, NULL), OUT(tracks));
    KEEPS(FS_INVALID_ARGUMENT, fs_tracker_tracks(tracker, NULL, 2, &count), OUT(count));
    fs_tracker_destroy(tracker);
    fs_quality quality = {.size = sizeof quality};
    KEEPS(FS_INVALID_ARGUMENT, fs_face_quality(image, &faces[2], NULL, &quality), OUT(quality));
  }
  TEST("a photo that was left out is told with path and reason, or neither") {
    fs_photos *photos = NULL;
    char people[220], file[260], path[64], reason[64];
    snprintf(people, sizeof people, "%s/people", folder);
    snprintf(file, sizeof file, "%s/notes.txt", people);
    REQUIRE(mkdir(people, 0700) == 0 && write_file(file, "x", 1));
    REQUIRE_OK(fs_photos_create(&photos));
    CHECK_OK(fs_photos_add_folder(photos, people, NULL, NULL));
    count = fs_photos_left_out_count(photos);
    CHECK(count == 1);
    KEEPS(FS_INVALID_ARGUMENT, fs_photos_left_out(photos, 0, path, sizeof path, reason, 0), OUT(path), OUT(reason));
    KEEPS(FS_INVALID_ARGUMENT, fs_photos_left_out(photos, 0, path, 0, reason, sizeof reason), OUT(path), OUT(reason));
    KEEPS(FS_INVALID_ARGUMENT, fs_photos_left_out(photos, 1, path, sizeof path, reason, sizeof reason), OUT(path), OUT(reason));
    CHECK_OK(fs_photos_left_out(photos, 0, path, sizeof path, reason, sizeof reason));
    fs_photos_destroy(photos);
    unlink(file), rmdir(people);
  }
  fs_image_destroy(image);
}

/* ---- With the models that are built ---- */

static void built_models(void) {
  fs_model *mtcnn = open_model("mtcnn.safetensors"), *vgg = open_model("vgg19.safetensors");
  fs_image *image = picture(48, 32, 1);
  size_t count;
  TEST("faces without room, or outside of the picture, are not written") {
    fs_detector *detector = NULL;
    fs_detector_options options;
    fs_face faces[2];
    CHECK_OK(fs_detector_options_init(&options, sizeof options));
    options.region = (fs_region){.x = 30, .y = 10, .width = 30, .height = 10};
    REQUIRE_OK(fs_detector_create(&detector, mtcnn, &options));
    KEEPS(FS_INVALID_ARGUMENT, fs_detector_find(detector, image, faces, 2, &count), OUT(faces), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_detector_find(detector, image, NULL, 2, &count), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_detector_find(detector, image, faces, 2, NULL), OUT(faces));
    fs_detector_destroy(detector);
  }
  TEST("features without room have no shape, and patches of no unit no number") {
    static float values[48 * 32 * 64];
    uint32_t shape[3];
    fs_unit_patch patches[2];
    fs_unit_search *search = NULL;
    KEEPS(FS_INVALID_ARGUMENT, fs_model_features(vgg, image, "conv1_1", FS_POOLING_AVERAGE, values, 48 * 32 * 64 - 1, shape), OUT(values), OUT(shape));
    KEEPS(FS_NOT_FOUND, fs_model_features(vgg, image, "conv9_9", FS_POOLING_AVERAGE, values, 48 * 32 * 64, shape), OUT(values), OUT(shape));
    KEEPS(FS_INVALID_ARGUMENT, fs_model_features(vgg, image, "conv1_1", FS_POOLING_AVERAGE, values, 48 * 32 * 64, NULL), OUT(values));
    REQUIRE_OK(fs_unit_search_create(&search, vgg, "conv1_1", NULL));
    KEEPS(FS_INVALID_ARGUMENT, fs_unit_search_patches(search, 64, patches, 2, &count), OUT(patches), OUT(count));
    KEEPS(FS_INVALID_ARGUMENT, fs_unit_search_patches(search, 0, NULL, 2, &count), OUT(count));
    fs_unit_search_destroy(search);
  }
  TEST("costs of a picture are written with their gradient, or not at all") {
    fs_styler *styler = NULL;
    double content, style, total;
    static float gradient[48 * 32 * 3];
    REQUIRE_OK(fs_styler_create(&styler, vgg));
    KEEPS(FS_INVALID_ARGUMENT,
          fs_styler_evaluate(styler, image, image, image, NULL, &content, &style, &total, gradient, 48 * 32 * 3 - 1),
          OUT(content), OUT(style), OUT(total), OUT(gradient));
    KEEPS(FS_INVALID_ARGUMENT,
          fs_styler_evaluate(styler, image, image, image, NULL, &content, &style, NULL, gradient, 48 * 32 * 3),
          OUT(content), OUT(style), OUT(gradient));
    fs_styler_destroy(styler);
  }
  fs_image_destroy(image), fs_model_destroy(mtcnn), fs_model_destroy(vgg);
}

int main(void) {
  if (!mkdtemp(folder)) return 1;
  embedders();
  galleries();
  numbers();
  evaluation();
  pictures();
  if (have(model_path("vgg19.safetensors"), "outputs of detectors and stylers") &&
      have(model_path("mtcnn.safetensors"), "outputs of detectors and stylers"))
    built_models();
  rmdir(folder);
  return test_end_program();
}
