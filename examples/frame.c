/* Faces in the frames of a camera, a line for each, as they come.
 *
 *   ffmpeg -i video.mp4 -pix_fmt nv12 -s 640x480 -f rawvideo - | ./frame mtcnn.safetensors 640 480
 *
 * Two ideas beside find_faces.c: a frame is described, not copied, and is read where it lies; and a detector is made for what
 * the host needs, here at most three faces, the largest. What a daemon does besides is told in identify.c: whose they are. */
#include "common.h"

int main(int argc, char **argv) {
  want_arguments(argc, argv, 3, "MTCNN WIDTH HEIGHT < FRAMES");

  fs_model *model = NULL;
  fs_detector *detector = NULL;
  fs_detector_options options;
  TRY(fs_model_open(&model, argv[1]));
  TRY(fs_detector_options_init(&options, sizeof options));
  options.min_face = 80; /* pixels: one who stands before the door */
  options.max_faces = 3;
  TRY(fs_detector_create(&detector, model, &options));
  fs_model_destroy(model);

  /* NV12: a byte of luma for each pixel, then two of chroma for each four. */
  size_t width = strtoul(argv[2], NULL, 10), height = strtoul(argv[3], NULL, 10);
  size_t luma = width * height, chroma = 2 * ((width + 1) / 2) * ((height + 1) / 2);
  uint8_t *memory = allocate(luma + chroma, 1);
  fs_frame frame;
  TRY(fs_frame_init(&frame, sizeof frame));
  frame.format = FS_NV12;
  frame.width = (uint32_t)width;
  frame.height = (uint32_t)height;
  frame.planes[0] = memory;
  frame.byte_counts[0] = luma;
  frame.planes[1] = memory + luma;
  frame.byte_counts[1] = chroma;
  /* A camera that hangs upside down: frame.rotation = 180. Rows with padding: frame.strides. HD video, whose Y, U and V ffmpeg
   * hands on: frame.matrix = FS_BT709, at any size. */

  for (size_t number = 0; fread(memory, 1, luma + chroma, stdin) == luma + chroma; number++) {
    fs_face faces[3];
    size_t count = 0;
    TRY(fs_detector_find_frame(detector, &frame, NULL, faces, 3, &count));
    for (size_t i = 0; i < count; i++)
      printf("frame %zu: %.0f x %.0f at (%.0f, %.0f), score %.3f\n", number, faces[i].width, faces[i].height, faces[i].x,
             faces[i].y, faces[i].score);
  }

  free(memory);
  fs_detector_destroy(detector);
  return 0;
}
