/* A camera for tests: preloaded into the daemon, it answers for /dev/zero as a Video for Linux driver would.
 *
 * FAKE_OFFERS  "NV12 640x480 30, 1280x720 10; MJPG 1280x720 30": formats, of each its sizes, of each the rate; "GREY
 *              64x64-1920x1080": all sizes between; what is left out the driver does not say
 * FAKE_FORMAT  of these, the one of which there are frames
 * FAKE_FRAMES  a file of them: packed ones, which are given in rows padded to a stride of their own, or JPEGs, which are given
 *              with what a camera leaves behind the end. 30 a second; every seventh buffer is marked as damaged
 * FAKE_CUT     3: every third JPEG is cut off in its middle, and not marked
 * FAKE_END     unplugged: ENODEV behind the last frame, or nothing more
 * FAKE_BUSY    1: another program has the camera
 *
 * It aborts when the daemon breaks the rules of the interface: a buffer queued twice, memory read that is not there, a format
 * set while there are buffers. */
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

enum { BUFFERS = 4, PADDING = 96, SIZES = 16, FORMATS = 8 };

struct size {
  uint32_t width, height, most_width, most_height, rate; /* most: 0 for one size; rate: 0 if the driver does not say */
};
struct offer {
  uint32_t code;
  int sizes;
  struct size size[SIZES];
};

static int camera = -1, ticks[2], offers, has_buffers, is_streaming;
static struct offer offer[FORMATS];
static uint32_t code, width, height, stride;
static uint8_t *memory[BUFFERS];
static int queued[BUFFERS], order[BUFFERS], waiting;
static FILE *frames;
static unsigned shown;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static size_t row_size(void) { return code == V4L2_PIX_FMT_YUYV ? 2 * (size_t)width : code == V4L2_PIX_FMT_MJPEG ? 0 : width; }
static size_t rows(void) { return code == V4L2_PIX_FMT_NV12 ? height + height / 2 : height; }
static size_t frame_size(void) { return code == V4L2_PIX_FMT_MJPEG ? 2 * (size_t)width * height : stride * rows(); }

static uint32_t code_of(const char *name) { return v4l2_fourcc(name[0], name[1], name[2], name[3]); }

static void broken_rule(const char *rule) {
  fprintf(stderr, "fake_v4l2: %s\n", rule);
  abort();
}

static void check(int holds, const char *rule) {
  if (!holds) broken_rule(rule);
}

static void read_offers(char *text) {
  char *format_rest, *size_rest;
  for (char *format = strtok_r(text, ";", &format_rest); format; format = strtok_r(NULL, ";", &format_rest)) {
    struct offer *now = &offer[offers++];
    format += strspn(format, " ");
    now->code = code_of(format);
    for (char *size = strtok_r(format + 4, ",", &size_rest); size; size = strtok_r(NULL, ",", &size_rest)) {
      struct size *to = &now->size[now->sizes++];
      if (sscanf(size, "%ux%u-%ux%u", &to->width, &to->height, &to->most_width, &to->most_height) == 2)
        sscanf(size, "%ux%u %u", &to->width, &to->height, &to->rate);
    }
  }
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
  const char *given = getenv("FAKE_OFFERS"), *file = getenv("FAKE_FRAMES");
  if (!given || !file || !(frames = fopen(file, "rb"))) {
    errno = ENODEV;
    return -1;
  }
  read_offers(strdup(given));
  if (pipe2(ticks, O_CLOEXEC | O_NONBLOCK)) return -1;
  return camera = ticks[0];
}

void *mmap(void *address, size_t length, int protection, int flags, int file, off_t offset) {
  void *(*real)(void *, size_t, int, int, int, off_t) = dlsym(RTLD_NEXT, "mmap");
  if (file < 0 || file != camera) return real(address, length, protection, flags, file, offset);
  uint32_t index = (uint32_t)(offset / 4096);
  check(index < BUFFERS && length <= frame_size(), "mmap of what is no buffer");
  memory[index] = real(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory[index];
}

static int end_of_frames(void) {
  const char *end = getenv("FAKE_END");
  errno = end && !strcmp(end, "unplugged") ? ENODEV : EAGAIN;
  return -1;
}

/* The next JPEG of the file, in which FF D9 is nowhere but at the end of each; how many bytes were written, 0 at the end. */
static size_t fill_jpeg(uint8_t *to) {
  static const uint8_t behind[] = {0, 0xFF, 0xFF, 0, 0x0D, 0x0A};
  static unsigned given;
  const char *every = getenv("FAKE_CUT");
  size_t count = 0;
  memset(to, 0xAA, frame_size());
  for (int byte, last = 0; (byte = fgetc(frames)) != EOF; last = byte) {
    check(count + sizeof behind < frame_size(), "a JPEG for tests that is larger than a buffer");
    to[count++] = (uint8_t)byte;
    if (last != 0xFF || byte != 0xD9) continue;
    if (every && ++given % (unsigned)atoi(every) == 0) return count / 2;
    memcpy(to + count, behind, sizeof behind);
    return count + sizeof behind;
  }
  return 0;
}

static size_t fill_rows(uint8_t *to) {
  for (size_t row = 0; row < rows(); row++)
    if (fread(to + row * stride, 1, row_size(), frames) != row_size()) return 0;
  return frame_size();
}

static int fill(struct v4l2_buffer *buffer) {
  char byte;
  if (read(camera, &byte, 1) != 1 || waiting == 0) {
    errno = EAGAIN;
    return -1;
  }
  int index = order[0];
  size_t used = code == V4L2_PIX_FMT_MJPEG ? fill_jpeg(memory[index]) : fill_rows(memory[index]);
  if (!used) return end_of_frames();
  memmove(order, order + 1, sizeof order - sizeof order[0]);
  waiting--, queued[index] = 0;
  buffer->index = (uint32_t)index;
  buffer->bytesused = (uint32_t)used;
  buffer->flags = ++shown % 7 == 0 ? V4L2_BUF_FLAG_ERROR : 0;
  return 0;
}

/* ---- What it offers ---- */

static int no_more(void) {
  errno = EINVAL;
  return -1;
}

static int has(const struct size *size, uint32_t wide, uint32_t high) {
  if (!size->most_width) return size->width == wide && size->height == high;
  return wide >= size->width && wide <= size->most_width && high >= size->height && high <= size->most_height;
}

static const struct offer *offer_of(uint32_t of) {
  for (int i = 0; i < offers; i++)
    if (offer[i].code == of) return &offer[i];
  return NULL;
}

static int tell_size(struct v4l2_frmsizeenum *answer) {
  const struct offer *found = offer_of(answer->pixel_format);
  if (!found || answer->index >= (uint32_t)found->sizes) return no_more();
  const struct size *size = &found->size[answer->index];
  answer->type = size->most_width ? V4L2_FRMSIZE_TYPE_STEPWISE : V4L2_FRMSIZE_TYPE_DISCRETE;
  if (size->most_width)
    answer->stepwise = (struct v4l2_frmsize_stepwise){size->width, size->most_width, 2, size->height, size->most_height, 2};
  else answer->discrete = (struct v4l2_frmsize_discrete){size->width, size->height};
  return 0;
}

/* The rate, and half of it. */
static int tell_interval(struct v4l2_frmivalenum *answer) {
  const struct offer *found = offer_of(answer->pixel_format);
  for (int i = 0; found && i < found->sizes; i++) {
    const struct size *size = &found->size[i];
    if (!has(size, answer->width, answer->height) || !size->rate || answer->index > 1) continue;
    answer->type = V4L2_FRMIVAL_TYPE_DISCRETE;
    answer->discrete = (struct v4l2_fract){1 + !answer->index, size->rate}; /* the slower one first */
    return 0;
  }
  return no_more();
}

/* What is asked for if it is offered, else the first offer. */
static int set_format(struct v4l2_format *format) {
  struct v4l2_pix_format *pix = &format->fmt.pix;
  check(format->type == V4L2_BUF_TYPE_VIDEO_CAPTURE, "a format of another kind of stream");
  check(!has_buffers, "a format set while there are buffers");
  if (getenv("FAKE_BUSY")) {
    errno = EBUSY;
    return -1;
  }
  const struct offer *found = offer_of(pix->pixelformat);
  if (!found) found = &offer[0];
  code = found->code, width = pix->width, height = pix->height;
  int fits = found->sizes == 0;
  for (int i = 0; i < found->sizes; i++) fits = fits || has(&found->size[i], width, height);
  if (!fits) width = found->size[0].width, height = found->size[0].height;
  stride = ((uint32_t)row_size() + PADDING + 31) / 32 * 32;
  pix->pixelformat = code, pix->width = width, pix->height = height;
  pix->bytesperline = row_size() ? stride : 0, pix->sizeimage = (uint32_t)frame_size();
  return 0;
}

static int start(void) {
  const char *format = getenv("FAKE_FORMAT");
  pthread_t thread;
  check(waiting > 0, "a stream started without buffers");
  check(format && code_of(format) == code, "a stream in a format of which there are no frames");
  is_streaming = 1;
  return pthread_create(&thread, NULL, tick, NULL) || pthread_detach(thread) ? -1 : 0;
}

static void check_buffer(const struct v4l2_buffer *buffer) {
  check(buffer->type == V4L2_BUF_TYPE_VIDEO_CAPTURE && buffer->memory == V4L2_MEMORY_MMAP, "a buffer of another kind");
}

static int answer(unsigned long request, void *argument) {
  struct v4l2_buffer *buffer = argument;
  struct v4l2_fmtdesc *format = argument;
  switch (request) {
  case VIDIOC_QUERYCAP:
    ((struct v4l2_capability *)argument)->capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING;
    return 0;
  case VIDIOC_ENUM_FMT:
    check(format->type == V4L2_BUF_TYPE_VIDEO_CAPTURE, "formats of another kind of stream");
    if (format->index >= (uint32_t)offers) return no_more();
    format->pixelformat = offer[format->index].code;
    return 0;
  case VIDIOC_ENUM_FRAMESIZES: return tell_size(argument);
  case VIDIOC_ENUM_FRAMEINTERVALS: return tell_interval(argument);
  case VIDIOC_S_FMT: return set_format(argument);
  case VIDIOC_S_PARM: return 0;
  case VIDIOC_REQBUFS:
    check(code, "buffers asked for before a format was set");
    ((struct v4l2_requestbuffers *)argument)->count = BUFFERS, has_buffers = 1;
    return 0;
  case VIDIOC_QUERYBUF:
    check_buffer(buffer);
    buffer->length = (uint32_t)frame_size(), buffer->m.offset = buffer->index * 4096;
    return 0;
  case VIDIOC_QBUF:
    check_buffer(buffer);
    check(buffer->index < BUFFERS && memory[buffer->index], "a buffer queued that is not there");
    check(!queued[buffer->index], "a buffer queued twice");
    queued[buffer->index] = 1, order[waiting++] = (int)buffer->index;
    return 0;
  case VIDIOC_STREAMON: return start();
  case VIDIOC_STREAMOFF: return 0;
  case VIDIOC_DQBUF:
    check_buffer(buffer);
    check(is_streaming, "a buffer taken before the stream was started");
    return fill(buffer);
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
