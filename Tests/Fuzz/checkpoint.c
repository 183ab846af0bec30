/* Checkpoints of a training and of a painting. The input changes a good one: a byte says which, the others, in fives, where a
 * byte becomes which; what is left over shortens it. */
#include "fuzz.h"

static fs_trainer *trainer;
static fs_fast_trainer *fast;
static fs_style_job *job;
static uint8_t *good[3], *changed;
static size_t counts[3], kept;

static uint8_t *read_whole(const char *path, size_t *count) {
  struct stat info;
  FILE *file = fopen(path, "rb");
  if (!file || stat(path, &info) != 0) perror(path), exit(1);
  uint8_t *bytes = malloc((size_t)info.st_size + 1);
  *count = fread(bytes, 1, (size_t)info.st_size, file);
  fclose(file);
  return bytes;
}

/* With VGG-19, if it is there. */
static void have_painting(void) {
  fs_model *vgg = NULL;
  fs_styler *styler = NULL;
  static uint8_t grey[256];
  fs_image *image = NULL;
  const fs_pixels pixels = {.size = sizeof pixels, .data = grey, .byte_count = 256, .width = 16, .height = 16, .format = FS_GREY};
  static const fs_style_layer layer[1] = {{"conv1_1", 1}};
  fs_style_options options;
  fs_fast_trainer_options small;
  fs_style_progress progress = {.size = sizeof progress};
  const char *folder = getenv("FACESTYLE_MODELS");
  char path[400];
  snprintf(path, sizeof path, "%s/vgg19.safetensors", folder && *folder ? folder : "build/models");
  if (fs_model_open(&vgg, path) != FS_OK) {
    fprintf(stderr, "checkpoints of paintings are left out: %s\n", fs_last_error());
    return;
  }
  checked(fs_image_from_pixels(&image, &pixels));
  checked(fs_style_options_preset(&options, sizeof options, FS_PRESET_COURSE));
  options.steps = 4, options.content_layer = "conv1_2", options.style_layers = layer, options.style_layer_count = 1;
  const fs_image *styles[1] = {image};
  checked(fs_styler_create(&styler, vgg));
  checked(fs_style_job_create(&job, styler, image, styles, NULL, 1, &options));
  checked(fs_style_job_step(job, 1, &progress));
  checked(fs_style_job_save(job, fuzz_path("painting")));
  good[1] = read_whole(fuzz_path("painting"), &counts[1]);
  checked(fs_fast_trainer_options_init(&small, sizeof small));
  small.filters = 2, small.blocks = 1, small.side = 32;
  checked(fs_fast_trainer_create(&fast, vgg, image, &small));
  checked(fs_fast_trainer_save(fast, fuzz_path("fast")));
  good[2] = read_whole(fuzz_path("fast"), &counts[2]);
  fs_model_destroy(vgg), fs_styler_destroy(styler), fs_image_destroy(image);
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
  (void)count, (void)arguments;
  fuzz_begin();
  fs_loss_options loss;
  fs_trainer_options options;
  checked(fs_loss_options_init(&loss, sizeof loss, FS_LOSS_CONTRASTIVE));
  checked(fs_trainer_options_init(&options, sizeof options));
  options.architecture = "siamese", options.loss = &loss;
  checked(fs_trainer_create(&trainer, &options, NULL));
  checked(fs_trainer_save(trainer, fuzz_path("training")));
  good[0] = read_whole(fuzz_path("training"), &counts[0]);
  have_painting();
  size_t most = 0;
  for (int i = 0; i < 3; i++) most = counts[i] > most ? counts[i] : most;
  changed = malloc(most);
  kept = fs_debug_live_handles();
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
  if (count == 0) return 0;
  const int which = bytes[0] % 3;
  if (!good[which]) return 0;
  size_t length = counts[which];
  memcpy(changed, good[which], length);
  for (bytes++, count--; count >= 5; bytes += 5, count -= 5) {
    const uint32_t place = (uint32_t)bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
    /* Most of them in the text, which says what follows. */
    const size_t text = length < 8192 ? length : 8192;
    changed[place & 1 ? (place >> 1) % text : (place >> 1) % length] = bytes[4];
  }
  if (count == 1) length = bytes[0];
  if (count > 1) length -= (size_t)(bytes[0] | bytes[1] << 8) % length;
  const char *path = fuzz_file("checkpoint", changed, length);
  if (which == 0) checked(fs_trainer_resume(trainer, path));
  if (which == 1) checked(fs_style_job_load(job, path));
  if (which == 2) checked(fs_fast_trainer_resume(fast, path));
  fs_model *model = NULL;
  checked(fs_model_open(&model, path));
  fs_model_destroy(model);
  fuzz_end(kept);
  return 0;
}
