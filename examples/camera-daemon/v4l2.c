/* A camera through Video for Linux: memory that the driver fills is looked at where it lies. */
#define _GNU_SOURCE /* linux/videodev2.h wants struct timeval and friends */

#include "jpegs.h"
#include "negotiation.h"
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
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

static bool enqueue(struct v4l2 *camera, uint32_t index) {
  struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};
  return camera_control(camera->device, VIDIOC_QBUF, &buffer) == 0;
}

static void v4l2_close(void *reader) {
  struct v4l2 *camera = reader;
  int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;
  camera_control(camera->device, VIDIOC_STREAMOFF, &type);
  for (uint32_t i = 0; i < camera->buffers; i++)
    if (camera->memory[i]) munmap(camera->memory[i], camera->length[i]);
  close(camera->device);
  free(camera);
}

static bool share_memory(struct v4l2 *camera, size_t frame, FILE *errors) {
  struct v4l2_requestbuffers request = {.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
  if (camera_control(camera->device, VIDIOC_REQBUFS, &request))
    return fprintf(errors, "%s: no buffers: %s\n", camera->settings.source, strerror(errno)), false;
  if (request.count < 3) /* one waits, one is looked at: the driver needs one too */
    return fprintf(errors, "%s has %u buffers; expected 3\n", camera->settings.source, request.count), false;
  camera->buffers = request.count < BUFFERS ? request.count : BUFFERS;
  for (uint32_t i = 0; i < camera->buffers; i++) {
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = i};
    if (camera_control(camera->device, VIDIOC_QUERYBUF, &buffer))
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
  if (camera_control(camera->device, VIDIOC_STREAMON, &type))
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
  bool good = camera_agree(camera->device, settings, errors);
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

/* The JPEG that a buffer holds, without what the driver left before and behind it. */
static bool find_jpeg(const uint8_t *bytes, size_t count, struct picture *picture) {
  struct jpegs jpegs = {0};
  size_t begin = 0;
  for (size_t at = 0; at < count;) {
    enum jpeg_event event;
    at += jpegs_take(&jpegs, bytes + at, count - at, &event);
    if (event == JPEG_BEGINS || event == JPEG_AGAIN) begin = at - JPEG_START_LENGTH;
    if (event != JPEG_ENDS) continue;
    picture->bytes = bytes + begin, picture->byte_count = at - begin;
    picture->width = jpegs.width, picture->height = jpegs.height;
    return true;
  }
  return false;
}

/* Whether a buffer holds a frame; else `reason` says what is wrong. */
static bool find_frame(const struct v4l2 *camera, const struct v4l2_buffer *buffer, struct picture *picture, char *reason,
                       size_t reason_size) {
  const struct settings *settings = &camera->settings;
  size_t length = camera->length[buffer->index];
  *picture = (struct picture){.bytes = camera->memory[buffer->index], .width = settings->width, .height = settings->height,
                              .stride = settings->stride, .slot = (int)buffer->index};
  if (buffer->flags & V4L2_BUF_FLAG_ERROR) { /* a cable, a bus that was too busy */
    snprintf(reason, reason_size, "its driver says so");
    return false;
  }
  if (!strcmp(settings->format, "mjpeg")) {
    if (find_jpeg(picture->bytes, buffer->bytesused < length ? buffer->bytesused : length, picture))
      return picture_fits(settings, picture, reason, reason_size);
    snprintf(reason, reason_size, "its %u bytes have no JPEG that ends", buffer->bytesused);
    return false;
  }
  picture->byte_count = frame_bytes(settings->format, settings->width, settings->height, &picture->stride);
  if (!buffer->bytesused || buffer->bytesused >= picture->byte_count) return true; /* 0: a driver that does not say */
  snprintf(reason, reason_size, "it has %u bytes; expected %zu", buffer->bytesused, picture->byte_count);
  return false;
}

static enum next v4l2_next(void *reader, int stop, struct picture *picture, char *reason, size_t reason_size) {
  struct v4l2 *camera = reader;
  for (;;) {
    struct pollfd files[2] = {{camera->device, POLLIN, 0}, {stop, POLLIN, 0}};
    if (poll(files, 2, -1) < 0 && errno != EINTR) break;
    if (files[1].revents) return NEXT_ENDED;
    struct v4l2_buffer buffer = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
    if (camera_control(camera->device, VIDIOC_DQBUF, &buffer)) {
      if (errno == EAGAIN && !(files[0].revents & (POLLERR | POLLHUP))) continue;
      break;
    }
    if (buffer.index >= camera->buffers) continue;
    if (find_frame(camera, &buffer, picture, reason, reason_size)) return NEXT_FRAME;
    if (enqueue(camera, buffer.index)) return NEXT_DAMAGED;
    break;
  }
  snprintf(reason, reason_size, "%s: %s", camera->settings.source, strerror(errno));
  return NEXT_FAILED;
}

/* A failure shows in the next frame that does not come. */
static void v4l2_release(void *reader, const struct picture *picture) { enqueue(reader, (uint32_t)picture->slot); }

const struct reader v4l2_reader = {v4l2_open, v4l2_next, v4l2_release, v4l2_close, NULL};
