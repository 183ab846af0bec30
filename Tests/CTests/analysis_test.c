/* Face analysis: from a photo to its faces, and to an answer, with the models that are installed. */
#include "weights.h"

enum { DIMENSION = 128 };

static bool is(const char *text, const char *wanted) { return text && strcmp(text, wanted) == 0; }

static fs_face_analysis *made(const char *detector, const char *embedder) {
  fs_face_analysis_options options;
  fs_face_analysis *analysis = NULL;
  CHECK_OK(fs_face_analysis_options_init(&options, sizeof options));
  options.detector = detector, options.embedder = embedder;
  return CHECK_OK(fs_face_analysis_create(&analysis, &options)) ? analysis : NULL;
}

static fs_image *opened(const char *name) {
  fs_image *image = NULL;
  return fs_image_open(&image, photo_path(name)) == FS_OK ? image : NULL;
}

/* The photo without a quarter of its main face. */
static fs_image *cut(const fs_image *photo, const fs_face *face) {
  fs_image *half = NULL;
  const uint32_t left = (uint32_t)(face->x + face->width * 0.25f);
  CHECK_OK(fs_image_crop(&half, photo, left, 0, fs_image_width(photo) - left, fs_image_height(photo)));
  return half;
}

/* Keeps the last message. */
static void keep_message(fs_log_level level, const char *message, void *user) {
  (void)level;
  snprintf(user, 200, "%s", message);
}

static void refused(void) {
  fs_face_analysis *analysis = NULL;
  fs_face_analysis_options options;
  TEST("options out of their ranges are refused") {
    REQUIRE_OK(fs_face_analysis_options_init(&options, sizeof options));
    CHECK(options.detector == NULL && options.embedder == NULL && options.min_face == 40 && options.max_faces == 0);
    const float sides[] = {11, -1, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
      options.min_face = sides[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, analysis, fs_face_analysis_create(&analysis, &options));
    }
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_face_analysis_create(NULL, NULL));
  }
  TEST("a model that is nowhere is told by its name") {
    REQUIRE_OK(fs_face_analysis_options_init(&options, sizeof options));
    options.embedder = "no-such-model";
    CHECK_REFUSED(FS_NOT_FOUND, analysis, fs_face_analysis_create(&analysis, &options));
    CHECK(strstr(fs_last_error(), "no-such-model") != NULL);
    options.embedder = "/no/such/model.safetensors";
    CHECK_REFUSED(FS_IO, analysis, fs_face_analysis_create(&analysis, &options));
    options.embedder = "";
    CHECK_REFUSED(FS_INVALID_ARGUMENT, analysis, fs_face_analysis_create(&analysis, &options));
  }
  TEST("NULL and what is no analysis are refused") {
    fs_faces *faces = NULL;
    fs_verdict verdict;
    fs_analysed_face face = {.size = sizeof face};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, faces, fs_face_analysis_run(NULL, &faces, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_face_analysis_compare(NULL, NULL, NULL, 1, &verdict));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, face, fs_faces_get(NULL, 0, &face));
    CHECK(fs_faces_count(NULL) == 0 && !fs_face_analysis_detector(NULL) && !fs_face_analysis_embedder(NULL));
    fs_face_analysis_destroy(NULL), fs_faces_destroy(NULL);
  }
}

static void whole_photos(void) {
  fs_trainer_options options;
  fs_trainer *trainer = NULL;
  char path[] = "/tmp/facestyle-analysis-XXXXXX";
  const int file = mkstemp(path);
  if (file >= 0) close(file);
  TEST("an embedder of whole photos needs no detector, and its one face is the photo") {
    REQUIRE_OK(fs_trainer_options_init(&options, sizeof options));
    options.architecture = "siamese";
    REQUIRE_OK(fs_trainer_create(&trainer, &options, NULL));
    REQUIRE_OK(fs_trainer_save_model(trainer, path, FS_FLOAT16, 1, NULL));
    fs_face_analysis *analysis = made("/no/such/detector", path);
    fs_image *photo = picture(92, 112, 1);
    fs_faces *faces = NULL;
    fs_analysed_face face = {.size = sizeof face};
    fs_verdict verdict;
    CHECK(fs_face_analysis_detector(analysis) == NULL);
    REQUIRE_OK(fs_face_analysis_run(analysis, &faces, photo));
    REQUIRE(fs_faces_count(faces) == 1);
    CHECK_OK(fs_faces_get(faces, 0, &face));
    CHECK(face.face.width == 92 && face.face.height == 112 && isnan(face.face.landmarks[0].x) && face.is_main && face.reasons == 0);
    CHECK_OK(fs_face_analysis_compare(analysis, photo, photo, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.same && verdict.distance == 0 && verdict.reasons[0] == 0 && verdict.reasons[1] == 0);
    fs_faces_destroy(faces), fs_face_analysis_destroy(analysis), fs_image_destroy(photo);
  }
  fs_trainer_destroy(trainer);
  unlink(path);
}

static void real(void) {
  fs_face_analysis *analysis = made("mtcnn", "dlib-resnet");
  fs_image *obama = opened("obama.jpg"), *again = opened("obama2.jpg"), *cat = opened("chelsea.png");
  const fs_embedder *embedder = fs_face_analysis_embedder(analysis);
  const fs_detector *detector = fs_face_analysis_detector(analysis);
  fs_faces *faces = NULL;
  fs_analysed_face found = {.size = sizeof found};
  float embedding[DIMENSION];
  TEST("a photo's face is that of the detector, its embedding that of the embedder, to the bit") {
    fs_face face;
    fs_quality quality = {.size = sizeof quality};
    REQUIRE_OK(fs_embedder_embed_photo(embedder, detector, obama, &face, embedding, DIMENSION));
    REQUIRE_OK(fs_face_quality(obama, &face, NULL, &quality));
    REQUIRE_OK(fs_face_analysis_run(analysis, &faces, obama));
    REQUIRE(fs_faces_count(faces) == 1);
    REQUIRE_OK(fs_faces_get(faces, 0, &found));
    CHECK(memcmp(&found.face, &face, sizeof face) == 0 && found.dimension == DIMENSION && found.is_main);
    CHECK(memcmp(found.embedding, embedding, sizeof embedding) == 0);
    CHECK(found.quality == quality.score && found.reasons == quality.reasons && found.reasons == 0);
  }
  TEST("what is borrowed lives as long as the faces, without the analysis") {
    fs_face_analysis *other = made("mtcnn", "dlib-resnet");
    fs_faces *kept = NULL;
    REQUIRE_OK(fs_face_analysis_run(other, &kept, obama));
    const fs_embedder *borrowed = fs_face_analysis_embedder(other);
    CHECK(fs_embedder_dimension(borrowed) == DIMENSION);
    fs_face_analysis_destroy(other);
    CHECK(fs_embedder_dimension(borrowed) == 0);
    fs_analysed_face face = {.size = sizeof face};
    REQUIRE_OK(fs_faces_get(kept, 0, &face));
    CHECK(memcmp(face.embedding, embedding, sizeof embedding) == 0);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, face, fs_faces_get(kept, 1, &face));
    fs_faces_destroy(kept);
  }
  TEST("two photos are compared as by fs_compare_photos, and good faces have no reasons") {
    fs_verdict verdict, wanted;
    REQUIRE_OK(fs_compare_photos(embedder, detector, obama, again, FS_DEFAULT_THRESHOLD, &wanted));
    REQUIRE_OK(fs_face_analysis_compare(analysis, obama, again, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(memcmp(&verdict, &wanted, sizeof verdict) == 0 && verdict.same && verdict.threshold == fs_embedder_threshold(embedder));
    CHECK(verdict.reasons[0] == 0 && verdict.reasons[1] == 0);
    CHECK_NEAR(verdict.distance, 0.38, 0.005); /* as in README */
    CHECK_REFUSED(FS_INVALID_ARGUMENT, verdict, fs_face_analysis_compare(analysis, obama, again, -2, &verdict));
  }
  TEST("a face that the picture's edge cuts off is answered, and flagged wherever an answer is from a photo") {
    fs_image *half = cut(obama, &found.face);
    fs_verdict verdict;
    REQUIRE_OK(fs_face_analysis_compare(analysis, obama, half, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.reasons[0] == 0 && verdict.reasons[1] & FS_QUALITY_CUT_OFF);
    REQUIRE_OK(fs_compare_photos(embedder, detector, half, obama, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.reasons[0] & FS_QUALITY_CUT_OFF && verdict.reasons[1] == 0);
    fs_gallery *gallery = NULL;
    fs_gallery_identity identity = {.size = sizeof identity};
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    CHECK_OK(fs_gallery_add(gallery, "Obama", embedding, DIMENSION));
    CHECK_OK(fs_gallery_verify_photo(gallery, embedder, detector, "Obama", half, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.reasons[0] & FS_QUALITY_CUT_OFF && verdict.reasons[1] == 0);
    CHECK_OK(fs_gallery_identify_photo(gallery, embedder, detector, half, NULL, &identity));
    CHECK(identity.reasons & FS_QUALITY_CUT_OFF);
    CHECK_OK(fs_gallery_verify_photo(gallery, embedder, detector, "Obama", again, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.reasons[0] == 0 && verdict.reasons[1] == 0);
    CHECK_OK(fs_gallery_verify(gallery, "Obama", embedding, DIMENSION, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.reasons[0] == 0 && verdict.reasons[1] == 0);
    CHECK_OK(fs_gallery_identify_photo(gallery, embedder, detector, again, NULL, &identity));
    CHECK(identity.reasons == 0 && is(identity.name, "Obama"));
    fs_gallery_destroy(gallery), fs_image_destroy(half);
  }
  TEST("a small face is flagged as small, and a small one that was enlarged as blurred") {
    fs_image *small = photo("obama.jpg", 100), *tiny = photo("obama.jpg", 60), *blurred = NULL; /* 9 and 6 pixels between the eyes */
    fs_verdict verdict;
    fs_face_analysis_options options;
    fs_face_analysis *sharp = NULL;
    REQUIRE_OK(fs_face_analysis_options_init(&options, sizeof options));
    options.detector = "mtcnn", options.embedder = "dlib-resnet", options.min_face = 16;
    REQUIRE_OK(fs_face_analysis_create(&sharp, &options));
    CHECK_OK(fs_face_analysis_compare(sharp, small, obama, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK((verdict.reasons[0] & FS_QUALITY_SMALL) && !(verdict.reasons[0] & FS_QUALITY_CUT_OFF) && verdict.reasons[1] == 0);
    CHECK_OK(fs_image_resize(&blurred, tiny, fs_image_width(obama), fs_image_height(obama), FS_BICUBIC));
    CHECK_OK(fs_face_analysis_compare(analysis, obama, blurred, FS_DEFAULT_THRESHOLD, &verdict));
    CHECK(verdict.reasons[0] == 0 && verdict.reasons[1] == FS_QUALITY_BLURRED);
    fs_image_destroy(small), fs_image_destroy(tiny), fs_image_destroy(blurred), fs_face_analysis_destroy(sharp);
  }
  TEST("a face that cannot be relied on is no secret when it is enrolled") {
    fs_image *half = cut(obama, &found.face);
    fs_gallery *gallery = NULL;
    char logged[200] = "";
    REQUIRE_OK(fs_gallery_create(&gallery, embedder));
    fs_log_set(FS_LOG_WARNING, keep_message, logged);
    CHECK_OK(fs_gallery_add_photo(gallery, embedder, detector, "Obama", again));
    CHECK(logged[0] == 0);
    CHECK_OK(fs_gallery_add_photo(gallery, embedder, detector, "Barack", half));
    CHECK(strstr(logged, "Barack: the face in the photo is cut off by the edge") != NULL);
    fs_log_set(FS_LOG_WARNING, NULL, NULL);
    fs_gallery_destroy(gallery), fs_image_destroy(half);
  }
  TEST("a photo without a face has none, and cannot be compared") {
    fs_faces *none = NULL;
    fs_verdict verdict;
    REQUIRE_OK(fs_face_analysis_run(analysis, &none, cat));
    CHECK(fs_faces_count(none) == 0);
    CHECK_REFUSED(FS_NO_FACE, verdict, fs_face_analysis_compare(analysis, cat, obama, FS_DEFAULT_THRESHOLD, &verdict));
    fs_faces_destroy(none);
  }
  TEST("its parts say which models they are") {
    fs_model_info info = {.size = sizeof info};
    REQUIRE_OK(fs_embedder_model_info(embedder, &info));
    CHECK(is(info.name, "dlib-resnet") && is(info.architecture, "dlib-resnet") && info.use == FS_MODEL_EMBEDDER && info.role == NULL);
    REQUIRE_OK(fs_detector_model_info(detector, &info));
    CHECK(is(info.name, "mtcnn") && info.use == FS_MODEL_DETECTOR && info.path && strstr(info.licence, "MIT"));
  }
  TEST("without names the models of the two roles are taken") {
    fs_face_analysis *defaults = NULL;
    fs_model_info embeds = {.size = sizeof embeds}, finds = {.size = sizeof finds};
    REQUIRE_OK(fs_face_analysis_create(&defaults, NULL));
    CHECK_OK(fs_embedder_model_info(fs_face_analysis_embedder(defaults), &embeds));
    CHECK_OK(fs_detector_model_info(fs_face_analysis_detector(defaults), &finds));
    CHECK(is(embeds.role, "faces") && is(embeds.name, "dlib-resnet") && is(finds.role, "faces-points"));
    fs_face_analysis_destroy(defaults);
  }
  if (exists("models/faces-cascade.safetensors"))
    TEST("a detector without points is refused") {
      fs_face_analysis_options options;
      fs_face_analysis *without = NULL;
      REQUIRE_OK(fs_face_analysis_options_init(&options, sizeof options));
      options.detector = "faces-cascade";
      CHECK_REFUSED(FS_WRONG_MODEL, without, fs_face_analysis_create(&without, &options));
      CHECK(strstr(fs_last_error(), "faces-cascade") != NULL);
      options.detector = "dlib-resnet";
      CHECK_REFUSED(FS_WRONG_MODEL, without, fs_face_analysis_create(&without, &options));
    }
  fs_faces_destroy(faces);
  fs_image_destroy(obama), fs_image_destroy(again), fs_image_destroy(cat);
  fs_face_analysis_destroy(analysis);
}

int main(void) {
  setenv("XDG_DATA_HOME", "/no/such/folder", 1);
  refused();
  whole_photos();
  if (!quick() && have(model_path("mtcnn.safetensors"), "analysis") && have(model_path("dlib-resnet.safetensors"), "analysis") &&
      have(photo_path("obama.jpg"), "analysis"))
    real();
  return test_end_program();
}
