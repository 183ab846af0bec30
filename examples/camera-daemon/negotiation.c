#define _GNU_SOURCE /* linux/videodev2.h wants struct timeval and friends */

#include "negotiation.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>

/* What costs least first: bytes a pixel are 1.5, 2 and 3, and a JPEG is decoded. Grey would cost least of all; it comes last,
 * as the networks know people in colour. */
static const struct pixels {
  const char *name;
  uint32_t code;
} kinds[] = {
    {"nv12", V4L2_PIX_FMT_NV12}, {"nv21", V4L2_PIX_FMT_NV21}, {"i420", V4L2_PIX_FMT_YUV420},
    {"yuyv", V4L2_PIX_FMT_YUYV}, {"rgb", V4L2_PIX_FMT_RGB24}, {"bgr", V4L2_PIX_FMT_BGR24},
    {"mjpeg", V4L2_PIX_FMT_MJPEG}, {"mjpeg", V4L2_PIX_FMT_JPEG}, {"grey", V4L2_PIX_FMT_GREY},
};
enum { KINDS = sizeof kinds / sizeof kinds[0], MOST = 256 /* of a list, should a driver not end it */ };

int camera_control(int device, unsigned long request, void *argument) {
  int result;
  do result = ioctl(device, request, argument);
  while (result < 0 && errno == EINTR);
  return result;
}

/* ---- What it offers ---- */

static bool nth_format(int device, uint32_t index, uint32_t *code) {
  struct v4l2_fmtdesc format = {.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  if (index >= MOST || camera_control(device, VIDIOC_ENUM_FMT, &format)) return false;
  *code = format.pixelformat;
  return true;
}

static bool nth_size(int device, uint32_t code, uint32_t index, struct v4l2_frmsizeenum *size) {
  *size = (struct v4l2_frmsizeenum){.index = index, .pixel_format = code};
  return index < MOST && camera_control(device, VIDIOC_ENUM_FRAMESIZES, size) == 0;
}

static bool is_step(uint32_t side, uint32_t least, uint32_t most, uint32_t step) {
  return side >= least && side <= most && (step < 2 || (side - least) % step == 0);
}

/* Whether it has the size, or does not say which it has. */
static bool may_have_size(int device, uint32_t code, uint32_t width, uint32_t height) {
  struct v4l2_frmsizeenum size;
  uint32_t index = 0;
  for (; nth_size(device, code, index, &size); index++) {
    if (size.type == V4L2_FRMSIZE_TYPE_DISCRETE) {
      if (size.discrete.width == width && size.discrete.height == height) return true;
      continue;
    }
    const struct v4l2_frmsize_stepwise *steps = &size.stepwise;
    return is_step(width, steps->min_width, steps->max_width, steps->step_width) &&
           is_step(height, steps->min_height, steps->max_height, steps->step_height);
  }
  return index == 0;
}

/* The most frames a second at a size; INFINITY if it does not say. */
static double rate_at(int device, uint32_t code, uint32_t width, uint32_t height) {
  double most = 0;
  for (uint32_t index = 0; index < MOST; index++) {
    struct v4l2_frmivalenum interval = {.index = index, .pixel_format = code, .width = width, .height = height};
    if (camera_control(device, VIDIOC_ENUM_FRAMEINTERVALS, &interval)) break;
    bool discrete = interval.type == V4L2_FRMIVAL_TYPE_DISCRETE;
    struct v4l2_fract shortest = discrete ? interval.discrete : interval.stepwise.min;
    if (shortest.numerator) most = fmax(most, (double)shortest.denominator / shortest.numerator);
    if (!discrete) break;
  }
  return most > 0 ? most : INFINITY;
}

static void print_code(uint32_t code, FILE *errors) {
  for (int i = 0; i < 4; i++) {
    int letter = code >> 8 * i & 0x7F;
    fputc(letter >= ' ' && letter < 0x7F ? letter : '?', errors);
  }
}

/* "NV12 640x480 at 30, 1280x720 at 10; MJPG 1280x720 at 30" */
static void print_offers(int device, FILE *errors) {
  uint32_t code;
  if (!nth_format(device, 0, &code)) fputs("nothing that it names", errors);
  for (uint32_t i = 0; nth_format(device, i, &code); i++) {
    struct v4l2_frmsizeenum size;
    if (i) fputs("; ", errors);
    print_code(code, errors);
    for (uint32_t j = 0; nth_size(device, code, j, &size); j++) {
      if (size.type != V4L2_FRMSIZE_TYPE_DISCRETE) {
        fprintf(errors, " %ux%u to %ux%u", size.stepwise.min_width, size.stepwise.min_height, size.stepwise.max_width,
                size.stepwise.max_height);
        break;
      }
      double rate = rate_at(device, code, size.discrete.width, size.discrete.height);
      fprintf(errors, "%s %ux%u", j ? "," : "", size.discrete.width, size.discrete.height);
      if (isfinite(rate)) fprintf(errors, " at %.4g", rate);
    }
  }
}

/* ---- What is taken ---- */

struct choice {
  const struct pixels *kind;
  double rate;
};

static bool is_offered(int device, uint32_t code) {
  uint32_t offered, index = 0;
  for (; nth_format(device, index, &offered); index++)
    if (offered == code) return true;
  return index == 0; /* it does not say */
}

/* The better first: those that give the rate, by what they cost; then others, the fastest first. Returns how many. A format
 * that is set is tried, whatever the camera's lists say: not all are complete. */
static int choices_for(int device, const struct settings *settings, struct choice choices[KINDS]) {
  int count = 0;
  for (const struct pixels *kind = kinds; kind < kinds + KINDS; kind++) {
    struct choice choice = {kind, INFINITY};
    if (!strcmp(settings->format, "auto")) {
      if (!is_offered(device, kind->code) || !may_have_size(device, kind->code, settings->width, settings->height)) continue;
      choice.rate = rate_at(device, kind->code, settings->width, settings->height);
      if (choice.rate >= 0.99 * settings->rate) choice.rate = INFINITY; /* 29.97 is 30 */
    } else if (strcmp(settings->format, kind->name)) continue;
    int place = count++;
    for (; place > 0 && choices[place - 1].rate < choice.rate; place--) choices[place] = choices[place - 1];
    choices[place] = choice;
  }
  return count;
}

/* Whether the driver takes it as it is asked for; it may set another. */
static bool set_format(int device, struct settings *settings, const struct pixels *kind) {
  struct v4l2_format format = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
  format.fmt.pix = (struct v4l2_pix_format){
      .width = settings->width, .height = settings->height, .pixelformat = kind->code, .field = V4L2_FIELD_NONE};
  errno = 0;
  if (camera_control(device, VIDIOC_S_FMT, &format)) return false;
  const struct v4l2_pix_format *got = &format.fmt.pix;
  if (got->pixelformat != kind->code || got->width != settings->width || got->height != settings->height) return false;
  strcpy(settings->format, kind->name);
  settings->stride = got->bytesperline;
  return true;
}

bool camera_agree(int device, struct settings *settings, FILE *errors) {
  struct v4l2_capability capability = {0};
  if (camera_control(device, VIDIOC_QUERYCAP, &capability))
    return fprintf(errors, "%s is no video device: %s\n", settings->source, strerror(errno)), false;
  uint32_t can = capability.capabilities & V4L2_CAP_DEVICE_CAPS ? capability.device_caps : capability.capabilities;
  if (!(can & V4L2_CAP_VIDEO_CAPTURE) || !(can & V4L2_CAP_STREAMING))
    return fprintf(errors, "%s does not capture streams of frames in one plane each\n", settings->source), false;

  struct choice choices[KINDS];
  int count = choices_for(device, settings, choices), taken = 0;
  while (taken < count && !set_format(device, settings, choices[taken].kind)) {
    if (errno && errno != EINVAL) /* not for what was asked: it is in use, or gone */
      return fprintf(errors, "%s: no %ux%u %s: %s\n", settings->source, settings->width, settings->height,
                     choices[taken].kind->name, strerror(errno)), false;
    taken++;
  }
  if (taken == count) {
    bool any = !strcmp(settings->format, "auto");
    fprintf(errors, "%s gives no %ux%u %s; it offers ", settings->source, settings->width, settings->height,
            any ? "in a format that is known" : settings->format);
    print_offers(device, errors);
    return fprintf(errors, "\n"), false;
  }
  if (settings->rate > 0) { /* a wish: not every driver grants it */
    struct v4l2_streamparm wish = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
    wish.parm.capture.timeperframe = (struct v4l2_fract){1000, (uint32_t)(settings->rate * 1000)};
    camera_control(device, VIDIOC_S_PARM, &wish);
  }
  return true;
}
