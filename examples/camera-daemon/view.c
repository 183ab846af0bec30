#include "view.h"

#include <math.h>
#include <string.h>

static bool is_jpeg(const struct settings *settings) { return !strcmp(settings->format, "mjpeg"); }

uint32_t view_reduction(const struct settings *settings) {
  uint32_t reduction = 1;
  if (!is_jpeg(settings)) return 1;
  while (reduction < 8 && settings->min_face / (float)(2 * reduction) >= VIEW_MIN_FACE) reduction *= 2;
  return reduction;
}

static uint32_t reduced(uint32_t side, uint32_t reduction) { return (side + reduction - 1) / reduction; }

/* How it lies, and how large it is; no planes yet. */
static fs_frame laid(const struct settings *settings, const struct picture *picture, uint32_t reduction) {
  fs_frame frame;
  fs_frame_init(&frame, sizeof frame);
  frame.width = reduced(picture->width, reduction), frame.height = reduced(picture->height, reduction);
  frame.rotation = settings->rotation;
  frame.mirrored = settings->mirrored;
  return frame;
}

static void set_planes(fs_frame *frame, const struct settings *settings, const struct picture *picture) {
  static const struct {
    const char *name;
    fs_pixel_format format;
    int chroma_planes;
  } formats[] = {{"nv12", FS_NV12, 1}, {"nv21", FS_NV21, 1}, {"i420", FS_I420, 2}, {"yuyv", FS_YUYV, 0},
                 {"rgb", FS_RGB, 0},   {"bgr", FS_BGR, 0},   {"grey", FS_GREY, 0}};
  int chroma_planes = 0;
  for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
    if (!strcmp(formats[i].name, settings->format)) frame->format = formats[i].format, chroma_planes = formats[i].chroma_planes;
  frame->matrix = strcmp(settings->matrix, "bt709") ? FS_BT601 : FS_BT709;
  frame->range = strcmp(settings->range, "full") ? FS_LIMITED_RANGE : FS_FULL_RANGE;

  size_t rows = ((size_t)picture->height + 1) / 2, even = ((size_t)picture->width + 1) / 2 * 2;
  size_t chroma_stride = chroma_planes == 2 ? ((size_t)picture->stride + 1) / 2 : picture->stride < even ? even : picture->stride;
  frame->planes[0] = picture->bytes;
  frame->strides[0] = picture->stride;
  frame->byte_counts[0] = picture->stride * (size_t)picture->height;
  for (int i = 1; i <= chroma_planes; i++) {
    frame->planes[i] = frame->planes[i - 1] + frame->byte_counts[i - 1];
    frame->strides[i] = chroma_stride;
    frame->byte_counts[i] = chroma_stride * rows;
  }
}

/* Decodes the JPEG to the frame's size. */
static fs_status decode(struct view *view, fs_image **image, fs_frame *frame) {
  double start = milliseconds();
  uint32_t reduction = 0;
  fs_status status = fs_image_decode_reduced(image, view->picture->bytes, view->picture->byte_count,
                                             (uint64_t)frame->width * frame->height, &reduction);
  if (status != FS_OK) return status;
  stage_note(view->times, start);
  if (fs_image_width(*image) != frame->width || fs_image_height(*image) != frame->height) {
    fs_image_destroy(*image);
    *image = NULL;
    return FS_BAD_DATA; /* how a camera lies is for the settings to say */
  }
  frame->format = FS_RGB;
  frame->planes[0] = fs_image_data(*image);
  frame->byte_counts[0] = 3 * (size_t)frame->width * frame->height;
  return FS_OK;
}

fs_status view_open(struct view *view, const struct settings *settings, const struct picture *picture, struct stage_times *times,
                    char *reason, size_t reason_size) {
  *view = (struct view){.picture = picture, .reduction = view_reduction(settings), .times = times};
  view->whole = laid(settings, picture, 1);
  view->found = laid(settings, picture, view->reduction);
  if (is_jpeg(settings)) {
    fs_status status = decode(view, &view->images[0], &view->found);
    if (status != FS_OK) {
      const char *error = fs_last_error();
      snprintf(reason, reason_size, "%s", *error ? error : "its EXIF block turns it; expected frames as they lie, and rotation");
      return status;
    }
  } else {
    set_planes(&view->found, settings, picture);
  }
  if (view->reduction == 1) view->whole = view->found;
  return FS_OK;
}

void view_close(struct view *view) {
  for (int i = 0; i < 2; i++) fs_image_destroy(view->images[i]);
}

const fs_frame *view_whole(struct view *view) {
  if (!view->whole.planes[0] && decode(view, &view->images[1], &view->whole) != FS_OK) return NULL;
  return &view->whole;
}

/* A place x of `found` is factor x + right in the whole. */
struct map {
  float factor, right, down;
};

static struct map to_whole(const struct view *view) {
  /* The last column and row may be of fewer pixels: in a picture that is turned or mirrored they are the first. */
  float wide = (float)view->whole.width - (float)(view->reduction * view->found.width);
  float high = (float)view->whole.height - (float)(view->reduction * view->found.height);
  uint32_t rotation = view->whole.rotation;
  bool turned = rotation % 180 != 0;
  struct map map = {(float)view->reduction, 0, 0};
  if ((rotation == 90 || rotation == 180) != (view->whole.mirrored != 0)) map.right = turned ? high : wide;
  if (rotation == 180 || rotation == 270) map.down = turned ? wide : high;
  float middle = (map.factor - 1) / 2; /* the middle of the first pixel is 0, here and there */
  map.right += middle, map.down += middle;
  return map;
}

static struct map inverse(struct map map) { return (struct map){1 / map.factor, -map.right / map.factor, -map.down / map.factor}; }

static void move(fs_face *face, struct map map) {
  face->x = face->x * map.factor + map.right, face->y = face->y * map.factor + map.down;
  face->width *= map.factor, face->height *= map.factor;
  for (int i = 0; i < 5; i++) {
    face->landmarks[i].x = face->landmarks[i].x * map.factor + map.right;
    face->landmarks[i].y = face->landmarks[i].y * map.factor + map.down;
  }
}

void view_enlarge(const struct view *view, fs_face *face) {
  if (view->reduction > 1) move(face, to_whole(view));
}

const fs_frame *view_of_face(struct view *view, const fs_face *face, float eye_distance, fs_face *there) {
  *there = *face;
  if (view->reduction == 1) return view_whole(view);
  float apart = hypotf(face->landmarks[1].x - face->landmarks[0].x, face->landmarks[1].y - face->landmarks[0].y);
  if (!(apart >= eye_distance * (float)view->reduction)) return view_whole(view);
  move(there, inverse(to_whole(view)));
  return &view->found;
}
