/* A camera through Video for Linux: memory that the driver fills is looked at where it lies. */
#define _GNU_SOURCE /* linux/videodev2.h wants struct timeval and friends */

#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { BUFFERS = 4 }; /* one waits, one is looked at, two are the driver's */

struct v4l2 {
  int device;
  struct settings settings;
  void *memory[BUFFERS];
  size_t length[BUFFERS];
  uint32_t buffers;
};

static const struct {
  const char *name;
  uint32_t code;
} codes[] = {
    {"nv12", V4L2_PIX_FMT_NV12}, {"nv21", V4L2_PIX_FMT_NV21}, {"i420", V4L2_PIX_FMT_YUV420}, {"yuyv", V4L2_PIX_FMT_YUYV},
    {"rgb", V4L2_PIX_FMT_RGB24}, {"bgr", V4L2_PIX_FMT_BGR24}, {"grey", V4L2_PIX_FMT_GREY},
};
enum { CODES = sizeof codes / sizeof codes[0] };

static int control(int device, unsigned long request, void *argument) {
  int result;
  do result = ioctl(device, request, argument);
  while (result < 0 && errno == EINTR);
  return result;
}

static bool enqueue(struct v4l2 *camera, uint32_t index) {
  struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
  return control(camera->device, VIDIOC_QBUF, &buffer) == 0;
}

static void v4l2_close(void *reader) {
  struct v4l2 *camera = reader;
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  control(camera->device, VIDIOC_STREAMOFF, &type);
  for (uint32_t i = 0; i < camera->buffers; i++)
    if (camera->memory[i]) munmap(camera->memory[i], camera->length[i]);
  close(camera->device);
  free(camera);
}

/* Agrees with the driver on size, format and rate. */
static bool negotiate(struct v4l2 *camera, struct settings *settings, FILE *errors) {
  struct v4l2_capability capability = {0};
  if (control(camera->device, VIDIOC_QUERYCAP, &capability))
    return fprintf(errors, "%s is no video device: %s\n", settings->source, strerror(errno)), false;
  uint32_t can = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
  if (!(can & V4L2_CAP_VIDEO_CAPTURE) || !(can & V4L2_CAP_STREAMING))
    return fprintf(errors, "%s does not capture streams of frames in one plane each\n", settings->source), false;

  uint32_t code = 0;
  for (int i = 0; i < CODES; i++)
    if (!strcmp(codes[i].name, settings->format)) code = codes[i].code;
  struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  format.fmt.pix = (struct v4l2_pix_format){
      .width = settings->width, .height = settings->height, .pixelformat = code, .field = V4L2_FIELD_NONE};
  if (control(camera->device, VIDIOC_S_FMT, &format))
    return fprintf(errors, "%s: no %ux%u %s: %s\n", settings->source, settings->width, settings->height, settings->format,
                   strerror(errno)), false;
  struct v4l2_pix_format *got = &format.fmt.pix;
  if (got->pixelformat != code || got->width != settings->width || got->height != settings->height)
    return fprintf(errors, "%s gives %ux%u %.4s; expected %ux%u %s\n", settings->source, got->width, got->height,
                   (const char *)&got->pixelformat, settings->width, settings->height, settings->format), false;
  settings->stride = got->bytesperline;

  if (settings->rate > 0) { /* a wish: not every driver grants it */
    struct v4l2_streamparm wish = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    wish.parm.capture.timeperframe = (struct v4l2_fract){1000, (uint32_t)(settings->rate * 1000)};
    control(camera->device, VIDIOC_S_PARM, &wish);
  }
  return true;
}

static bool share_memory(struct v4l2 *camera, size_t frame, FILE *errors) {
  struct v4l2_requestbuffers request = {.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
  if (control(camera->device, VIDIOC_REQBUFS, &request))
    return fprintf(errors, "%s: no buffers: %s\n", camera->settings.source, strerror(errno)), false;
  if (request.count < 3) /* one waits, one is looked at: the driver needs one too */
    return fprintf(errors, "%s has %u buffers; expected 3\n", camera->settings.source, request.count), false;
  camera->buffers = request.count < BUFFERS ? request.count : BUFFERS;
  for (uint32_t i = 0; i < camera->buffers; i++) {
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
    if (control(camera->device, VIDIOC_QUERYBUF, &buffer))
      return fprintf(errors, "%s: buffer %u: %s\n", camera->settings.source, i, strerror(errno)), false;
    if (buffer.length < frame)
      return fprintf(errors, "%s: buffers of %u bytes, a frame has %zu\n", camera->settings.source, buffer.length, frame), false;
    void *memory = mmap(NULL, buffer.length, PROT_READ | PROT_WRITE, MAP_SHARED, camera->device, buffer.m.offset);
    if (memory == MAP_FAILED)
      return fprintf(errors, "%s: buffer %u: %s\n", camera->settings.source, i, strerror(errno)), false;
    camera->memory[i] = memory, camera->length[i] = buffer.length;
    if (!enqueue(camera, i))
      return fprintf(errors, "%s: buffer %u: %s\n", camera->settings.source, i, strerror(errno)), false;
  }
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  if (control(camera->device, VIDIOC_STREAMON, &type))
    return fprintf(errors, "%s does not start: %s\n", camera->settings.source, strerror(errno)), false;
  return true;
}

static bool v4l2_open(void **reader, struct settings *settings, FILE *errors) {
  struct v4l2 *camera = calloc(1, sizeof *camera);
  if (!camera) return fprintf(errors, "no memory\n"), false;
  camera->device = open(settings->source, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (camera->device < 0) {
    fprintf(errors, "%s: %s\n", settings->source, strerror(errno));
    free(camera);
    return false;
  }
  bool good = negotiate(camera, settings, errors);
  camera->settings = *settings;
  if (good) {
    uint32_t stride = settings->stride;
    size_t frame = frame_bytes(settings->format, settings->width, settings->height, &stride);
    good = share_memory(camera, frame, errors);
  }
  if (!good) {
    v4l2_close(camera);
    return false;
  }
  *reader = camera;
  return true;
}

static int v4l2_next(void *reader, int stop, struct picture *picture, char *reason, size_t reason_size) {
  struct v4l2 *camera = reader;
  for (;;) {
    struct pollfd files[2] = {{camera->device, POLLIN, 0}, {stop, POLLIN, 0}};
    if (poll(files, 2, -1) < 0 && errno != EINTR) break;
    if (files[1].revents) return 0;
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (control(camera->device, VIDIOC_DQBUF, &buffer)) {
      if (errno == EAGAIN && !(files[0].revents & (POLLERR | POLLHUP))) continue;
      break;
    }
    if (buffer.index >= camera->buffers) continue;
    uint32_t stride = camera->settings.stride;
    size_t frame = frame_bytes(camera->settings.format, camera->settings.width, camera->settings.height, &stride);
    bool broken = (buffer.flags & V4L2_BUF_FLAG_ERROR) || (buffer.bytesused && buffer.bytesused < frame);
    if (broken) { /* the driver says so itself: a cable, a bus that was too busy */
      if (!enqueue(camera, buffer.index)) break;
      continue;
    }
    *picture = (struct picture){.bytes = camera->memory[buffer.index], .byte_count = frame, .width = camera->settings.width,
                                .height = camera->settings.height, .stride = stride, .slot = (int)buffer.index};
    return 1;
  }
  snprintf(reason, reason_size, "%s: %s", camera->settings.source, strerror(errno));
  return -1;
}

/* A failure shows in the next frame that does not come. */
static void v4l2_release(void *reader, const struct picture *picture) { enqueue(reader, (uint32_t)picture->slot); }

const struct reader v4l2_reader = {v4l2_open, v4l2_next, v4l2_release, v4l2_close};
