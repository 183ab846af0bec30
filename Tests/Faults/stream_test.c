/* A camera's stream: what each frame requests from the system once the first ones are over, and whether it goes back. */
#include "faults.h"
#include "scenes.h"

enum { WIDTH = 640, HEIGHT = 480, WARM = 8, FRAMES = 50, FACES = 8 };

static uint8_t nv12[WIDTH * HEIGHT * 3 / 2];
static fs_frame frame;
static fs_tracker *tracker;

/* Two portraits side by side, in limited range as cameras give it. */
static bool make_frame(void) {
  static const char *const names[2] = {"obama.jpg", "biden.jpg"};
  memset(nv12, 16, WIDTH * HEIGHT), memset(nv12 + WIDTH * HEIGHT, 128, WIDTH * HEIGHT / 2);
  for (int part = 0; part < 2; part++) {
    fs_image *portrait = photo(names[part], 320);
    if (!portrait) return false;
    const uint32_t width = fs_image_width(portrait), height = fs_image_height(portrait);
    const uint8_t *rgb = fs_image_data(portrait);
    for (uint32_t y = 0; y < height && y < HEIGHT; y++)
      for (uint32_t x = 0; x < width && x < WIDTH / 2; x++) {
        const uint8_t *at = rgb + 3 * (y * width + x);
        const double r = at[0], g = at[1], b = at[2], luma = 0.299 * r + 0.587 * g + 0.114 * b;
        const uint32_t column = (uint32_t)part * WIDTH / 2 + x;
        nv12[y * WIDTH + column] = (uint8_t)lrint(16 + luma * 219 / 255);
        uint8_t *chroma = nv12 + WIDTH * HEIGHT + y / 2 * WIDTH + column / 2 * 2;
        chroma[0] = (uint8_t)lrint(128 + (b - luma) / 1.772 * 224 / 255);
        chroma[1] = (uint8_t)lrint(128 + (r - luma) / 1.402 * 224 / 255);
      }
    fs_image_destroy(portrait);
  }
  fs_frame_init(&frame, sizeof frame);
  frame.format = FS_NV12, frame.width = WIDTH, frame.height = HEIGHT;
  frame.planes[0] = nv12, frame.planes[1] = nv12 + WIDTH * HEIGHT;
  frame.byte_counts[0] = WIDTH * HEIGHT, frame.byte_counts[1] = WIDTH * HEIGHT / 2;
  return true;
}

/* What examples/camera-daemon does with a frame in which everybody is to be identified. */
static long find, follow, judge, recognise, ask_who;
static size_t faces_seen, known;

static long requests_of(fs_status *status, fs_status call) {
  *status = call;
  return faults_end();
}
#define COUNTED(sum, call) \
  if (status == FS_OK) faults_begin(&(fault){.kinds = FAULT_MEMORY}), sum += requests_of(&status, call)

static fs_status look(double time) {
  fs_face faces[FACES];
  fs_tracked tracked[FACES];
  size_t count = 0;
  fs_status status = FS_OK;
  COUNTED(find, fs_detector_find_frame(detector, &frame, NULL, faces, FACES, &count));
  COUNTED(follow, fs_tracker_update(tracker, faces, NULL, count, time, tracked, FACES));
  faces_seen += count;
  for (size_t i = 0; i < count && i < FACES; i++) {
    fs_quality quality = {.size = sizeof quality};
    fs_gallery_identity identity = {.size = sizeof identity};
    float embedding[DIMENSION];
    COUNTED(judge, fs_face_quality_frame(&frame, &faces[i], NULL, &quality));
    COUNTED(recognise, fs_embedder_embed_frame(embedder, &frame, &faces[i], 1, embedding, DIMENSION));
    COUNTED(ask_who, fs_gallery_identify(gallery, embedding, DIMENSION, within(10), &identity));
    known += status == FS_OK && identity.known;
  }
  return status;
}

static void stream(void) {
  fs_model *detecting = NULL;
  double time = 0;
  fs_status status = FS_OK;
  TEST("frames of a stream take no more memory after the first, and give back what they take") {
    REQUIRE_OK(fs_model_open(&detecting, "models/faces-yunet.safetensors"));
    REQUIRE_OK(fs_detector_create(&detector, detecting, NULL));
    REQUIRE(have_a_gallery());
    REQUIRE_OK(fs_tracker_create(&tracker, NULL));
    for (int i = 0; i < WARM && status == FS_OK; i++) status = look(time++);
    REQUIRE_OK(status);
    find = follow = judge = recognise = ask_who = 0, faces_seen = known = 0;
    const long blocks = faults_blocks(), bytes = faults_bytes();
    const uint64_t used = fs_memory_used();
    fs_memory_peak_reset();
    for (int i = 0; i < FRAMES && status == FS_OK; i++) status = look(time++);
    CHECK_OK(status);
    CHECK(faces_seen == 2 * FRAMES && known == faces_seen);
    CHECK_NEAR((double)(faults_blocks() - blocks), 0, 0);
    CHECK_NEAR((double)(faults_bytes() - bytes), 0, 0);
    CHECK_NEAR((double)fs_memory_used() - (double)used, 0, 0);
    printf("  held %llu KB, %llu KB more at most; requests of a frame of two faces: find %.1f, follow %.1f; of a face: judge %.1f,"
           " recognise %.1f, ask who %.1f\n",
           (unsigned long long)(used >> 10), (unsigned long long)((fs_memory_peak() - used) >> 10), (double)find / FRAMES,
           (double)follow / FRAMES, (double)judge / FRAMES / 2, (double)recognise / FRAMES / 2, (double)ask_who / FRAMES / 2);
  }
  fs_tracker_destroy(tracker), fs_model_destroy(detecting);
  finish_all();
}

int main(void) {
  fs_threads_set(1);
  if (!exists(photo_path("obama.jpg")) || !exists(photo_path("biden.jpg")) || !make_frame())
    test_skip_group("a stream: no photos, make models fetches them");
  else
    stream();
  return test_end_program();
}
