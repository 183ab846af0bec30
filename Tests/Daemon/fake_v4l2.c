/* A camera for tests: preloaded into the daemon, it answers for /dev/zero as a Video for Linux driver would, with NV12 frames
 * of $FAKE_FRAMES (packed, $FAKE_SIZE WIDTHxHEIGHT) in rows padded to a stride of their own, 30 a second, then $FAKE_END:
 * "unplugged" (ENODEV) or nothing more. Every seventh buffer is marked as damaged. It aborts when the daemon breaks the rules
 * of the interface: a buffer queued twice, memory read that is not there. */
#define _GNU_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERS = 4, PADDING = 96 };

static int camera = -1, ticks[2];
static uint32_t width, height, stride;
static uint8_t *memory[BUFFERS];
static int queued[BUFFERS], order[BUFFERS], waiting;
static FILE *frames;
static unsigned shown;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t frame_size(void) { return (size_t)stride * (height + height / 2); }

static void broken_rule(const char *rule) {
  fprintf(stderr, "fake_v4l2: %s\n", rule);
  abort();
}

static void *tick(void *unused) {
  struct timespec pause = {0, 33333333};
  for (;;) {
    nanosleep(&pause, NULL);
    if (write(ticks[1], "", 1) != 1) return unused;
  }
}

int open(const char *path, int flags, ...) {
  int (*real)(const char *, int, ...) = dlsym(RTLD_NEXT, "open");
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list values;
    va_start(values, flags);
    mode = va_arg(values, mode_t);
    va_end(values);
  }
  if (strcmp(path, "/dev/zero")) return real(path, flags, mode);
  const char *size = getenv("FAKE_SIZE"), *file = getenv("FAKE_FRAMES");
  if (!size || sscanf(size, "%ux%u", &width, &height) != 2 || !file || !(frames = fopen(file, "rb"))) {
    errno = ENODEV;
    return -1;
  }
  stride = (width + PADDING + 31) / 32 * 32;
  if (pipe2(ticks, O_CLOEXEC | O_NONBLOCK)) return -1;
  return camera = ticks[0];
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");
  if (file < 0 || file != camera) return real(address, length, protection, flags, file, offset);
  uint32_t index = (uint32_t)(offset / 4096);
  if (index >= BUFFERS || length > frame_size()) broken_rule("mmap of what is no buffer");
  memory[index] = real(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory[index];
}

static int fill(struct v4l2_buffer *buffer) {
  char byte;
  if (read(camera, &byte, 1) != 1 || waiting == 0) {
    errno = EAGAIN;
    return -1;
  }
  int index = order[0];
  for (uint32_t row = 0; row < height + height / 2; row++) {
    if (fread(memory[index] + (size_t)row * stride, 1, width, frames) == width) continue;
    const char *end = getenv("FAKE_END");
    errno = end && !strcmp(end, "unplugged") ? ENODEV : EAGAIN;
    return -1;
  }
  memmove(order, order + 1, sizeof order - sizeof order[0]);
  waiting--, queued[index] = 0;
  buffer->index = (uint32_t)index;
  buffer->bytesused = (uint32_t)frame_size();
  buffer->flags = ++shown % 7 == 0 ? V4L2_BUF_FLAG_ERROR : 0;
  return 0;
}

static int answer(unsigned long request, void *argument) {
  struct v4l2_buffer *buffer = argument;
  pthread_t thread;
  switch (request) {
  case VIDIOC_QUERYCAP:
    ((struct v4l2_capability *)argument)->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    return 0;
  case VIDIOC_S_FMT: {
    struct v4l2_pix_format *pix = &((struct v4l2_format *)argument)->fmt.pix;
    pix->width = width, pix->height = height, pix->bytesperline = stride, pix->pixelformat = V4L2_PIX_FMT_NV12;
    return 0;
  }
  case VIDIOC_S_PARM: return 0;
  case VIDIOC_REQBUFS: ((struct v4l2_requestbuffers *)argument)->count = BUFFERS; return 0;
  case VIDIOC_QUERYBUF: buffer->length = (uint32_t)frame_size(), buffer->m.offset = buffer->index * 4096; return 0;
  case VIDIOC_QBUF:
    if (buffer->index >= BUFFERS || !memory[buffer->index]) broken_rule("a buffer queued that is not there");
    if (queued[buffer->index]) broken_rule("a buffer queued twice");
    queued[buffer->index] = 1, order[waiting++] = (int)buffer->index;
    return 0;
  case VIDIOC_STREAMON: return pthread_create(&thread, NULL, tick, NULL) || pthread_detach(thread) ? -1 : 0;
  case VIDIOC_STREAMOFF: return 0;
  case VIDIOC_DQBUF: return fill(buffer);
  default: errno = ENOTTY; return -1;
  }
}

int ioctl(int file, unsigned long request, ...) {
  va_list values;
  va_start(values, request);
  void *argument = va_arg(values, void *);
  va_end(values);
  int (*real)(int, unsigned long, ...) = dlsym(RTLD_NEXT, "ioctl");
  if (file < 0 || file != camera) return real(file, request, argument);
  pthread_mutex_lock(&lock);
  int result = answer(request, argument);
  pthread_mutex_unlock(&lock);
  return result;
}
