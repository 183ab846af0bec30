/* Weight files: safetensors, metadata, graphs; and what a model is used for if it opens. */
#include "fuzz.h"

static fs_image *picture;

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  static uint8_t grey[16 * 16];
  for (int i = 0; i < 256; i++) grey[i] = (uint8_t)(i * 7);
  const fs_pixels pixels = {.size = sizeof pixels, .data = grey, .byte_count = 256, .width = 16, .height = 16, .format = FS_GREY};
  checked(fs_image_from_pixels(&picture, &pixels));
  return 0;
}

static void use(const fs_model *model) {
  fs_model_info info = {.size = sizeof info};
  fs_embedder *embedder = NULL;
  fs_detector *detector = NULL;
  fs_fast_styler *styler = NULL;
  fs_liveness *liveness = NULL;
  fs_dense_landmarks *landmarks = NULL;
  fs_image *painted = NULL;
  checked(fs_model_info_get(model, &info));
  fs_model_metadata(model, "licence");
  for (size_t i = 0; i < fs_model_layer_count(model) && i < 20; i++) {
    fs_layer_info layer = {.size = sizeof layer};
    checked(fs_model_layer_info_get(model, fs_model_layer_name(model, i), &layer));
  }
  checked(fs_model_save(model, fuzz_path("saved"), FS_FLOAT16, NULL));
  if (checked(fs_embedder_create(&embedder, model)) == FS_OK) {
    enum { MOST = 1 << 16 };
    static float embedding[MOST];
    const fs_face face = {.x = 2, .y = 2, .width = 10, .height = 10, .score = 1};
    uint64_t bytes = 0;
    checked(fs_embedder_memory_needed(embedder, 1, &bytes));
    if (bytes < 1 << 24) checked(fs_embedder_embed(embedder, picture, &face, 1, embedding, MOST));
  }
  if (checked(fs_detector_create(&detector, model, NULL)) == FS_OK) {
    fs_face faces[4];
    size_t found = 0;
    checked(fs_detector_find(detector, picture, faces, 4, &found));
  }
  if (checked(fs_fast_styler_create(&styler, model)) == FS_OK) {
    uint64_t bytes = 0;
    checked(fs_fast_styler_memory_needed(styler, 16, 16, &bytes));
    if (bytes < 1 << 24 && checked(fs_fast_styler_run(styler, &painted, picture)) == FS_OK) fs_image_destroy(painted);
  }
  checked(fs_liveness_create(&liveness, &model, 1));
  checked(fs_dense_landmarks_create(&landmarks, model));
  fs_embedder_destroy(embedder), fs_detector_destroy(detector), fs_fast_styler_destroy(styler);
  fs_liveness_destroy(liveness), fs_dense_landmarks_destroy(landmarks);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  fs_model *model = NULL;
  if (checked(fs_model_load(&model, bytes, count)) == FS_OK) use(model);
  fs_model_destroy(model);
  fuzz_end(1);
  return 0;
}
