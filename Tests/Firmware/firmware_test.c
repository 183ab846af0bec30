/* The firmware's library: faces in raw frames, as the ordinary library finds and embeds them, and people in memory. */
#include "raw.h"

static raw obama, obama2, biden;

static bool read_raw(const char *folder, const char *name, raw *out) {
  char path[1024];
  size_t count = 0;
  snprintf(path, sizeof path, "%s/%s.raw", folder, name);
  uint8_t *bytes = read_file(path, &count);
  bool whole = bytes && count == sizeof *out;
  if (whole) memcpy(out, bytes, count);
  free(bytes);
  return whole;
}

static void frames(const networks *both) {
  raw *const photos[] = {&obama, &obama2, &biden};
  for (int i = 0; i < 3; i++) {
    TEST("a face in a raw frame is found and embedded as the ordinary library does") {
      fs_face face;
      float embedding[DIMENSION], distance = 9;
      REQUIRE_OK(look_at(both, photos[i], &face, embedding));
      /* Kernels of several instruction sets agree within a part in a hundred thousand. */
      CHECK_NEAR(face.x, photos[i]->face.x, 0.01);
      CHECK_NEAR(face.y, photos[i]->face.y, 0.01);
      CHECK_NEAR(face.width, photos[i]->face.width, 0.01);
      for (int k = 0; k < 5; k++) CHECK_NEAR(face.landmarks[k].x, photos[i]->face.landmarks[k].x, 0.01);
      CHECK_OK(fs_distance(embedding, photos[i]->embedding, DIMENSION, &distance));
      CHECK_NEAR(distance, 0, 1e-3);
    }
  }
  TEST("a face is aligned from a raw frame") {
    fs_image *chip = NULL;
    const fs_frame frame = frame_of(&obama);
    REQUIRE_OK(fs_embedder_align_frame(both->embedder, &chip, &frame, &obama.face));
    CHECK(fs_image_width(chip) == fs_embedder_chip_width(both->embedder));
    fs_image_destroy(chip);
  }
}

static void people(const networks *both) {
  const float threshold = fs_embedder_threshold(both->embedder);
  float embeddings[3][DIMENSION];
  raw *const photos[] = {&obama, &obama2, &biden};
  TEST("two photos of one person are near, those of two are not") {
    fs_face face;
    float distance = 0;
    for (int i = 0; i < 3; i++) CHECK_OK(look_at(both, photos[i], &face, embeddings[i]));
    CHECK_OK(fs_distance(embeddings[0], embeddings[1], DIMENSION, &distance));
    CHECK(distance <= threshold);
    CHECK_OK(fs_distance(embeddings[0], embeddings[2], DIMENSION, &distance));
    CHECK(distance > threshold);
  }
  TEST("a gallery in memory knows whom it was shown, and no stranger") {
    fs_gallery *gallery = NULL;
    fs_gallery_identity identity = {.size = sizeof identity};
    REQUIRE_OK(fs_gallery_create(&gallery, both->embedder));
    CHECK_OK(fs_gallery_add(gallery, "obama", embeddings[0], DIMENSION));
    CHECK_OK(fs_gallery_identify(gallery, embeddings[1], DIMENSION, NULL, &identity));
    CHECK(identity.known && strcmp(identity.name, "obama") == 0);
    CHECK_OK(fs_gallery_identify(gallery, embeddings[2], DIMENSION, NULL, &identity));
    CHECK(!identity.known && strcmp(identity.nearest, "obama") == 0);
    fs_gallery_destroy(gallery);
  }
}

static void count_checks(const fs_self_check *check, void *user) {
  CHECK(check->passed && check->name[0]);
  ++*(unsigned *)user;
}

int main(int count, char **arguments) {
  networks both = {NULL, NULL};
  if (count != 2 || !read_raw(arguments[1], "obama", &obama) || !read_raw(arguments[1], "obama2", &obama2) ||
      !read_raw(arguments[1], "biden", &biden))
    return fprintf(stderr, "firmware_test FOLDER; expected the folder that frames filled\n"), 2;
  TEST("the self-test of what firmware has passes") {
    unsigned checks = 0;
    CHECK_OK(fs_self_test(count_checks, &checks));
    CHECK(checks >= 10);
  }
  TEST("the models in the box are opened") CHECK_OK(open_networks(&both));
  frames(&both);
  people(&both);
  TEST("a model that is none is an error") {
    fs_model *model = NULL;
    CHECK_REFUSED(FS_BAD_DATA, model, fs_model_load(&model, "nothing", 7));
    CHECK_REFUSED(FS_IO, model, fs_model_open(&model, "models/none.safetensors"));
  }
  close_networks(&both);
  return test_end_program();
}
