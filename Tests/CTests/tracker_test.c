/* Quality of faces, the tracker, alignment templates: what a photo shows, paths by hand, hostile input. */
#include "support.h"

/* dlib's mean face in a picture of `side` pixels. */
static fs_face mean_face(float side) {
  static const float at[10] = {47.55f, 46.6f, 100.48f, 46.6f, 74.01f, 78.2f, 50.41f, 103.02f, 97.61f, 103.02f};
  fs_face face = {.width = side, .height = side, .score = 1};
  for (int i = 0; i < 5; i++) face.landmarks[i].x = at[2 * i] * side / 150, face.landmarks[i].y = at[2 * i + 1] * side / 150;
  return face;
}

static void quality(void) {
  fs_quality_options options;
  fs_quality found = {.size = sizeof found};
  fs_face face = mean_face(150);
  fs_image *grey = plain(150, 150, 120, 120, 120), *black = plain(150, 150, 0, 0, 0), *white = plain(150, 150, 255, 255, 255);
  TEST("a grey wall is blurred and flat, and nothing else") {
    REQUIRE_OK(fs_face_quality(grey, &face, NULL, &found));
    CHECK(found.reasons == (FS_QUALITY_BLURRED | FS_QUALITY_FLAT));
    CHECK_NEAR(found.brightness, 120, 0.01);
    CHECK_NEAR(found.contrast, 0, 0.01);
    CHECK_NEAR(found.eye_distance, 52.93, 0.01);
    CHECK(found.sharpness == 0 && found.score == 0 && found.outside == 0 && found.clipped_dark == 0);
    CHECK(fabsf(found.yaw) < 2 && fabsf(found.pitch) < 2 && found.roll == 0);
  }
  TEST("too dark, too bright") {
    REQUIRE_OK(fs_face_quality(black, &face, NULL, &found));
    CHECK((found.reasons & FS_QUALITY_DARK) && !(found.reasons & FS_QUALITY_BRIGHT) && found.clipped_dark == 1);
    REQUIRE_OK(fs_face_quality(white, &face, NULL, &found));
    CHECK((found.reasons & FS_QUALITY_BRIGHT) && !(found.reasons & FS_QUALITY_DARK) && found.clipped_bright == 1);
  }
  TEST("small, cut off, turned and tilted faces are told") {
    fs_face small = mean_face(40);
    REQUIRE_OK(fs_face_quality(grey, &small, NULL, &found));
    CHECK(found.reasons & FS_QUALITY_SMALL);
    fs_face cut = face;
    for (int i = 0; i < 5; i++) cut.landmarks[i].x -= 60;
    REQUIRE_OK(fs_face_quality(grey, &cut, NULL, &found));
    CHECK((found.reasons & FS_QUALITY_CUT_OFF) && found.outside > 0.2f && found.outside < 0.6f);
    fs_face turned = face;
    turned.landmarks[2].x += 25; /* atan(25 / 0.4 * 52.9) = 50 */
    REQUIRE_OK(fs_face_quality(grey, &turned, NULL, &found));
    CHECK(found.reasons & FS_QUALITY_TURNED);
    CHECK_NEAR(found.yaw, 49.7, 0.3);
    fs_face tilted = face;
    for (int i = 0; i < 5; i++) { /* a quarter clockwise about the middle */
      float x = face.landmarks[i].x - 75, y = face.landmarks[i].y - 75;
      tilted.landmarks[i].x = 75 - y, tilted.landmarks[i].y = 75 + x;
    }
    REQUIRE_OK(fs_face_quality(grey, &tilted, NULL, &found));
    CHECK((found.reasons & FS_QUALITY_TILTED) && fabsf(found.yaw) < 2 && fabsf(found.pitch) < 2);
    CHECK_NEAR(found.roll, 90, 0.01);
  }
  TEST("a face without landmarks is measured where its box has the mean face, and nobody knows which way it looks") {
    fs_image *waves = picture(150, 150, 1);
    fs_face boxed = {.x = -15, .y = -15, .width = 180, .height = 180}; /* five sixths of it are the mean face's 150 pixels */
    fs_quality pointed = {.size = sizeof pointed};
    for (int i = 0; i < 5; i++) boxed.landmarks[i] = (fs_point){NAN, NAN};
    REQUIRE_OK(fs_face_quality(waves, &boxed, NULL, &found));
    REQUIRE_OK(fs_face_quality(waves, &face, NULL, &pointed));
    CHECK(isnan(found.yaw) && isnan(found.pitch) && isnan(found.roll));
    CHECK(found.reasons == pointed.reasons && found.outside == pointed.outside);
    CHECK_NEAR(found.eye_distance, 52.93, 0.01);
    CHECK_NEAR(found.brightness, pointed.brightness, 0.1);
    CHECK_NEAR(found.contrast, pointed.contrast, 0.1);
    CHECK_NEAR(found.sharpness / pointed.sharpness, 1, 0.01);
    boxed.height = 40; /* a box is taken as the square of its longer side */
    boxed.y = 55;
    REQUIRE_OK(fs_face_quality(waves, &boxed, NULL, &pointed));
    CHECK_NEAR(pointed.eye_distance, 52.93, 0.01);
    CHECK(pointed.sharpness == found.sharpness);
    static const float sides[] = {0, -1, NAN, INFINITY};
    for (int i = 0; i < 4; i++) {
      boxed.width = sides[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality(waves, &boxed, NULL, &found));
    }
    boxed.width = 180;
    static const float places[] = {1e9f, -1e30f, FLT_MAX};
    for (int i = 0; i < 3; i++) {
      boxed.x = places[i];
      CHECK_STATUS(TEST_ANY_STATUS, fs_face_quality(waves, &boxed, NULL, &found));
    }
    fs_image_destroy(waves);
  }
  TEST("limits are the caller's") {
    REQUIRE_OK(fs_quality_options_init(&options, sizeof options));
    CHECK(options.min_eye_distance == 20 && options.min_sharpness == 30 && options.max_yaw == 40);
    options.min_sharpness = 0, options.min_contrast = 0, options.max_brightness = 100;
    REQUIRE_OK(fs_face_quality(grey, &face, &options, &found));
    CHECK(found.reasons == FS_QUALITY_BRIGHT);
  }
  TEST("every reason has a text") {
    for (uint32_t bit = 1; bit <= FS_QUALITY_CUT_OFF; bit *= 2) CHECK(!strstr(fs_quality_reason_text((fs_quality_reason)bit), "unknown"));
    CHECK(strstr(fs_quality_reason_text((fs_quality_reason)0), "unknown"));
    CHECK(strstr(fs_quality_reason_text((fs_quality_reason)-1), "unknown"));
  }
  TEST("hostile faces are refused") {
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality(NULL, &face, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality(grey, NULL, NULL, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_face_quality(grey, &face, NULL, NULL));
    fs_face bad = {0};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality(grey, &bad, NULL, &found));
    static const float numbers[] = {INFINITY, -INFINITY};
    for (int i = 0; i < 2; i++) {
      bad = face, bad.landmarks[2].y = numbers[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality(grey, &bad, NULL, &found));
    }
    static const float strange[] = {FLT_MAX, -FLT_MAX, 1e30f, 1e6f, FLT_MIN};
    for (int i = 0; i < 5; i++) {
      for (int k = 0; k < 5; k++) {
        bad = face, bad.landmarks[k].x = strange[i];
        CHECK_STATUS(TEST_ANY_STATUS, fs_face_quality(grey, &bad, NULL, &found));
      }
      for (int k = 0; k < 5; k++) bad.landmarks[k].x = face.landmarks[k].x * strange[i], bad.landmarks[k].y = strange[i];
      CHECK_STATUS(TEST_ANY_STATUS, fs_face_quality(grey, &bad, NULL, &found));
    }
    options.max_yaw = NAN;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality(grey, &face, &options, &found));
    options.size = 8;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality(grey, &face, &options, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_quality_options_init(NULL, sizeof options));
  }
  fs_image_destroy(grey), fs_image_destroy(black), fs_image_destroy(white);
}

static fs_face box(float x, float y, float side) { return (fs_face){.x = x, .y = y, .width = side, .height = side, .score = 0.9f}; }

static void tracker(void) {
  fs_tracker *tracker = NULL;
  fs_tracker_options options;
  fs_tracked out[4];
  fs_track ended[4];
  size_t count = 99;
  TEST("one who passes is one event") {
    REQUIRE_OK(fs_tracker_options_init(&options, sizeof options));
    CHECK(options.max_missed == 10 && options.min_seen == 2 && options.max_tracks == 64);
    REQUIRE_OK(fs_tracker_create(&tracker, &options));
    int begun = 0, identified = 0;
    for (int i = 0; i < 50; i++) {
      fs_face face = box(10 + 6.0f * (float)i, 40, 50);
      float better = i == 30 ? 0.9f : 0.7f;
      if (!CHECK_OK(fs_tracker_update(tracker, &face, &better, 1, i / 25.0, out, 4))) break;
      CHECK(out[0].track == 1 && out[0].begun == (i >= 1));
      begun += (out[0].events & FS_TRACK_BEGUN) != 0, identified += (out[0].events & FS_TRACK_IDENTIFY) != 0;
      CHECK(((out[0].events & FS_TRACK_BEST) != 0) == (i == 0 || i == 30));
    }
    CHECK(begun == 1 && identified == 1);
    for (int i = 50; i < 61; i++) {
      CHECK_OK(fs_tracker_update(tracker, NULL, NULL, 0, i / 25.0, NULL, 0));
      CHECK_OK(fs_tracker_ended(tracker, ended, 4, &count));
      CHECK(count == (i == 60));
    }
    CHECK(ended[0].track == 1 && ended[0].seen == 50 && ended[0].missed == 11 && ended[0].best_frame == 31 && ended[0].begun);
    CHECK(ended[0].best_quality == 0.9f && ended[0].best_face.x == 190 && ended[0].face.x == 304);
    CHECK(ended[0].first_time == 0 && ended[0].last_time == 49 / 25.0 && ended[0].best_time == 30 / 25.0);
    CHECK_OK(fs_tracker_tracks(tracker, NULL, 0, &count));
    CHECK(count == 0);
  }
  TEST("a flash that nobody sees again is nobody") {
    fs_face face = box(10, 10, 30);
    CHECK_OK(fs_tracker_update(tracker, &face, NULL, 1, 10, out, 1));
    CHECK(out[0].track == 2 && !out[0].begun && out[0].events == FS_TRACK_BEST);
    CHECK_OK(fs_tracker_tracks(tracker, ended, 4, &count));
    CHECK(count == 1 && !ended[0].begun);
    CHECK_OK(fs_tracker_update(tracker, NULL, NULL, 0, 11, NULL, 0));
    CHECK_OK(fs_tracker_ended(tracker, NULL, 0, &count));
    CHECK(count == 0);
  }
  TEST("who comes back after a gap is to be identified again, and may be another") {
    fs_face face = box(10, 300, 30);
    uint64_t next = 99;
    CHECK(options.identify_gap == 1);
    for (int i = 0; i < 3; i++) CHECK_OK(fs_tracker_update(tracker, &face, NULL, 1, 12 + 0.1 * i, out, 4));
    uint64_t track = out[0].track;
    CHECK(out[0].events == 0);
    CHECK_OK(fs_tracker_update(tracker, NULL, NULL, 0, 13, NULL, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, next, fs_tracker_replace(tracker, track, &next));
    CHECK_OK(fs_tracker_update(tracker, &face, NULL, 1, 13.1, out, 4));
    CHECK(out[0].track == track && out[0].events == (FS_TRACK_IDENTIFY | FS_TRACK_RETURNED));
    CHECK_OK(fs_tracker_identify_again(tracker, track));
    CHECK_OK(fs_tracker_update(tracker, &face, NULL, 1, 13.2, out, 4));
    CHECK(out[0].track == track && out[0].events == FS_TRACK_IDENTIFY);
    CHECK_OK(fs_tracker_replace(tracker, track, &next));
    CHECK(next == track + 1);
    CHECK_OK(fs_tracker_ended(tracker, ended, 4, &count));
    CHECK(count == 1 && ended[0].track == track && ended[0].seen == 5 && ended[0].last_time == 13.2);
    CHECK_OK(fs_tracker_update(tracker, &face, NULL, 1, 13.3, out, 4));
    CHECK(out[0].track == next && out[0].begun && out[0].events == 0);
    CHECK_STATUS(FS_NOT_FOUND, fs_tracker_identify_again(tracker, track));
    CHECK_REFUSED(FS_NOT_FOUND, next, fs_tracker_replace(tracker, track, &next));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_replace(tracker, next, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_replace(NULL, next, &next));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_identify_again(NULL, track));
    CHECK_OK(fs_tracker_finish(tracker));
  }
  TEST("the end ends all") {
    fs_face faces[2] = {box(0, 0, 30), box(200, 0, 30)};
    for (int i = 0; i < 3; i++) CHECK_OK(fs_tracker_update(tracker, faces, NULL, 2, 20 + i, out, 2));
    CHECK_OK(fs_tracker_finish(tracker));
    CHECK_OK(fs_tracker_ended(tracker, ended, 1, &count));
    CHECK(count == 2 && ended[0].track == 5);
    CHECK_OK(fs_tracker_finish(tracker));
    CHECK_OK(fs_tracker_ended(tracker, ended, 1, &count));
    CHECK(count == 0);
  }
  TEST("hostile frames are refused, and change nothing") {
    fs_face faces[2] = {box(0, 0, 30), box(200, 0, 30)};
    REQUIRE_OK(fs_tracker_update(tracker, faces, NULL, 2, 30, out, 2));
    uint64_t first = out[0].track;
    fs_face bad[2] = {faces[0], faces[1]};
    static const float numbers[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
      bad[1] = faces[1], bad[1].x = numbers[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, bad, NULL, 2, 31, out, 4));
      bad[1] = faces[1], bad[1].height = numbers[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, bad, NULL, 2, 31, out, 4));
      bad[1] = faces[1], bad[1].score = numbers[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, bad, NULL, 2, 31, out, 4));
      float qualities[2] = {1, numbers[i]};
      CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, faces, qualities, 2, 31, out, 4));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, faces, NULL, 2, numbers[i], out, 4));
    }
    bad[1] = faces[1], bad[1].width = 0;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, bad, NULL, 2, 31, out, 4));
    bad[1].width = -5;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, bad, NULL, 2, 31, out, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, faces, NULL, 2, 29.9, out, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, faces, NULL, 2, 31, out, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, NULL, NULL, 2, 31, out, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, faces, NULL, SIZE_MAX, 31, out, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(tracker, faces, NULL, 1025, 31, out, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, out, fs_tracker_update(NULL, faces, NULL, 2, 31, out, 4));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_update(tracker, faces, NULL, 2, 31, NULL, 4));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_ended(tracker, ended, 4, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_ended(tracker, NULL, 4, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_ended(tracker, ended, SIZE_MAX, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_tracks(NULL, ended, 4, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_finish(NULL));
    REQUIRE_OK(fs_tracker_update(tracker, faces, NULL, 2, 31, out, 4));
    CHECK(out[0].track == first && out[0].events & FS_TRACK_BEGUN);
  }
  TEST("the largest numbers do no harm") {
    fs_face faces[3] = {box(FLT_MAX, FLT_MAX, FLT_MIN), box(-FLT_MAX, 0, FLT_MAX), box(0, 0, 1e18f)};
    for (int i = 0; i < 6; i++) {
      faces[0].x = i % 2 ? FLT_MAX : 0;
      CHECK_STATUS(TEST_ANY_STATUS, fs_tracker_update(tracker, faces, NULL, 3, 31 + i * 1e-300, out, 4));
      CHECK_STATUS(TEST_ANY_STATUS, fs_tracker_update(tracker, faces + 2, NULL, 1, 31 + i * 1e-300, out, 4));
    }
    CHECK_OK(fs_tracker_update(tracker, faces + 2, NULL, 1, DBL_MAX, out, 4));
  }
  fs_tracker_destroy(tracker);
  fs_tracker_destroy(NULL);
  TEST("options are checked") {
    static const struct { float overlap, distance, better; double every; uint32_t seen, tracks; } bad[] = {
        {0, 1, 2, 0, 1, 1}, {1.1f, 1, 2, 0, 1, 1}, {NAN, 1, 2, 0, 1, 1}, {1, -1, 2, 0, 1, 1}, {1, NAN, 2, 0, 1, 1},
        {1, INFINITY, 2, 0, 1, 1}, {1, 1, 1, 0, 1, 1}, {1, 1, NAN, 0, 1, 1}, {1, 1, 2, -1, 1, 1}, {1, 1, 2, NAN, 1, 1},
        {1, 1, 2, 0, 0, 1}, {1, 1, 2, 0, 1, 0}, {1, 1, 2, 0, 1, 1025}, {1, 1, 2, 0, 1, UINT32_MAX}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
      REQUIRE_OK(fs_tracker_options_init(&options, sizeof options));
      options.min_overlap = bad[i].overlap, options.max_distance = bad[i].distance, options.identify_better = bad[i].better;
      options.identify_every = bad[i].every, options.min_seen = bad[i].seen, options.max_tracks = bad[i].tracks;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, tracker, fs_tracker_create(&tracker, &options));
    }
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_create(NULL, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_tracker_options_init(NULL, sizeof options));
    options.size = 1;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, tracker, fs_tracker_create(&tracker, &options));
  }
}

static void templates(void) {
  fs_point points[5];
  TEST("every network that embeds square pictures has a template inside them") {
    int found = 0;
    for (size_t i = 0; i < fs_architecture_count(); i++) {
      fs_architecture_info description = {.size = sizeof description};
      const char *name = fs_architecture_name(i);
      if (!CHECK_OK(fs_architecture_info_get(name, &description))) break;
      if (fs_architecture_template(name, points) != FS_OK) continue;
      found++;
      for (int k = 0; k < 5; k++)
        CHECK(points[k].x > 0 && points[k].y > 0 && points[k].x < (float)description.width && points[k].y < (float)description.height);
      CHECK(points[0].x < points[1].x && points[3].x < points[4].x && points[0].y < points[2].y && points[2].y < points[3].y);
    }
    CHECK(found >= 10);
    CHECK_STATUS(FS_OK, fs_architecture_template("mobilefacenet", points));
    CHECK(points[0].x == 38.2946f && points[4].y == 92.2041f);
    CHECK_STATUS(FS_OK, fs_architecture_template("dlib-resnet", points));
    CHECK(points[2].x == 74.01270f);
    CHECK_REFUSED(FS_WRONG_MODEL, points, fs_architecture_template("vgg19", points));
    CHECK_REFUSED(FS_NOT_FOUND, points, fs_architecture_template("nothing", points));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, points, fs_architecture_template(NULL, points));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_architecture_template("dlib-resnet", NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, points, fs_embedder_template(NULL, points));
  }
  if (!have(model_path("dlib-resnet.safetensors"), "the embedder's template")) return;
  TEST("an embedder tells where its points lie") {
    fs_model *model = open_model("dlib-resnet.safetensors");
    fs_embedder *embedder = NULL;
    REQUIRE_OK(fs_embedder_create(&embedder, model));
    CHECK_OK(fs_embedder_template(embedder, points));
    CHECK_NEAR(points[1].x - points[0].x, 52.93, 0.5);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_template(embedder, NULL));
    fs_embedder_destroy(embedder);
    fs_model_destroy(model);
  }
}

int main(void) {
  quality();
  tracker();
  templates();
  return test_end_program();
}
