/* A camera's stream: what each frame requests from the system once the first ones are over, and whether it goes back. */
#include "camera.h"
#include "faults.h"
#include "scenes.h"

enum { WARM = 8, FRAMES = 50, FACES = 8 };
/* The C library gives a block up to so many bytes more than was asked for, as its neighbours leave it. */
enum { SLACK = 256 };
/* Requests of a frame, and of each face in it, that the library made on 2026-11-30: objects, arrays and texts of its language,
 * rows of frames and crops of faces. None is kept. A change that makes more says why. */
enum { FIND = 262, FOLLOW = 12, JUDGE = 23, RECOGNISE = 39, ASK_WHO = 13 };

static uint8_t nv12[CAMERA_BYTES];
static fs_frame frame;
static fs_tracker *tracker;

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
    CHECK(faces_seen == CAMERA_FACES * FRAMES && known == faces_seen);
    CHECK_NEAR((double)(faults_blocks() - blocks), 0, 0);
    CHECK_NEAR((double)(faults_bytes() - bytes), 0, SLACK);
    CHECK_NEAR((double)fs_memory_used() - (double)used, 0, SLACK);
    CHECK(find <= FIND * FRAMES && follow <= FOLLOW * FRAMES);
    CHECK(judge <= JUDGE * CAMERA_FACES * FRAMES && recognise <= RECOGNISE * CAMERA_FACES * FRAMES && ask_who <= ASK_WHO * CAMERA_FACES * FRAMES);
    printf("  held %llu KB, %llu KB more at most; requests of a frame of two faces: find %.1f, follow %.1f; of a face: judge %.1f,"
           " recognise %.1f, ask who %.1f\n",
           (unsigned long long)(used >> 10), (unsigned long long)((fs_memory_peak() - used) >> 10), (double)find / FRAMES,
           (double)follow / FRAMES, (double)judge / FRAMES / CAMERA_FACES, (double)recognise / FRAMES / CAMERA_FACES, (double)ask_who / FRAMES / CAMERA_FACES);
  }
  fs_tracker_destroy(tracker), fs_model_destroy(detecting);
  finish_all();
}

int main(void) {
  fs_threads_set(1);
  if (have(photo_path(camera_photos[0]), "a stream") && have(photo_path(camera_photos[1]), "a stream") && camera_picture(nv12)) {
    frame = camera_frame(nv12);
    stream();
  }
  return test_end_program();
}
