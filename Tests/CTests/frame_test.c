/* Frames: every format against the standards' formulas, odd sizes, strides, turning, and descriptors that lie. */
#include "support.h"

enum { PLANES = 3 };

static const char *const names[] = {"RGB", "BGR", "RGBA", "BGRA", "grey", "NV12", "NV21", "I420", "YUYV",
                                    "16-bit RGB", "16-bit RGBA"};

/* A frame in memory of its own, each plane in a block of exactly its bytes, so that valgrind sees a byte beyond. */
typedef struct source {
  fs_frame frame;
  uint8_t *memory[PLANES];
} source;

static unsigned random_state = 1;
static uint8_t random_byte(void) { return (uint8_t)((random_state = random_state * 1664525u + 1013904223u) >> 24); }

/* Rows and bytes of a row of each plane; how many planes. */
static unsigned shapes(fs_pixel_format format, uint32_t width, uint32_t height, size_t rows[PLANES], size_t bytes[PLANES]) {
  static const unsigned pixel[] = {3, 3, 4, 4, 1};
  size_t half_width = ((size_t)width + 1) / 2, half_height = ((size_t)height + 1) / 2;
  rows[0] = height, bytes[0] = width;
  rows[1] = rows[2] = half_height, bytes[1] = bytes[2] = half_width;
  if (format <= FS_GREY) return bytes[0] *= pixel[format], 1;
  if (format == FS_YUYV) return bytes[0] = 4 * half_width, 1;
  if (format >= FS_RGB16) return bytes[0] *= format == FS_RGB16 ? 6 : 8, 1;
  if (format == FS_I420) return 3;
  return bytes[1] = 2 * half_width, 2;
}

static source make(fs_pixel_format format, uint32_t width, uint32_t height, size_t padding) {
  source s = {.frame = {0}};
  size_t rows[PLANES], bytes[PLANES];
  fs_frame_init(&s.frame, sizeof s.frame);
  s.frame.width = width, s.frame.height = height, s.frame.format = format;
  unsigned planes = shapes(format, width, height, rows, bytes);
  for (unsigned i = 0; i < planes; i++) {
    size_t stride = bytes[i] + padding, count = stride * (rows[i] - 1) + bytes[i];
    s.memory[i] = malloc(count);
    for (size_t k = 0; s.memory[i] && k < count; k++) s.memory[i][k] = random_byte();
    s.frame.planes[i] = s.memory[i];
    s.frame.byte_counts[i] = count;
    s.frame.strides[i] = padding ? stride : 0;
  }
  return s;
}

static void discard(source *s) {
  for (unsigned i = 0; i < PLANES; i++) free(s->memory[i]);
}

static double limit(double level) { return level < 0 ? 0 : level > 255 ? 255 : level; }

/* R, G and B of the pixel at (x, y) of the frame as it lies, not rounded: ITU-R BT.601-7 2.5, BT.709-6 3 and 4. */
static void wanted(const fs_frame *f, uint32_t x, uint32_t y, double rgb[3]) {
  size_t rows[PLANES], bytes[PLANES];
  const uint8_t *row[PLANES] = {0};
  unsigned planes = shapes(f->format, f->width, f->height, rows, bytes);
  for (unsigned i = 0; i < planes; i++)
    row[i] = f->planes[i] + (i ? y / 2 : y) * (f->strides[i] ? f->strides[i] : bytes[i]);
  int luma = row[0][x], u = 0, v = 0;
  switch (f->format) {
    case FS_RGB: for (int c = 0; c < 3; c++) rgb[c] = row[0][3 * x + c]; return;
    case FS_BGR: for (int c = 0; c < 3; c++) rgb[c] = row[0][3 * x + 2 - c]; return;
    case FS_RGBA: for (int c = 0; c < 3; c++) rgb[c] = row[0][4 * x + c]; return;
    case FS_BGRA: for (int c = 0; c < 3; c++) rgb[c] = row[0][4 * x + 2 - c]; return;
    case FS_GREY: rgb[0] = rgb[1] = rgb[2] = row[0][x]; return;
    case FS_RGB16:
    case FS_RGBA16:
      for (int c = 0; c < 3; c++) {
        uint16_t sample;
        memcpy(&sample, row[0] + (f->format == FS_RGB16 ? 6 : 8) * (size_t)x + 2 * c, 2);
        rgb[c] = sample / 257.0;
      }
      return;
    case FS_NV12: u = row[1][x / 2 * 2], v = row[1][x / 2 * 2 + 1]; break;
    case FS_NV21: v = row[1][x / 2 * 2], u = row[1][x / 2 * 2 + 1]; break;
    case FS_I420: u = row[1][x / 2], v = row[2][x / 2]; break;
    case FS_YUYV: luma = row[0][2 * x], u = row[0][x / 2 * 4 + 1], v = row[0][x / 2 * 4 + 3]; break;
  }
  bool full = f->range == FS_FULL_RANGE;
  double kr = f->matrix == FS_BT709 ? 0.2126 : 0.299, kb = f->matrix == FS_BT709 ? 0.0722 : 0.114, kg = 1 - kr - kb;
  double l = full ? luma : (luma - 16) * 255.0 / 219, cb = (u - 128) * (full ? 1 : 255.0 / 224),
         cr = (v - 128) * (full ? 1 : 255.0 / 224);
  rgb[0] = limit(l + 2 * (1 - kr) * cr);
  rgb[1] = limit(l - 2 * (1 - kb) * kb / kg * cb - 2 * (1 - kr) * kr / kg * cr);
  rgb[2] = limit(l + 2 * (1 - kb) * cb);
}

/* The largest distance from the formulas to the picture of an upright frame. */
static double worst(const fs_frame *f, const fs_image *image) {
  double worst = 0, rgb[3];
  if (fs_image_width(image) != f->width || fs_image_height(image) != f->height) return 999;
  const uint8_t *data = fs_image_data(image);
  for (uint32_t y = 0; y < f->height; y++)
    for (uint32_t x = 0; x < f->width; x++) {
      wanted(f, x, y, rgb);
      for (int c = 0; c < 3; c++) worst = fmax(worst, fabs(data[3 * ((size_t)y * f->width + x) + c] - rgb[c]));
    }
  return worst;
}

static void formats(void) {
  static const uint32_t sizes[][2] = {{1, 1}, {2, 2}, {3, 3}, {16, 4}, {37, 21}, {64, 33}, {5, 8}};
  for (int format = FS_RGB; format <= FS_RGBA16; format++) {
    char sentence[100];
    snprintf(sentence, sizeof sentence, "%s becomes R, G, B as the standards say, in odd sizes and with wide rows", names[format]);
    TEST(sentence) {
      for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned variant = 0; variant < 8; variant++) {
          source s = make((fs_pixel_format)format, sizes[i][0], sizes[i][1], variant & 1 ? 13 : 0);
          s.frame.matrix = variant & 2 ? FS_BT709 : FS_BT601;
          s.frame.range = variant & 4 ? FS_FULL_RANGE : FS_LIMITED_RANGE;
          fs_image *image = NULL;
          if (CHECK_OK(fs_image_from_frame(&image, &s.frame, NULL)))
            CHECK(worst(&s.frame, image) <= (format <= FS_GREY ? 0 : 0.55)); /* half a level is rounding */
          fs_image_destroy(image);
          discard(&s);
        }
    }
  }
  TEST("every Y with many U and V is right to one level, in both matrices and ranges") {
    for (unsigned variant = 0; variant < 4; variant++) {
      source s = make(FS_I420, 512, 512, 0);
      s.frame.matrix = variant & 1 ? FS_BT709 : FS_BT601, s.frame.range = variant & 2 ? FS_FULL_RANGE : FS_LIMITED_RANGE;
      for (unsigned y = 0; y < 512; y++)
        for (unsigned x = 0; x < 512; x++) s.memory[0][y * 512 + x] = (uint8_t)(x % 2 ? random_byte() : x / 2 + y);
      for (unsigned i = 0; i < 256 * 256; i++) s.memory[1][i] = (uint8_t)(i % 256), s.memory[2][i] = (uint8_t)(i / 256);
      fs_image *image = NULL;
      if (CHECK_OK(fs_image_from_frame(&image, &s.frame, NULL))) CHECK(worst(&s.frame, image) <= 0.55);
      fs_image_destroy(image);
      discard(&s);
    }
  }
  TEST("black, white and the primary colours of BT.601 come out as such") {
    /* R, G, B = 16 + 65.481 R + 128.553 G + 24.966 B and so on, R.601 table 3, rounded. */
    static const uint8_t yuv[][3] = {{16, 128, 128}, {235, 128, 128}, {81, 90, 240}, {145, 54, 34}, {41, 240, 110}};
    static const uint8_t rgb[][3] = {{0, 0, 0}, {255, 255, 255}, {255, 0, 0}, {0, 255, 0}, {0, 0, 255}};
    for (unsigned i = 0; i < 5; i++) {
      source s = make(FS_I420, 2, 2, 0);
      memset(s.memory[0], yuv[i][0], 4), s.memory[1][0] = yuv[i][1], s.memory[2][0] = yuv[i][2];
      fs_image *image = NULL;
      if (CHECK_OK(fs_image_from_frame(&image, &s.frame, NULL)))
        for (int c = 0; c < 3; c++) CHECK(abs(fs_image_data(image)[c] - rgb[i][c]) <= 1);
      fs_image_destroy(image);
      discard(&s);
    }
  }
}

/* Where the upright pixel (x, y) lies in a frame of w x h. */
static void lying(unsigned rotation, bool mirrored, uint32_t x, uint32_t y, uint32_t w, uint32_t h, uint32_t at[2]) {
  uint32_t width = rotation % 180 ? h : w;
  if (mirrored) x = width - 1 - x;
  at[0] = rotation == 90 ? y : rotation == 180 ? w - 1 - x : rotation == 270 ? w - 1 - y : x;
  at[1] = rotation == 90 ? h - 1 - x : rotation == 180 ? h - 1 - y : rotation == 270 ? x : y;
}

static void turning(void) {
  static const uint32_t sizes[][2] = {{1, 1}, {1, 7}, {6, 1}, {37, 21}, {20, 70}};
  for (int format = FS_RGB; format <= FS_RGBA16; format++) {
    char sentence[100];
    snprintf(sentence, sizeof sentence, "%s is turned clockwise, then mirrored, as its upright picture would be", names[format]);
    TEST(sentence) {
      for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (unsigned turn = 0; turn < 8; turn++) {
          source s = make((fs_pixel_format)format, sizes[i][0], sizes[i][1], 3);
          fs_image *flat = NULL, *turned = NULL;
          CHECK_OK(fs_image_from_frame(&flat, &s.frame, NULL));
          s.frame.rotation = turn % 4 * 90, s.frame.mirrored = turn / 4;
          CHECK_OK(fs_image_from_frame(&turned, &s.frame, NULL));
          uint32_t w = sizes[i][0], h = sizes[i][1], width = turn % 2 ? h : w, height = turn % 2 ? w : h, at[2];
          bool same = fs_image_width(turned) == width && fs_image_height(turned) == height;
          for (uint32_t y = 0; same && y < height; y++)
            for (uint32_t x = 0; same && x < width; x++) {
              lying(s.frame.rotation, s.frame.mirrored, x, y, w, h, at);
              same = memcmp(fs_image_data(turned) + 3 * ((size_t)y * width + x), fs_image_data(flat) + 3 * ((size_t)at[1] * w + at[0]), 3) == 0;
            }
          CHECK(same);
          fs_image_destroy(flat), fs_image_destroy(turned);
          discard(&s);
        }
    }
  }
  TEST("a region is that part of the upright picture, however the frame lies") {
    for (int format = FS_GREY; format <= FS_RGBA16; format++)
      for (unsigned turn = 0; turn < 8; turn++) {
        source s = make((fs_pixel_format)format, 43, 35, 5);
        s.frame.rotation = turn % 4 * 90, s.frame.mirrored = turn / 4;
        fs_image *whole = NULL, *part = NULL, *cropped = NULL;
        CHECK_OK(fs_image_from_frame(&whole, &s.frame, NULL));
        static const fs_region parts[] = {{0, 0, 1, 1}, {3, 5, 20, 11}, {4, 7, 21, 25}, {34, 34, 1, 1}, {0, 0, 35, 35}, {7, 0, 1, 30}};
        for (unsigned i = 0; i < sizeof parts / sizeof *parts; i++) {
          const fs_region *r = &parts[i];
          CHECK_OK(fs_image_from_frame(&part, &s.frame, r));
          CHECK_OK(fs_image_crop(&cropped, whole, r->x, r->y, r->width, r->height));
          CHECK(same_picture(part, cropped));
          fs_image_destroy(part), fs_image_destroy(cropped);
        }
        fs_region all = {0, 0, 0, 0};
        CHECK_OK(fs_image_from_frame(&part, &s.frame, &all));
        CHECK(same_picture(part, whole));
        fs_image_destroy(part), fs_image_destroy(whole);
        discard(&s);
      }
  }
}

static void refusals(void) {
  fs_image *image = NULL;
  TEST("a frame is filled with zeros, and of a later program's what the library knows") {
    struct { fs_frame frame; uint8_t tail[24], beyond; } larger;
    memset(&larger, 0x5e, sizeof larger);
    CHECK_OK(fs_frame_init(&larger.frame, sizeof(fs_frame) + sizeof larger.tail));
    CHECK(larger.frame.size == sizeof(fs_frame) && larger.tail[0] == 0x5e && larger.beyond == 0x5e);
    CHECK(!larger.frame.planes[0] && larger.frame.format == FS_RGB && larger.frame.matrix == FS_BT601 && larger.frame.range == FS_LIMITED_RANGE);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_frame_init(NULL, sizeof(fs_frame)));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, larger, fs_frame_init(&larger.frame, sizeof(fs_frame) - 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, larger, fs_frame_init(&larger.frame, SIZE_MAX));
  }
  for (int format = FS_RGB; format <= FS_RGBA16; format++) {
    char sentence[100];
    snprintf(sentence, sizeof sentence, "%s whose descriptor promises what is not there is refused", names[format]);
    TEST(sentence) {
      source s = make((fs_pixel_format)format, 10, 6, 2);
      const fs_frame good = s.frame;
      size_t rows[PLANES], bytes[PLANES];
      unsigned planes = shapes(good.format, 10, 6, rows, bytes);
#define REFUSE(change)                                                                             \
  s.frame = good, change;                                                                          \
  CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_frame(&image, &s.frame, NULL))
      for (unsigned i = 0; i < planes; i++) {
        REFUSE(s.frame.planes[i] = NULL);
        REFUSE((s.frame.planes[i] = NULL, s.frame.byte_counts[i] = 0));
        REFUSE(s.frame.byte_counts[i] = 0);
        REFUSE(s.frame.byte_counts[i]--);
        REFUSE(s.frame.byte_counts[i] = SIZE_MAX);
        REFUSE(s.frame.strides[i] = 1);
        REFUSE(s.frame.strides[i] = bytes[i] - 1);
        REFUSE(s.frame.strides[i]++);
        REFUSE(s.frame.strides[i] = SIZE_MAX);
        REFUSE(s.frame.strides[i] = SIZE_MAX / 2);
        REFUSE(s.frame.strides[i] = SIZE_MAX / (rows[i] > 1 ? rows[i] - 1 : 1));
        REFUSE(s.frame.strides[i] = (size_t)1 << 63);
      }
      REFUSE(s.frame.width = 0);
      REFUSE(s.frame.height = 0);
      REFUSE(s.frame.width = 13); /* more than the rows have, their padding included */
      REFUSE(s.frame.height = 8);
      REFUSE(s.frame.width = UINT32_MAX);
      REFUSE(s.frame.height = UINT32_MAX);
      REFUSE((s.frame.width = 65500, s.frame.height = 65500));
      REFUSE(s.frame.rotation = 1);
      REFUSE(s.frame.rotation = 360);
      REFUSE(s.frame.rotation = (uint32_t)-90);
      REFUSE(s.frame.format = (fs_pixel_format)11);
      CHECK(strcmp(fs_last_error(), "pixel format 11; expected 0 to 10") == 0);
      REFUSE(s.frame.format = (fs_pixel_format)-1);
      REFUSE(s.frame.matrix = (fs_colour_matrix)2);
      REFUSE(s.frame.range = (fs_colour_range)7);
      REFUSE(s.frame.size = 0);
      REFUSE(s.frame.size = sizeof good - 1);
      REFUSE(s.frame.size = SIZE_MAX);
#undef REFUSE
      for (unsigned i = planes; i < PLANES; i++) /* planes that the format lacks do not matter */
        s.frame = good, s.frame.planes[i] = (const uint8_t *)1, s.frame.byte_counts[i] = SIZE_MAX, s.frame.strides[i] = 1;
      s.frame.size = good.size;
      if (CHECK_OK(fs_image_from_frame(&image, &s.frame, NULL))) fs_image_destroy(image);
      discard(&s);
    }
  }
  TEST("NULL and regions that do not lie inside are refused") {
    source s = make(FS_NV12, 10, 6, 0);
    static const fs_region outside[] = {{10, 0, 1, 1}, {0, 6, 1, 1}, {0, 0, 11, 6}, {0, 0, 10, 7}, {0, 0, 0, 6}, {0, 0, 10, 0}, {1, 0, 0, 0},
                                        {9, 5, 2, 1}, {UINT32_MAX, 0, 1, 1}, {0, 0, UINT32_MAX, 1}, {1, 1, UINT32_MAX, UINT32_MAX}};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_from_frame(NULL, &s.frame, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_frame(&image, NULL, NULL));
    for (unsigned i = 0; i < sizeof outside / sizeof *outside; i++)
      CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_frame(&image, &s.frame, &outside[i]));
    s.frame.rotation = 90; /* upright it is 6 wide and 10 high */
    fs_region tall = {0, 0, 6, 10}, wide = {0, 0, 10, 6};
    if (CHECK_OK(fs_image_from_frame(&image, &s.frame, &tall))) fs_image_destroy(image);
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_frame(&image, &s.frame, &wide));
    discard(&s);
  }
  TEST("pixels of fs_image_from_pixels have none of the formats of video") {
    uint8_t bytes[64] = {0};
    fs_pixels pixels = {.size = sizeof pixels, .data = bytes, .byte_count = sizeof bytes, .width = 4, .height = 4, .format = FS_NV12};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, &pixels));
  }
  TEST("a descriptor changed at random is a picture or refused, and nothing is read that is not there") {
    for (unsigned round = 0; round < (quick() ? 2000u : 20000u); round++) {
      source s = make((fs_pixel_format)(round % 9), 1 + random_byte() % 24u, 1 + random_byte() % 24u, random_byte() % 3u);
      s.frame.rotation = random_byte() % 4u * 90, s.frame.mirrored = random_byte() & 1;
      fs_region region = {random_byte() % 24u, random_byte() % 24u, random_byte() % 25u, random_byte() % 25u};
      for (unsigned change = random_byte() % 3u; change > 0; change--) {
        /* A pointer may not be changed: nobody can know what lies there. */
        size_t at = random_byte() % sizeof s.frame;
        if (at >= offsetof(fs_frame, planes) && at < offsetof(fs_frame, byte_counts)) continue;
        if (at >= offsetof(fs_frame, byte_counts) && at < offsetof(fs_frame, strides)) {
          size_t i = (at - offsetof(fs_frame, byte_counts)) / sizeof(size_t); /* nor may more be promised than there is */
          s.frame.byte_counts[i] -= s.frame.byte_counts[i] ? random_byte() % s.frame.byte_counts[i] : 0;
        } else ((uint8_t *)&s.frame)[at] = random_byte();
      }
      fs_status status = fs_image_from_frame(&image, &s.frame, round % 2 ? &region : NULL);
      CHECK(status == FS_OK || status == FS_INVALID_ARGUMENT);
      if (status == FS_OK) {
        volatile unsigned sum = 0;
        for (size_t i = 0; i < (size_t)3 * fs_image_width(image) * fs_image_height(image); i++)
          if (fs_image_data(image)[i] & 1) sum++; /* valgrind tells if a byte was never written */
        fs_image_destroy(image);
      }
      discard(&s);
    }
  }
}

/* A photo as an NV12 frame that lies turned by `rotation`, exactly what a camera held so would give. */
static source camera(const fs_image *upright, unsigned rotation, bool mirrored) {
  uint32_t width = fs_image_width(upright), height = fs_image_height(upright), at[2];
  uint32_t w = rotation % 180 ? height : width, h = rotation % 180 ? width : height;
  source s = make(FS_NV12, w, h, 32);
  s.frame.rotation = rotation, s.frame.mirrored = mirrored;
  for (uint32_t y = 0; y < height; y++)
    for (uint32_t x = 0; x < width; x++) {
      const uint8_t *p = fs_image_data(upright) + 3 * ((size_t)y * width + x);
      lying(rotation, mirrored, x, y, w, h, at);
      s.memory[0][at[1] * s.frame.strides[0] + at[0]] = (uint8_t)lrint(16 + (65.481 * p[0] + 128.553 * p[1] + 24.966 * p[2]) / 255);
      uint8_t *uv = s.memory[1] + at[1] / 2 * s.frame.strides[1] + at[0] / 2 * 2;
      uv[0] = (uint8_t)lrint(128 + (-37.797 * p[0] - 74.203 * p[1] + 112.0 * p[2]) / 255);
      uv[1] = (uint8_t)lrint(128 + (112.0 * p[0] - 93.786 * p[1] - 18.214 * p[2]) / 255);
    }
  return s;
}

static bool same_quality(const fs_quality *a, const fs_quality *b) { return memcmp(a, b, sizeof *a) == 0; }

static void quality(void) {
  TEST("the quality of a frame's face is that of its picture, to the bit, wherever it lies") {
    fs_image *upright = picture(170, 130, 3), *seen = NULL;
    for (unsigned turn = 0; turn < 8; turn++) {
      source s = camera(upright, turn % 4 * 90, turn / 4);
      CHECK_OK(fs_image_from_frame(&seen, &s.frame, NULL));
      static const float places[] = {0, 40, -35, 160, 1e4f, -1e6f}, scales[] = {1, 0.3f, 4};
      for (unsigned i = 0; i < 6; i++)
        for (unsigned k = 0; k < 4; k++) {
          fs_face face = {.x = places[i], .y = 20, .width = 60, .height = 70,
                          .landmarks = {{30, 40}, {70, 42}, {50, 60}, {35, 80}, {66, 81}}};
          for (int p = 0; p < 5; p++) {
            if (k < 3) face.landmarks[p].x = face.landmarks[p].x * scales[k] + places[i], face.landmarks[p].y *= scales[k];
            else face.landmarks[p].x = NAN;
          }
          fs_quality of_picture = {.size = sizeof of_picture}, of_frame = {.size = sizeof of_frame};
          CHECK_OK(fs_face_quality(seen, &face, NULL, &of_picture));
          CHECK_OK(fs_face_quality_frame(&s.frame, &face, NULL, &of_frame));
          CHECK(same_quality(&of_picture, &of_frame));
        }
      fs_image_destroy(seen);
      discard(&s);
    }
    fs_image_destroy(upright);
  }
  TEST("the quality of a frame's face refuses NULL, bad frames and faces that are none") {
    source s = make(FS_NV12, 60, 50, 0);
    fs_face face = {.x = 5, .y = 5, .width = 30, .height = 30, .landmarks = {{NAN, NAN}}}, none = {.landmarks = {{NAN, 0}}};
    fs_quality found = {.size = sizeof found};
    CHECK_OK(fs_face_quality_frame(&s.frame, &face, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality_frame(NULL, &face, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality_frame(&s.frame, NULL, NULL, &found));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality_frame(&s.frame, &none, NULL, &found));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_face_quality_frame(&s.frame, &face, NULL, NULL));
    s.frame.byte_counts[1]--;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_face_quality_frame(&s.frame, &face, NULL, &found));
    discard(&s);
  }
}

static void faces(void) {
  fs_model *mtcnn = open_model("mtcnn.safetensors"), *resnet = open_model("dlib-resnet.safetensors");
  fs_detector *detector = NULL, *narrow = NULL;
  fs_embedder *embedder = NULL;
  fs_image *upright = photo("obama.jpg", quick() ? 120 : 400), *picture = NULL, *chip = NULL, *other = NULL;
  fs_detector_options options;
  fs_detector_options_init(&options, sizeof options);
  if (quick()) options.min_face = 30;
  CHECK_OK(fs_detector_create(&detector, mtcnn, &options));
  uint32_t width = fs_image_width(upright), height = fs_image_height(upright);

  TEST("faces of a frame are those of its picture, in upright coordinates, however it lies") {
    for (unsigned turn = 0; turn < (quick() ? 2u : 8u); turn++) {
      source s = camera(upright, turn % 4 * 90, turn / 4);
      fs_face direct[8], through[8];
      size_t count = 0, again = 0;
      memset(direct, 0, sizeof direct), memset(through, 0, sizeof through);
      CHECK_OK(fs_image_from_frame(&picture, &s.frame, NULL));
      CHECK(fs_image_width(picture) == width && fs_image_height(picture) == height);
      CHECK_OK(fs_detector_find(detector, picture, through, 8, &count));
      CHECK_OK(fs_detector_find_frame(detector, &s.frame, NULL, direct, 8, &again));
      CHECK(count >= 1 && again == count && memcmp(direct, through, sizeof direct) == 0);
      fs_image_destroy(picture);
      discard(&s);
    }
  }
  TEST("a region of a frame is searched as if it were a picture, and faces are told where they are") {
    source s = camera(upright, 90, 0);
    fs_face face, part[4];
    size_t count = 0;
    CHECK_OK(fs_detector_find_frame(detector, &s.frame, NULL, &face, 1, &count));
    REQUIRE(count >= 1);
    double left = fmax(0, face.x - face.width / 3), top = fmax(0, face.y - face.height / 3);
    fs_region region = {(uint32_t)left, (uint32_t)top, (uint32_t)(fmin(width, face.x + 1.33 * face.width) - left),
                        (uint32_t)(fmin(height, face.y + 1.33 * face.height) - top)};
    CHECK_OK(fs_detector_find_frame(detector, &s.frame, &region, part, 4, &count));
    CHECK(count == 1);
    CHECK_NEAR(part[0].x, face.x, 0.1 * face.width);
    /* The levels of the pyramid differ, so another box of nearly the same score may win. */
    CHECK_NEAR(part[0].landmarks[2].x, face.landmarks[2].x, 0.1 * face.width);
    CHECK_NEAR(part[0].landmarks[2].y, face.landmarks[2].y, 0.1 * face.width);

    fs_image *cropped = NULL;
    fs_face inside[4], own[4], on_image[4];
    CHECK_OK(fs_image_from_frame(&cropped, &s.frame, &region));
    CHECK_OK(fs_detector_find(detector, cropped, inside, 4, &count));
    CHECK(count == 1 && inside[0].x + (float)region.x == part[0].x && inside[0].landmarks[4].y + (float)region.y == part[0].landmarks[4].y);
    options.region = region;
    CHECK_OK(fs_detector_create(&narrow, mtcnn, &options));
    CHECK_OK(fs_detector_find_frame(narrow, &s.frame, NULL, own, 4, &count));
    CHECK(count == 1 && memcmp(own, part, sizeof *own) == 0);
    CHECK_OK(fs_image_from_frame(&picture, &s.frame, NULL));
    CHECK_OK(fs_detector_find(narrow, picture, on_image, 4, &count));
    CHECK(count == 1 && memcmp(on_image, part, sizeof *own) == 0);
    fs_region all = {0, 0, 0, 0};
    CHECK_OK(fs_detector_find_frame(narrow, &s.frame, &all, own, 4, &count));
    CHECK(count >= 1 && memcmp(own, &face, sizeof face) == 0);
    fs_detector_destroy(narrow);

    region.width = width + 1;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find_frame(detector, &s.frame, &region, part, 4, &count));
    options.region = region;
    CHECK_OK(fs_detector_create(&narrow, mtcnn, &options));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find(narrow, picture, part, 4, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find_frame(narrow, &s.frame, NULL, part, 4, &count));
    fs_detector_destroy(narrow);
    fs_image_destroy(cropped), fs_image_destroy(picture);
    discard(&s);
  }
  TEST("searching a frame refuses NULL and what a picture would be refused for") {
    source s = make(FS_YUYV, 60, 50, 0);
    fs_face found;
    size_t count;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find_frame(NULL, &s.frame, NULL, &found, 1, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find_frame(detector, NULL, NULL, &found, 1, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find_frame(detector, &s.frame, NULL, NULL, 1, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, found, fs_detector_find_frame(detector, &s.frame, NULL, &found, 1, NULL));
    CHECK_OK(fs_detector_find_frame(detector, &s.frame, NULL, NULL, 0, &count));
    s.frame.byte_counts[0]--;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_detector_find_frame(detector, &s.frame, NULL, &found, 1, &count));
    discard(&s);
  }
  if (!resnet) test_skip_group("embedding frames: dlib-resnet.safetensors is not there");
  else {
    CHECK_OK(fs_embedder_create(&embedder, resnet));
    size_t dimension = fs_embedder_dimension(embedder);
    float *direct = calloc(2 * dimension, sizeof *direct), *through = calloc(2 * dimension, sizeof *through);
    TEST("a frame's aligned picture and embedding are those of its picture, to the bit") {
      for (unsigned turn = 0; turn < (quick() ? 1u : 8u); turn++) {
        source s = camera(upright, (turn + 1) % 4 * 90, turn / 4);
        fs_face two[2];
        size_t count = 0;
        CHECK_OK(fs_image_from_frame(&picture, &s.frame, NULL));
        CHECK_OK(fs_detector_find_frame(detector, &s.frame, NULL, two, 1, &count));
        CHECK(count >= 1);
        two[1] = two[0]; /* one that reaches beyond the edge */
        for (int k = 0; k < 5; k++) two[1].landmarks[k].x -= two[0].x + two[0].width / 2;
        for (int i = 0; i < 2; i++) {
          CHECK_OK(fs_embedder_align(embedder, &chip, picture, &two[i]));
          CHECK_OK(fs_embedder_align_frame(embedder, &other, &s.frame, &two[i]));
          CHECK(same_picture(chip, other));
          fs_image_destroy(chip), fs_image_destroy(other);
        }
        if (!quick()) {
          CHECK_OK(fs_embedder_embed(embedder, picture, two, 2, through, 2 * dimension));
          CHECK_OK(fs_embedder_embed_frame(embedder, &s.frame, two, 2, direct, 2 * dimension));
          CHECK(memcmp(direct, through, 2 * dimension * sizeof *direct) == 0);
        }
        fs_image_destroy(picture);
        discard(&s);
      }
    }
    TEST("faces far away, tiny, giant or not finite give the picture's result or are refused") {
      source s = camera(upright, 270, 1);
      CHECK_OK(fs_image_from_frame(&picture, &s.frame, NULL));
      static const float scales[] = {1e-3f, 0.1f, 1, 30, 1e4f, 1e9f}, places[] = {-1e9f, -1e4f, -30, 0, 50, 399, 1e6f};
      for (unsigned i = 0; i < 6; i++)
        for (unsigned k = 0; k < 7; k++) {
          fs_face face = {.landmarks = {{30, 40}, {70, 42}, {50, 60}, {35, 80}, {66, 81}}};
          for (int p = 0; p < 5; p++)
            face.landmarks[p].x = face.landmarks[p].x * scales[i] + places[k], face.landmarks[p].y *= scales[i];
          fs_status status = fs_embedder_align(embedder, &chip, picture, &face);
          CHECK_STATUS(status, fs_embedder_align_frame(embedder, &other, &s.frame, &face));
          if (status != FS_OK) continue;
          CHECK(same_picture(chip, other));
          fs_image_destroy(chip), fs_image_destroy(other);
        }
      fs_face bad = {.landmarks = {{NAN, 0}}};
      CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_embedder_align_frame(embedder, &other, &s.frame, &bad));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_embedder_align_frame(embedder, &other, NULL, &bad));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_embedder_align_frame(embedder, &other, &s.frame, NULL));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_embedder_align_frame(NULL, &other, &s.frame, &bad));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_embed_frame(embedder, &s.frame, &bad, 1, direct, dimension - 1));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_embed_frame(embedder, &s.frame, NULL, 1, direct, dimension));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_embed_frame(embedder, &s.frame, &bad, SIZE_MAX, direct, dimension));
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_embedder_embed_frame(embedder, NULL, &bad, 1, direct, dimension));
      CHECK_OK(fs_embedder_embed_frame(embedder, &s.frame, NULL, 0, NULL, 0));
      fs_image_destroy(picture);
      discard(&s);
    }
    free(direct), free(through);
    fs_embedder_destroy(embedder);
  }
  fs_detector_destroy(detector);
  fs_image_destroy(upright);
  fs_model_destroy(mtcnn), fs_model_destroy(resnet);
}

int main(void) {
  formats();
  turning();
  refusals();
  quality();
  if (have(model_path("mtcnn.safetensors"), "faces of frames") && have(photo_path("obama.jpg"), "faces of frames")) faces();
  return test_end_program();
}
