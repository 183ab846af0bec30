/* Images: pixels, files, resizing, hostile bytes. Small PNG files are made here byte by byte. */
#include "support.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static char folder[] = "/tmp/facestyle-test-XXXXXX";

static const char *in_folder(const char *name) {
  static char path[512];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* Pixel (x, y) as 0xRRGGBB. */
static uint32_t pixel(const fs_image *image, uint32_t x, uint32_t y) {
  const uint8_t *p = fs_image_data(image) + ((size_t)y * fs_image_width(image) + x) * 3;
  return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static bool is_near(const fs_image *image, uint32_t x, uint32_t y, uint32_t rgb, int tolerance) {
  uint32_t seen = pixel(image, x, y);
  for (int shift = 0; shift < 24; shift += 8)
    if (abs((int)(seen >> shift & 255) - (int)(rgb >> shift & 255)) > tolerance) return false;
  return true;
}

/* ---- From pixels ---- */

static fs_pixels rgb_2x3(void) {
  static const uint8_t data[18] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18};
  fs_pixels pixels = {.size = sizeof pixels, .data = data, .byte_count = 18, .width = 2, .height = 3, .format = FS_RGB};
  return pixels;
}

static void pixels_in(void) {
  fs_image *image = NULL;
  TEST("packed RGB is copied") {
    fs_pixels pixels = rgb_2x3();
    REQUIRE_OK(fs_image_from_pixels(&image, &pixels));
    CHECK(fs_image_width(image) == 2 && fs_image_height(image) == 3);
    CHECK(fs_image_data(image) != pixels.data && memcmp(fs_image_data(image), pixels.data, 18) == 0);
    fs_image_destroy(image);
  }
  TEST("each format puts red, green and blue in their places") {
    static const struct { fs_pixel_format format; uint8_t bytes[4]; uint8_t channels; uint32_t wanted; } cases[] = {
        {FS_RGB, {10, 20, 30, 0}, 3, 0x0a141e},  {FS_BGR, {30, 20, 10, 0}, 3, 0x0a141e},
        {FS_RGBA, {10, 20, 30, 255}, 4, 0x0a141e}, {FS_BGRA, {30, 20, 10, 255}, 4, 0x0a141e},
        {FS_GREY, {99, 0, 0, 0}, 1, 0x636363}};
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
      fs_pixels pixels = {.size = sizeof pixels, .data = cases[i].bytes, .byte_count = cases[i].channels,
                          .width = 1, .height = 1, .format = cases[i].format};
      if (!CHECK_OK(fs_image_from_pixels(&image, &pixels))) continue;
      CHECK(pixel(image, 0, 0) == cases[i].wanted);
      fs_image_destroy(image);
    }
  }
  TEST("a stride skips padding, and the last row needs none") {
    static const uint8_t grey[] = {1, 2, 3, 77, 77, 4, 5, 6};
    fs_pixels pixels = {.size = sizeof pixels, .data = grey, .byte_count = sizeof grey, .stride = 5,
                        .width = 3, .height = 2, .format = FS_GREY};
    REQUIRE_OK(fs_image_from_pixels(&image, &pixels));
    CHECK(pixel(image, 0, 0) == 0x010101 && pixel(image, 2, 0) == 0x030303);
    CHECK(pixel(image, 0, 1) == 0x040404 && pixel(image, 2, 1) == 0x060606);
    fs_image_destroy(image);
  }
  TEST("rotation turns clockwise") {
    static const uint8_t grey[6] = {1, 2, 3, /**/ 4, 5, 6}; /* 3 wide, 2 high */
    static const struct { uint32_t degrees, width, height; uint8_t wanted[6]; } cases[] = {
        {0, 3, 2, {1, 2, 3, 4, 5, 6}},
        {90, 2, 3, {4, 1, 5, 2, 6, 3}},
        {180, 3, 2, {6, 5, 4, 3, 2, 1}},
        {270, 2, 3, {3, 6, 2, 5, 1, 4}}};
    for (unsigned i = 0; i < 4; i++) {
      fs_pixels pixels = {.size = sizeof pixels, .data = grey, .byte_count = 6, .width = 3, .height = 2,
                          .format = FS_GREY, .rotation = cases[i].degrees};
      if (!CHECK_OK(fs_image_from_pixels(&image, &pixels))) continue;
      CHECK(fs_image_width(image) == cases[i].width && fs_image_height(image) == cases[i].height);
      for (uint32_t k = 0; k < 6; k++)
        CHECK(pixel(image, k % cases[i].width, k / cases[i].width) == cases[i].wanted[k] * 0x010101u);
      fs_image_destroy(image);
    }
  }
  TEST("pixels outside the documented ranges are refused") {
    fs_pixels good = rgb_2x3(), bad;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_from_pixels(NULL, &good));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, NULL));
#define REFUSE(field, value)                                                            \
  bad = good, bad.field = (value);                                                      \
  CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, &bad))
    REFUSE(data, NULL);
    REFUSE(byte_count, 0);
    REFUSE(byte_count, 17);
    REFUSE(stride, 5);
    REFUSE(stride, 7); /* needs 7 * 2 + 6 bytes */
    REFUSE(stride, SIZE_MAX);
    REFUSE(stride, SIZE_MAX / 2 + 1); /* stride * (height - 1) wraps to 0 */
    REFUSE(width, 0);
    REFUSE(width, 3);
    REFUSE(width, FS_IMAGE_MAX_SIDE + 1);
    REFUSE(width, UINT32_MAX);
    REFUSE(height, 0);
    REFUSE(height, 4);
    REFUSE(height, UINT32_MAX);
    REFUSE(format, (fs_pixel_format)5);
    REFUSE(format, (fs_pixel_format)8);
    REFUSE(format, (fs_pixel_format)11);
    REFUSE(format, FS_RGB16);  /* 18 bytes are half of a picture */
    REFUSE(format, FS_RGBA16);
    REFUSE(format, (fs_pixel_format)0xffffffffu);
    CHECK(strcmp(fs_last_error(), "pixel format 4294967295; expected 0 to 4, 9 or 10") == 0);
    REFUSE(rotation, 45);
    REFUSE(rotation, 360);
    REFUSE(rotation, UINT32_MAX);
#undef REFUSE
  }
  TEST("a side or a pixel count over the limit is refused however many bytes are promised") {
    fs_pixels pixels = rgb_2x3();
    pixels.byte_count = SIZE_MAX, pixels.width = FS_IMAGE_MAX_SIDE + 1, pixels.height = 1;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, &pixels));
    pixels.width = 1, pixels.height = FS_IMAGE_MAX_SIDE + 1;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, &pixels));
    pixels.width = FS_IMAGE_MAX_SIDE, pixels.height = FS_IMAGE_MAX_SIDE;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, &pixels));
    pixels.width = 16384, pixels.height = 16385; /* 2^28 + 16384 */
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, &pixels));
  }
  TEST("the longest side is allowed") {
    uint8_t *grey = calloc(FS_IMAGE_MAX_SIDE, 1);
    fs_pixels pixels = {.size = sizeof pixels, .data = grey, .byte_count = FS_IMAGE_MAX_SIDE,
                        .width = FS_IMAGE_MAX_SIDE, .height = 1, .format = FS_GREY};
    if (CHECK_OK(fs_image_from_pixels(&image, &pixels))) fs_image_destroy(image);
    free(grey);
  }
  TEST("fs_pixels is read by prefix") {
    struct { fs_pixels pixels; uint8_t tail[16]; } larger;
    memset(&larger, 0xff, sizeof larger);
    larger.pixels = rgb_2x3();
    larger.pixels.size = sizeof larger;
    if (CHECK_OK(fs_image_from_pixels(&image, &larger.pixels))) {
      CHECK(fs_image_width(image) == 2);
      fs_image_destroy(image);
    }
    static const size_t sizes[] = {0, 1, sizeof(size_t), sizeof(fs_pixels) - 1};
    for (unsigned i = 0; i < 4; i++) {
      larger.pixels.size = sizes[i];
      CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, &larger.pixels));
    }
  }
  TEST("getters of NULL answer nothing") {
    CHECK(fs_image_width(NULL) == 0);
    CHECK(fs_image_height(NULL) == 0);
    CHECK(fs_image_data(NULL) == NULL && fs_image_data16(NULL) == NULL && fs_image_alpha(NULL) == NULL);
  }
}

/* ---- PNG by hand: stored deflate blocks, so that every byte of the picture is ours ---- */

static uint32_t crc(const uint8_t *bytes, size_t count) {
  uint32_t value = 0xffffffffu;
  while (count--) {
    value ^= *bytes++;
    for (int bit = 0; bit < 8; bit++) value = value >> 1 ^ (0xedb88320u & (0u - (value & 1)));
  }
  return ~value;
}

static uint8_t *big_endian(uint8_t *to, uint32_t value) {
  to[0] = (uint8_t)(value >> 24), to[1] = (uint8_t)(value >> 16), to[2] = (uint8_t)(value >> 8), to[3] = (uint8_t)value;
  return to + 4;
}

static uint8_t *chunk(uint8_t *to, const char *type, const uint8_t *bytes, size_t count) {
  uint8_t *start = big_endian(to, (uint32_t)count);
  memcpy(start, type, 4);
  if (count) memcpy(start + 4, bytes, count);
  return big_endian(start + 4 + count, crc(start, count + 4));
}

/* `rows`: each row's filter byte 0, then its samples. Returns the file's size; `to` has room for count + 200. */
static size_t png(uint8_t *to, uint32_t width, uint32_t height, uint8_t depth, uint8_t colour, const uint8_t *palette,
                  size_t palette_count, const uint8_t *rows, uint16_t count) {
  uint8_t header[13] = {0}, data[600] = {0x78, 0x01, 0x01};
  uint32_t a = 1, b = 0;
  uint8_t *at = to;
  memcpy(at, "\x89PNG\r\n\x1a\n", 8);
  big_endian(big_endian(header, width), height);
  header[8] = depth, header[9] = colour;
  at = chunk(at + 8, "IHDR", header, sizeof header);
  if (palette) at = chunk(at, "PLTE", palette, palette_count);
  data[3] = (uint8_t)count, data[4] = (uint8_t)(count >> 8);
  data[5] = (uint8_t)~data[3], data[6] = (uint8_t)~data[4];
  memcpy(data + 7, rows, count);
  for (size_t i = 0; i < count; i++) a = (a + rows[i]) % 65521, b = (b + a) % 65521;
  big_endian(data + 7 + count, b << 16 | a);
  at = chunk(at, "IDAT", data, (size_t)count + 11);
  at = chunk(at, "IEND", NULL, 0);
  return (size_t)(at - to);
}

enum { GREY = 0, COLOUR = 2, PALETTE = 3, GREY_ALPHA = 4, COLOUR_ALPHA = 6 };

static void decoding(void) {
  fs_image *image = NULL;
  uint8_t file[1000];
  TEST("an RGB PNG keeps its pixels") {
    static const uint8_t rows[] = {0, 1, 2, 3, 4, 5, 6, /**/ 0, 7, 8, 9, 250, 251, 252};
    size_t count = png(file, 2, 2, 8, COLOUR, NULL, 0, rows, sizeof rows);
    REQUIRE_OK(fs_image_decode(&image, file, count));
    CHECK(fs_image_width(image) == 2 && fs_image_height(image) == 2);
    CHECK(pixel(image, 0, 0) == 0x010203 && pixel(image, 1, 0) == 0x040506);
    CHECK(pixel(image, 0, 1) == 0x070809 && pixel(image, 1, 1) == 0xfafbfc);
    fs_image_destroy(image);
  }
  TEST("grey, two-colour and palette PNGs become RGB") {
    static const uint8_t grey[] = {0, 7, 200}, bits[] = {0, 0x80}, indices[] = {0, 1, 0};
    static const uint8_t colours[] = {9, 8, 7, 200, 100, 50};
    REQUIRE_OK(fs_image_decode(&image, file, png(file, 2, 1, 8, GREY, NULL, 0, grey, sizeof grey)));
    CHECK(pixel(image, 0, 0) == 0x070707 && pixel(image, 1, 0) == 0xc8c8c8);
    fs_image_destroy(image);
    REQUIRE_OK(fs_image_decode(&image, file, png(file, 2, 1, 1, GREY, NULL, 0, bits, sizeof bits)));
    CHECK(pixel(image, 0, 0) == 0xffffff && pixel(image, 1, 0) == 0);
    fs_image_destroy(image);
    REQUIRE_OK(fs_image_decode(&image, file, png(file, 2, 1, 8, PALETTE, colours, 6, indices, sizeof indices)));
    CHECK(pixel(image, 0, 0) == 0xc86432 && pixel(image, 1, 0) == 0x090807);
    fs_image_destroy(image);
  }
  TEST("16-bit samples have their nearest 8-bit levels") {
    static const uint8_t grey[] = {0, 0x00, 0x00, 0x80, 0x80, 0xff, 0xff};
    static const uint8_t colour[] = {0, 0x20, 0x20, 0x40, 0x40, 0xe0, 0xe0};
    REQUIRE_OK(fs_image_decode(&image, file, png(file, 3, 1, 16, GREY, NULL, 0, grey, sizeof grey)));
    CHECK(pixel(image, 0, 0) == 0);
    CHECK(is_near(image, 1, 0, 0x808080, 1));
    CHECK(pixel(image, 2, 0) == 0xffffff);
    fs_image_destroy(image);
    REQUIRE_OK(fs_image_decode(&image, file, png(file, 1, 1, 16, COLOUR, NULL, 0, colour, sizeof colour)));
    CHECK(is_near(image, 0, 0, 0x2040e0, 1));
    fs_image_destroy(image);
  }
  TEST("alpha is blended over white") {
    static const uint8_t colour[] = {0, 0, 0, 0, 0, /**/ 10, 20, 30, 255, /**/ 0, 0, 0, 51};
    static const uint8_t grey[] = {0, 0, 0, /**/ 55, 255, /**/ 0, 51};
    for (int i = 0; i < 2; i++) {
      size_t count = i ? png(file, 3, 1, 8, GREY_ALPHA, NULL, 0, grey, sizeof grey)
                       : png(file, 3, 1, 8, COLOUR_ALPHA, NULL, 0, colour, sizeof colour);
      if (!CHECK_OK(fs_image_decode(&image, file, count))) continue;
      CHECK(pixel(image, 0, 0) == 0xffffff);
      CHECK(pixel(image, 1, 0) == (i ? 0x373737u : 0x0a141eu));
      CHECK(is_near(image, 2, 0, 0xcccccc, 1)); /* a fifth of black over white, in sRGB values */
      CHECK(fs_image_alpha(image) && memcmp(fs_image_alpha(image), "\0\xff\x33", 3) == 0);
      fs_image_destroy(image);
    }
  }
  TEST("decoding keeps no pointer to the caller's bytes") {
    static const uint8_t rows[] = {0, 1, 2, 3};
    size_t count = png(file, 1, 1, 8, COLOUR, NULL, 0, rows, sizeof rows);
    uint8_t *bytes = malloc(count);
    memcpy(bytes, file, count);
    fs_status status = fs_image_decode(&image, bytes, count);
    memset(bytes, 0, count);
    free(bytes);
    REQUIRE_OK(status);
    CHECK(pixel(image, 0, 0) == 0x010203);
    fs_image_destroy(image);
  }
}

/* ---- Hostile bytes ---- */

/* In a block of its own size, so that valgrind sees a read past the end. */
static fs_status decode_exactly(fs_image **out, const uint8_t *bytes, size_t count) {
  uint8_t *copy = malloc(count ? count : 1);
  memcpy(copy, bytes, count);
  fs_status status = fs_image_decode(out, copy, count);
  free(copy);
  return status;
}

static size_t encoded(uint8_t **bytes, const fs_image *image, fs_file_format format) {
  size_t count = 0;
  *bytes = NULL;
  if (fs_image_encode(image, format, 90, NULL, 0, &count) != FS_OK) return 0;
  *bytes = malloc(count);
  return fs_image_encode(image, format, 90, *bytes, count, &count) == FS_OK ? count : 0;
}

static void hostile(void) {
  fs_image *image = NULL, *small = picture(24, 16, 3);
  uint8_t *file[2];
  size_t count[2] = {encoded(&file[FS_PNG], small, FS_PNG), encoded(&file[FS_JPEG], small, FS_JPEG)};
  size_t step = quick() ? 37 : 1;

  TEST("NULL arguments are refused") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_decode(NULL, file[0], count[0]));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_decode(&image, NULL, count[0]));
    CHECK_REFUSED(TEST_ANY_FAILURE, image, fs_image_decode(&image, NULL, 0));
    CHECK_REFUSED(TEST_ANY_FAILURE, image, fs_image_decode(&image, file[0], 0));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_open(NULL, "x.png"));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_open(&image, NULL));
  }
  TEST("bytes that are no picture are bad data") {
    static const char *const texts[] = {"x", "hello, this is not a picture", "GIF89a\1\0\1\0", "BM......", "RIFF....WEBP",
                                        "\xff\xd8", "\xff\xd8\xff", "\x89PNG", "\x89PNG\r\n\x1a\n"};
    for (unsigned i = 0; i < sizeof texts / sizeof *texts; i++)
      CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, (const uint8_t *)texts[i], strlen(texts[i])));
    uint8_t zeros[300] = {0}, noise[4096];
    CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, zeros, sizeof zeros));
    for (unsigned i = 0, state = 7; i < sizeof noise; i++) noise[i] = (uint8_t)((state = state * 1664525u + 1013904223u) >> 24);
    CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, noise, sizeof noise));
    memcpy(noise, "\xff\xd8\xff\xe0", 4);
    CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, noise, sizeof noise));
    memcpy(noise, "\x89PNG\r\n\x1a\n", 8);
    CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, noise, sizeof noise));
  }
  for (int format = FS_PNG; format <= FS_JPEG; format++) {
    const char *const names[2] = {"a truncated PNG is bad data, wherever it ends",
                                  "a truncated JPEG is bad data, wherever it ends"};
    TEST(names[format]) {
      REQUIRE(count[format] > 0);
      for (size_t length = 1; length < count[format]; length += step) {
        memset(&image, 0x5e, sizeof image);
        fs_status status = decode_exactly(&image, file[format], length);
        if (status == FS_BAD_DATA && test_untouched(&image, sizeof image)) continue;
        char message[100];
        snprintf(message, sizeof message, "the first %zu of %zu bytes give %s", length, count[format], fs_status_name(status));
        test_check(false, __FILE__, __LINE__, message);
        if (status == FS_OK) fs_image_destroy(image);
      }
    }
    const char *const flips[2] = {"a PNG with any byte changed is a picture or bad data",
                                  "a JPEG with any byte changed is a picture or bad data"};
    TEST(flips[format]) {
      REQUIRE(count[format] > 0);
      for (size_t at = 0; at < count[format]; at += step)
        for (unsigned change = 1; change < 256; change = change * 16 - 1) {
          file[format][at] ^= (uint8_t)change;
          image = NULL;
          fs_status status = decode_exactly(&image, file[format], count[format]);
          CHECK(status == FS_OK || status == FS_BAD_DATA);
          if (status == FS_OK) CHECK(fs_image_width(image) > 0 && fs_image_data(image) != NULL);
          if (status == FS_OK) fs_image_destroy(image);
          file[format][at] ^= (uint8_t)change;
        }
    }
  }
  TEST("a PNG chunk with a wrong check sum is bad data") {
    static const uint8_t rows[] = {0, 1, 2, 3};
    uint8_t bytes[300];
    size_t length = png(bytes, 1, 1, 8, COLOUR, NULL, 0, rows, sizeof rows);
    bytes[29] ^= 1; /* the last byte but three of IHDR's */
    CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, bytes, length));
    bytes[29] ^= 1, bytes[length - 13] ^= 1; /* IDAT's */
    CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, bytes, length));
  }
  TEST("a header that promises a giant picture is bad data at once") {
    static const uint8_t rows[] = {0, 1, 2, 3};
    static const uint32_t sizes[][2] = {{65501, 1}, {1, 65501}, {65500, 65500}, {16384, 16385}, {0x7fffffff, 0x7fffffff},
                                        {0xffffffffu, 1}, {0, 1}, {1, 0}};
    uint8_t bytes[300];
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
      CHECK_REFUSED(FS_BAD_DATA, image,
                    decode_exactly(&image, bytes, png(bytes, sizes[i][0], sizes[i][1], 8, COLOUR, NULL, 0, rows, 4)));
    for (size_t at = 2; count[FS_JPEG] && at + 9 < count[FS_JPEG]; at++)
      if (file[FS_JPEG][at] == 0xff && file[FS_JPEG][at + 1] == 0xc0) {
        memcpy(file[FS_JPEG] + at + 5, "\xff\xdc\xff\xdc", 4); /* 65500 x 65500 */
        break;
      }
    CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, file[FS_JPEG], count[FS_JPEG]));
  }
  free(file[0]), free(file[1]);
  fs_image_destroy(small);
}

/* ---- 16 bits and alpha ---- */

static void deep_and_alpha(void) {
  static const uint8_t straight[] = {10, 20, 30, 51, /**/ 1, 2, 3, 255, /**/ 9, 9, 9, 0};
  static const uint8_t over_white[] = {206, 208, 210, 1, 2, 3, 255, 255, 255}; /* 10 * 51 / 255 + 204 = 206 */
  static const uint16_t samples[] = {0, 128, 129, 257, 65535, 40000};
  fs_pixels rgba = {.size = sizeof rgba, .data = straight, .byte_count = sizeof straight, .width = 3, .height = 1, .format = FS_RGBA};
  fs_pixels rgb16 = {.size = sizeof rgb16, .data = (const uint8_t *)samples, .byte_count = sizeof samples, .width = 2, .height = 1,
                     .format = FS_RGB16};
  fs_image *image = NULL, *other = NULL, *third = NULL;
  uint8_t file[1000], *bytes = NULL;
  fs_image_from_pixels(&image, &rgba);
  TEST("alpha is kept, colours are blended over white and given back unblended") {
    CHECK(memcmp(fs_image_data(image), over_white, 9) == 0 && fs_image_data16(image) == NULL);
    CHECK(fs_image_alpha(image) && memcmp(fs_image_alpha(image), "\x33\xff\0", 3) == 0);
    REQUIRE_OK(fs_image_unblended(&other, image));
    CHECK(fs_image_alpha(other) == NULL && fs_image_width(other) == 3);
    CHECK(pixel(other, 0, 0) == 0x0a141e && pixel(other, 1, 0) == 0x010203 && pixel(other, 2, 0) == 0x090909);
    fs_image_destroy(other);
  }
  TEST("a PNG brings back colours and alpha, a JPEG what is seen") {
    size_t count = encoded(&bytes, image, FS_PNG);
    REQUIRE_OK(decode_exactly(&other, bytes, count));
    free(bytes);
    CHECK(memcmp(fs_image_data(other), over_white, 9) == 0);
    CHECK(fs_image_alpha(other) && memcmp(fs_image_alpha(other), fs_image_alpha(image), 3) == 0);
    REQUIRE_OK(fs_image_unblended(&third, other));
    CHECK(pixel(third, 0, 0) == 0x0a141e && pixel(third, 2, 0) == 0x090909);
    fs_image_destroy(third), fs_image_destroy(other);
    count = encoded(&bytes, image, FS_JPEG);
    REQUIRE_OK(decode_exactly(&other, bytes, count));
    free(bytes);
    CHECK(fs_image_alpha(other) == NULL && is_near(other, 2, 0, 0xffffff, 12));
    fs_image_destroy(other);
  }
  TEST("what is opaque has no alpha") {
    REQUIRE_OK(fs_image_crop(&other, image, 1, 0, 1, 1));
    CHECK(fs_image_alpha(other) == NULL && pixel(other, 0, 0) == 0x010203);
    fs_image_destroy(other);
  }
  TEST("a clear pixel lends no colour when a picture is made smaller") {
    REQUIRE_OK(fs_image_crop(&other, image, 1, 0, 2, 1));
    for (int filter = FS_BILINEAR; filter <= FS_AREA; filter++) {
      fs_image *one = NULL, *colours = NULL;
      REQUIRE_OK(fs_image_resize(&one, other, 1, 1, (fs_filter)filter));
      REQUIRE_OK(fs_image_unblended(&colours, one));
      CHECK(pixel(colours, 0, 0) == 0x010203 && fs_image_alpha(one) && fs_image_alpha(one)[0] == 128);
      fs_image_destroy(one), fs_image_destroy(colours);
    }
    fs_image_destroy(other);
  }
  TEST("alpha of one picture is put on another, at its size") {
    fs_image *plain = picture(6, 2, 5);
    REQUIRE_OK(fs_image_with_alpha(&other, plain, image));
    CHECK(fs_image_width(other) == 6 && fs_image_height(other) == 2);
    CHECK(fs_image_alpha(other) && fs_image_alpha(other)[0] == 51 && fs_image_alpha(other)[5] == 0);
    REQUIRE_OK(fs_image_with_alpha(&third, other, plain));
    CHECK(fs_image_alpha(third) == NULL && memcmp(fs_image_data(third), fs_image_data(plain), 36) == 0);
    fs_image_destroy(other), fs_image_destroy(third);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_with_alpha(NULL, plain, image));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_image_with_alpha(&other, NULL, image));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_image_with_alpha(&other, plain, NULL));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_unblended(NULL, plain));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, other, fs_image_unblended(&other, NULL));
    fs_image_destroy(plain);
  }
  fs_image_destroy(image);
  TEST("16-bit samples are kept beside their nearest levels, aligned or not") {
    for (int shift = 0; shift < 2; shift++) {
      uint8_t memory[sizeof samples + 1];
      memcpy(memory + shift, samples, sizeof samples);
      rgb16.data = memory + shift;
      REQUIRE_OK(fs_image_from_pixels(&image, &rgb16));
      CHECK(fs_image_data16(image) && memcmp(fs_image_data16(image), samples, sizeof samples) == 0);
      CHECK(pixel(image, 0, 0) == 0x000001 && pixel(image, 1, 0) == 0x01ff9c); /* 40000 / 257 = 155.6 */
      fs_image_destroy(image);
    }
    rgb16.byte_count--;
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_from_pixels(&image, &rgb16));
    rgb16.byte_count++;
  }
  TEST("a 16-bit PNG is read, turned, cut, resized and written with 16 bits") {
    static const uint8_t rows[] = {0, 0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, /**/ 0xff, 0xff, 0, 0, 0x80, 0x01};
    size_t count = png(file, 2, 1, 16, COLOUR, NULL, 0, rows, sizeof rows);
    REQUIRE_OK(decode_exactly(&image, file, count));
    const uint16_t *deep = fs_image_data16(image);
    CHECK(deep && deep[0] == 0x1234 && deep[1] == 0x5678 && deep[2] == 0x9abc && deep[3] == 0xffff && deep[5] == 0x8001);
    REQUIRE_OK(fs_image_crop(&other, image, 1, 0, 1, 1));
    CHECK(fs_image_data16(other) && fs_image_data16(other)[2] == 0x8001);
    fs_image_destroy(other);
    REQUIRE_OK(fs_image_resize(&other, image, 1, 1, FS_AREA));
    CHECK(fs_image_data16(other) && fs_image_data16(other)[0] == (0x1234 + 0xffff + 1) / 2);
    fs_image_destroy(other);
    count = encoded(&bytes, image, FS_PNG);
    CHECK(count > 25 && bytes[24] == 16); /* the depth in the header */
    REQUIRE_OK(decode_exactly(&other, bytes, count));
    free(bytes);
    CHECK(fs_image_data16(other) && memcmp(fs_image_data16(other), deep, 12) == 0);
    fs_image_destroy(other), fs_image_destroy(image);
  }
}

/* ---- Colour profiles ---- */

/* A profile of greys whose numbers are light itself. Source: ICC.1:2001-04, 6.1, 6.4.7, 6.5.3. */
static void linear_grey(uint8_t profile[188]) {
  uint8_t *at = profile;
  memset(profile, 0, 188);
  at = big_endian(big_endian(big_endian(at, 188), 0), 0x02400000);
  memcpy(at, "mntrGRAYXYZ ", 12), memcpy(profile + 36, "acsp", 4);
  big_endian(big_endian(big_endian(profile + 68, 0xf6d6), 0x10000), 0xd32d); /* D50 */
  at = big_endian(profile + 128, 2);
  memcpy(at, "wtpt", 4), at = big_endian(big_endian(at + 4, 156), 20);
  memcpy(at, "kTRC", 4), at = big_endian(big_endian(at + 4, 176), 12);
  memcpy(at, "XYZ \0\0\0\0", 8), at = big_endian(big_endian(big_endian(at + 8, 0xf6d6), 0x10000), 0xd32d);
  memcpy(at, "curv", 4); /* of no points: straight */
}

/* Puts an iCCP chunk behind the header of a PNG; returns its new size. */
static size_t with_profile(uint8_t *file, size_t count, const uint8_t *profile, uint16_t profile_count) {
  uint8_t data[300] = "x\0\0\x78\x01\x01", made[320], *at = data + 6;
  uint32_t a = 1, b = 0;
  *at++ = (uint8_t)profile_count, *at++ = (uint8_t)(profile_count >> 8);
  *at++ = (uint8_t)~profile_count, *at++ = (uint8_t)(~profile_count >> 8);
  memcpy(at, profile, profile_count);
  for (size_t i = 0; i < profile_count; i++) a = (a + profile[i]) % 65521, b = (b + a) % 65521;
  at = big_endian(at + profile_count, b << 16 | a);
  size_t size = (size_t)(chunk(made, "iCCP", data, (size_t)(at - data)) - made);
  memmove(file + 33 + size, file + 33, count - 33);
  memcpy(file + 33, made, size);
  return count + size;
}

static void profiles(void) {
  static const uint8_t rows[] = {0, 0, 64, 128, 255}, deep[] = {0, 0, 0, 0x40, 0x40, 0x80, 0x80, 0xff, 0xff};
  uint8_t file[1000], profile[188];
  fs_image *image = NULL;
  linear_grey(profile);
  TEST("a PNG's profile brings its greys to sRGB") { /* 1.055 (64 / 255)^(1 / 2.4) - 0.055 = 137.2 / 255 */
    size_t count = with_profile(file, png(file, 4, 1, 8, GREY, NULL, 0, rows, sizeof rows), profile, 188);
    REQUIRE_OK(decode_exactly(&image, file, count));
    CHECK(pixel(image, 0, 0) == 0 && pixel(image, 1, 0) == 0x898989 && pixel(image, 2, 0) == 0xbcbcbc);
    CHECK(pixel(image, 3, 0) == 0xffffff);
    fs_image_destroy(image);
    count = with_profile(file, png(file, 4, 1, 16, GREY, NULL, 0, deep, sizeof deep), profile, 188);
    REQUIRE_OK(decode_exactly(&image, file, count));
    CHECK(pixel(image, 1, 0) == 0x898989 && fs_image_data16(image) && abs(fs_image_data16(image)[3] - 35263) <= 1);
    fs_image_destroy(image);
  }
  TEST("a JPEG with a profile of other colours, whole or in part, stays as it is") {
    fs_pixels pixels = {.size = sizeof pixels, .data = (const uint8_t *)"\x40\x40\x40", .byte_count = 3, .width = 1, .height = 1};
    uint8_t *jpeg = NULL, *bytes = NULL;
    REQUIRE_OK(fs_image_from_pixels(&image, &pixels));
    size_t count = encoded(&jpeg, image, FS_JPEG);
    fs_image_destroy(image);
    bytes = malloc(count + 300);
    for (int lacks = 0; lacks < 2; lacks++) {
      uint8_t *at = bytes + 2;
      memcpy(bytes, jpeg, 2);
      for (uint8_t piece = 2; piece-- > (lacks ? 1 : 0);) { /* the second one first */
        memcpy(at, "\xff\xe2\0\x6e" "ICC_PROFILE\0", 16), at += 16; /* 110 = 2 + 12 + 2 + 94 */
        *at++ = (uint8_t)(piece + 1), *at++ = 2;
        memcpy(at, profile + 94 * piece, 94), at += 94;
      }
      memcpy(at, jpeg + 2, count - 2);
      /* A JPEG of ours has three colours, of which a grey profile says nothing. */
      REQUIRE_OK(decode_exactly(&image, bytes, (size_t)(at - bytes) + count - 2));
      CHECK(is_near(image, 0, 0, 0x404040, 1));
      fs_image_destroy(image);
    }
    free(jpeg), free(bytes);
  }
  TEST("a profile with any byte changed, or cut off, is no reason to refuse the picture") {
    size_t plain = png(file, 4, 1, 8, GREY, NULL, 0, rows, sizeof rows);
    uint8_t kept[300];
    memcpy(kept, file, plain);
    for (size_t at = 0; at < 188; at += quick() ? 5 : 1)
      for (unsigned change = 1; change < 256; change = change * 16 - 1) {
        memcpy(file, kept, plain);
        profile[at] ^= (uint8_t)change;
        if (CHECK_OK(decode_exactly(&image, file, with_profile(file, plain, profile, 188)))) fs_image_destroy(image);
        profile[at] ^= (uint8_t)change;
      }
    for (uint16_t count = 0; count < 188; count = (uint16_t)(count + (quick() ? 13 : 1))) {
      memcpy(file, kept, plain);
      if (!CHECK_OK(decode_exactly(&image, file, with_profile(file, plain, profile, count)))) continue;
      CHECK(pixel(image, 1, 0) == 0x404040);
      fs_image_destroy(image);
    }
  }
}

/* ---- Code points ---- */

/* The size of a PNG of one row of greys, 8 bits each, with chunks behind its header. */
static size_t greys_with(uint8_t *file, const uint8_t *greys, uint8_t width, const uint8_t *chunks, size_t chunks_count) {
  uint8_t row[64] = {0};
  memcpy(row + 1, greys, width);
  size_t count = png(file, width, 1, 8, GREY, NULL, 0, row, (uint16_t)(width + 1));
  memmove(file + 33 + chunks_count, file + 33, count - 33);
  memcpy(file + 33, chunks, chunks_count);
  return count + chunks_count;
}

static void code_points(void) {
  static const uint8_t greys[] = {0, 64, 128, 148, 255}, gamma[4] = {0, 0, 0xc7, 0x32}; /* 0.50994, as ffmpeg 7 has it */
  uint8_t file[1000], chunks[100];
  fs_image *image = NULL;
  TEST("a frame of BT.709 video keeps its numbers, whatever its gAMA says") {
    for (uint8_t transfer = 1; transfer < 16; transfer++) {
      if (transfer != 1 && transfer != 6 && transfer != 13 && transfer != 14 && transfer != 15) continue;
      for (int order = 0; order < 2; order++) {
        const uint8_t codes[4] = {1, transfer, 0, 1};
        uint8_t *at = chunk(chunks, order ? "cICP" : "gAMA", order ? codes : gamma, 4);
        at = chunk(at, order ? "gAMA" : "cICP", order ? gamma : codes, 4);
        REQUIRE_OK(decode_exactly(&image, file, greys_with(file, greys, 5, chunks, (size_t)(at - chunks))));
        CHECK(pixel(image, 1, 0) == 0x404040 && pixel(image, 2, 0) == 0x808080 && pixel(image, 4, 0) == 0xffffff);
        fs_image_destroy(image);
      }
    }
    uint8_t *at = chunk(chunks, "gAMA", gamma, 4); /* alone it counts */
    REQUIRE_OK(decode_exactly(&image, file, greys_with(file, greys, 5, chunks, (size_t)(at - chunks))));
    CHECK(pixel(image, 2, 0) != 0x808080);
    fs_image_destroy(image);
  }
  TEST("of PQ and HLG 203 cd/m2 become white") {
    /* BT.2100: PQ 128 and 148 of 255 are 94.07 and 202.4 cd/m2; HLG as a display of 1000 shows it 51.18 and 76.31. Of 203 they
     * are parts of white, in sRGB's numbers 181.2 and 254.7, 137.5 and 164.9. */
    static const struct { uint8_t transfer; uint32_t wanted[2]; } cases[] = {{16, {181, 255}}, {18, {137, 165}}};
    for (int i = 0; i < 2; i++) {
      const uint8_t codes[4] = {9, cases[i].transfer, 0, 1};
      uint8_t *at = chunk(chunks, "cICP", codes, 4);
      REQUIRE_OK(decode_exactly(&image, file, greys_with(file, greys, 5, chunks, (size_t)(at - chunks))));
      CHECK(pixel(image, 0, 0) == 0 && pixel(image, 4, 0) == 0xffffff);
      CHECK(is_near(image, 2, 0, cases[i].wanted[0] * 0x010101, 1) && is_near(image, 3, 0, cases[i].wanted[1] * 0x010101, 0));
      fs_image_destroy(image);
    }
  }
  TEST("code points that are not known leave it to gAMA, none of any kind is refused") {
    for (unsigned place = 0; place < 4; place++)
      for (unsigned value = 0; value < 256; value++) {
        uint8_t codes[4] = {1, 13, 0, 1};
        codes[place] = (uint8_t)value;
        uint8_t *at = chunk(chunks, "cICP", codes, 4);
        if (!CHECK_OK(decode_exactly(&image, file, greys_with(file, greys, 5, chunks, (size_t)(at - chunks))))) continue;
        CHECK(pixel(image, 0, 0) == 0 && pixel(image, 4, 0) == 0xffffff);
        if (value > 22) CHECK(pixel(image, 2, 0) == 0x808080);
        fs_image_destroy(image);
      }
  }
}

/* ---- Orientation ---- */

/* The JPEG with an EXIF segment put behind its first two bytes; free it. */
static uint8_t *with_exif(const uint8_t *jpeg, size_t count, const uint8_t *tiff, size_t tiff_count, size_t *total) {
  uint8_t *bytes = malloc(count + tiff_count + 10), *at = bytes;
  size_t length = tiff_count + 8;
  memcpy(at, jpeg, 2), at += 2;
  *at++ = 0xff, *at++ = 0xe1, *at++ = (uint8_t)(length >> 8), *at++ = (uint8_t)length;
  memcpy(at, "Exif\0\0", 6), at += 6;
  memcpy(at, tiff, tiff_count), at += tiff_count;
  memcpy(at, jpeg + 2, count - 2), at += count - 2;
  *total = (size_t)(at - bytes);
  return bytes;
}

static void orientation(void) {
  enum { R = 0xff0000, G = 0x00ff00, B = 0x0000ff, W = 0xffffff };
  /* Corners of the upright picture: top left, top right, bottom left, bottom right. */
  static const uint32_t upright[9][4] = {{0},          {R, G, B, W}, {G, R, W, B}, {W, B, G, R}, {B, W, R, G},
                                         {R, B, G, W}, {B, R, W, G}, {W, G, B, R}, {G, W, R, B}};
  uint8_t rgb[32 * 16 * 3], *jpeg = NULL;
  for (uint32_t y = 0; y < 16; y++)
    for (uint32_t x = 0; x < 32; x++) {
      uint32_t colour = upright[1][(y >= 8) * 2 + (x >= 16)];
      uint8_t *p = rgb + (y * 32 + x) * 3;
      p[0] = (uint8_t)(colour >> 16), p[1] = (uint8_t)(colour >> 8), p[2] = (uint8_t)colour;
    }
  fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = sizeof rgb, .width = 32, .height = 16};
  fs_image *image = NULL;
  fs_image_from_pixels(&image, &pixels);
  size_t count = encoded(&jpeg, image, FS_JPEG), total = 0;
  fs_image_destroy(image);

  TEST("a JPEG is turned upright by its EXIF orientation, in both byte orders") {
    REQUIRE(count > 0);
    for (unsigned turn = 1; turn <= 8; turn++)
      for (int big = 0; big < 2; big++) {
        uint8_t tiff[2][26] = {"II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0", "MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1"};
        tiff[big][18 + big] = (uint8_t)turn;
        uint8_t *bytes = with_exif(jpeg, count, tiff[big], 26, &total);
        if (CHECK_OK(fs_image_decode(&image, bytes, total))) {
          uint32_t width = turn >= 5 ? 16 : 32, height = turn >= 5 ? 32 : 16;
          char message[60];
          bool right = fs_image_width(image) == width && fs_image_height(image) == height;
          for (uint32_t corner = 0; right && corner < 4; corner++)
            right = is_near(image, corner % 2 ? width - 2 : 1, corner / 2 ? height - 2 : 1, upright[turn][corner], 12);
          snprintf(message, sizeof message, "orientation %u is not upright", turn);
          test_check(right, __FILE__, __LINE__, message);
          fs_image_destroy(image);
        }
        free(bytes);
      }
  }
  TEST("an orientation behind stray bytes counts") {
    static const struct { const char *bytes; size_t count; } stray[] = {
        {"\n\n\n\n\n\n\n", 7}, {"\0\xe1\0\x0a\0\0\0\0\0\0\0\0", 12}, {"\xff\xfe\0\5note of a phone", 19}, {"\xff\xfe\0\0", 4}};
    static const uint8_t note[] = "\xff\xe1\0\x22" "Exif\0\0" "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0";
    REQUIRE(count > 0);
    for (unsigned i = 0; i < sizeof stray / sizeof *stray; i++) {
      size_t first = 4 + ((size_t)jpeg[4] << 8 | jpeg[5]); /* behind the first segment */
      uint8_t *bytes = malloc(count + 100), *at = bytes;
      memcpy(at, jpeg, first), at += first;
      memcpy(at, stray[i].bytes, stray[i].count), at += stray[i].count;
      memcpy(at, note, 36), at += 36;
      memcpy(at, jpeg + first, count - first), at += count - first;
      if (CHECK_OK(decode_exactly(&image, bytes, (size_t)(at - bytes)))) {
        CHECK(fs_image_width(image) == 16 && fs_image_height(image) == 32);
        CHECK(is_near(image, 1, 1, upright[6][0], 12) && is_near(image, 14, 1, upright[6][1], 12));
        fs_image_destroy(image);
      }
      for (size_t cut = 1; cut < 60; cut += 7) /* a truncated one is not taken for whole */
        CHECK_REFUSED(FS_BAD_DATA, image, decode_exactly(&image, bytes, (size_t)(at - bytes) - cut));
      free(bytes);
    }
  }
  TEST("a PNG is turned upright by notes of every kind") {
    static const uint8_t tiff[] = "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0";
    static const char raw[] = "Raw profile type exif\0\nexif\n      26\n49492a0008000000010012010300\n010000000600000000000000\n";
    static const char xmp[] = "XML:com.adobe.xmp\0\0\0\0\0<rdf:Description tiff:Orientation=\"6\"/>";
    uint8_t file[1000], made[300], exif[6 + sizeof tiff] = "Exif\0\0";
    memcpy(exif + 6, tiff, sizeof tiff);
    const struct { const char *name; const void *data; size_t count; } notes[] = {
        {"eXIf", tiff, 26}, {"eXIf", exif, 32}, {"tEXt", raw, sizeof raw - 1}, {"iTXt", xmp, sizeof xmp - 1}};
    static const uint8_t greys[] = {10, 20, 30};
    for (unsigned i = 0; i < sizeof notes / sizeof *notes; i++) {
      size_t size = (size_t)(chunk(made, notes[i].name, notes[i].data, notes[i].count) - made);
      size_t length = greys_with(file, greys, 3, made, size);
      REQUIRE_OK(decode_exactly(&image, file, length));
      CHECK(fs_image_width(image) == 1 && fs_image_height(image) == 3);
      fs_image_destroy(image);
      for (size_t at = 41; at < 33 + size; at++) { /* whatever the note's bytes are */
        file[at] ^= 0x21;
        big_endian(file + 33 + size - 4, crc(file + 37, size - 8));
        if (CHECK_OK(decode_exactly(&image, file, length))) fs_image_destroy(image);
        file[at] ^= 0x21;
      }
    }
  }
  TEST("an EXIF segment that makes no sense is no reason to refuse the picture") {
    REQUIRE(count > 0);
    static const uint8_t tiffs[][26] = {
        "II*\0\xff\xff\xff\xff", "II*\0\xff\xff\xff\x7f", "II*\0\x08\0\0\0\xff\xff", "XX*\0\x08\0\0\0", "",
        "II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\x09", "II*\0\x08\0\0\0\1\0\x12\1\3\0\xff\xff\xff\xff\6"};
    for (unsigned i = 0; i < sizeof tiffs / sizeof *tiffs; i++)
      for (size_t length = 0; length <= 26; length += quick() ? 13 : 1) {
        uint8_t *bytes = with_exif(jpeg, count, tiffs[i], length, &total);
        if (CHECK_OK(decode_exactly(&image, bytes, total))) fs_image_destroy(image);
        free(bytes);
      }
  }
  free(jpeg);
}

/* ---- Resize, crop, warp ---- */

static void shaping(void) {
  fs_image *image = NULL, *source = picture(13, 7, 1), *flat = plain(9, 5, 200, 100, 50);
  uint8_t two[6] = {0, 0, 0, 100, 100, 100};
  fs_pixels pixels = {.size = sizeof pixels, .data = two, .byte_count = 6, .width = 2, .height = 1};
  fs_image *pair = NULL;
  fs_image_from_pixels(&pair, &pixels);

  TEST("a resized plain picture stays plain, for every filter and odd sizes") {
    static const uint32_t sizes[][2] = {{1, 1}, {10, 5}, {3, 2}, {31, 17}, {1, 40}, {40, 1}};
    for (unsigned filter = FS_BILINEAR; filter <= FS_AREA; filter++)
      for (unsigned i = 0; i < 6; i++) {
        if (!CHECK_OK(fs_image_resize(&image, flat, sizes[i][0], sizes[i][1], (fs_filter)filter))) continue;
        CHECK(fs_image_width(image) == sizes[i][0] && fs_image_height(image) == sizes[i][1]);
        CHECK(pixel(image, 0, 0) == 0xc86432);
        CHECK(pixel(image, sizes[i][0] - 1, sizes[i][1] - 1) == 0xc86432);
        fs_image_destroy(image);
      }
  }
  TEST("a picture made without a change is equal, and a picture of its own") {
    static const float identity[6] = {1, 0, 0, 0, 1, 0};
    for (unsigned i = 0; i < 5; i++) {
      fs_image *original = picture(13, 7, 1);
      fs_status status = i <= FS_AREA ? fs_image_resize(&image, original, 13, 7, (fs_filter)i)
                         : i == 3     ? fs_image_crop(&image, original, 0, 0, 13, 7)
                                      : fs_image_warp(&image, original, identity, 13, 7);
      if (CHECK_STATUS(FS_OK, status)) {
        CHECK(image != original && same_picture(image, original));
        fs_image_destroy(image);
      }
      CHECK(same_picture(original, source)); /* it lives on */
      fs_image_destroy(original);
    }
  }
  TEST("two pixels reduced to one are their mean") {
    for (unsigned filter = FS_BILINEAR; filter <= FS_AREA; filter++) {
      if (!CHECK_OK(fs_image_resize(&image, pair, 1, 1, (fs_filter)filter))) continue;
      CHECK(pixel(image, 0, 0) == 0x323232);
      fs_image_destroy(image);
    }
  }
  TEST("two pixels enlarged bilinearly to four lie on the line between") {
    REQUIRE_OK(fs_image_resize(&image, pair, 4, 1, FS_BILINEAR));
    /* Centres at -1/4, 1/4, 3/4, 5/4 of the source, held at the ends. */
    CHECK(pixel(image, 0, 0) == 0 && pixel(image, 1, 0) == 0x191919);
    CHECK(pixel(image, 2, 0) == 0x4b4b4b && pixel(image, 3, 0) == 0x646464);
    fs_image_destroy(image);
  }
  TEST("no memory is an error, not the end of the program") {
    if (quick()) SKIP("a limit on memory, in quick runs");
    struct rlimit before, limit;
    getrlimit(RLIMIT_AS, &before);
    limit = before, limit.rlim_cur = 300u << 20; /* the new picture alone has 375 MiB */
    setrlimit(RLIMIT_AS, &limit);
    memset(&image, 0x5e, sizeof image);
    fs_status status = fs_image_resize(&image, source, 16384, 8000, FS_BILINEAR);
    setrlimit(RLIMIT_AS, &before);
    CHECK_STATUS(FS_NO_MEMORY, status);
    CHECK(test_untouched(&image, sizeof image));
  }
  TEST("resizing refuses what is not documented") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_resize(NULL, source, 4, 4, FS_BILINEAR));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_resize(&image, NULL, 4, 4, FS_BILINEAR));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_resize(&image, source, 0, 4, FS_BILINEAR));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_resize(&image, source, 4, 0, FS_BILINEAR));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_resize(&image, source, FS_IMAGE_MAX_SIDE + 1, 4, FS_BILINEAR));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_resize(&image, source, 4, UINT32_MAX, FS_BILINEAR));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_resize(&image, source, UINT32_MAX, UINT32_MAX, FS_AREA));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image,
                  fs_image_resize(&image, source, FS_IMAGE_MAX_SIDE, FS_IMAGE_MAX_SIDE, FS_AREA));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_resize(&image, source, 4, 4, (fs_filter)3));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_resize(&image, source, 4, 4, (fs_filter)0xffffffffu));
  }

  TEST("a crop is the rectangle it names") {
    REQUIRE_OK(fs_image_crop(&image, source, 2, 3, 5, 4));
    CHECK(fs_image_width(image) == 5 && fs_image_height(image) == 4);
    CHECK(pixel(image, 0, 0) == pixel(source, 2, 3) && pixel(image, 4, 3) == pixel(source, 6, 6));
    fs_image_destroy(image);
  }
  TEST("a crop lies inside the picture or is refused") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_crop(NULL, source, 0, 0, 1, 1));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_crop(&image, NULL, 0, 0, 1, 1));
    static const uint32_t bad[][4] = {{0, 0, 0, 1},  {0, 0, 1, 0},  {0, 0, 14, 7}, {0, 0, 13, 8},
                                      {1, 0, 13, 7}, {0, 1, 13, 7}, {13, 0, 1, 1}, {0, 7, 1, 1},
                                      {UINT32_MAX, 0, 1, 1}, {0, UINT32_MAX, 1, 1}, {UINT32_MAX, 0, 2, 1},
                                      {2, 0, UINT32_MAX, 1}, {0, 2, 1, UINT32_MAX}, {UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}};
    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++)
      CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_crop(&image, source, bad[i][0], bad[i][1], bad[i][2], bad[i][3]));
  }

  TEST("the identity warp changes nothing, black lies outside") {
    static const float identity[6] = {1, 0, 0, 0, 1, 0};
    REQUIRE_OK(fs_image_warp(&image, source, identity, 15, 9));
    CHECK(pixel(image, 0, 0) == pixel(source, 0, 0) && pixel(image, 12, 6) == pixel(source, 12, 6));
    CHECK(pixel(image, 14, 0) == 0 && pixel(image, 0, 8) == 0 && pixel(image, 14, 8) == 0);
    fs_image_destroy(image);
  }
  TEST("a warp maps from the picture to the new one") {
    static const float shift[6] = {1, 0, 2, 0, 1, 1}, half[6] = {2, 0, 0, 0, 2, 0}, quarter[6] = {0, -1, 6, 1, 0, 0};
    REQUIRE_OK(fs_image_warp(&image, source, shift, 13, 7));
    CHECK(pixel(image, 2, 1) == pixel(source, 0, 0) && pixel(image, 12, 6) == pixel(source, 10, 5));
    CHECK(pixel(image, 1, 1) == 0 && pixel(image, 2, 0) == 0);
    fs_image_destroy(image);
    REQUIRE_OK(fs_image_warp(&image, pair, half, 3, 1)); /* pixel 1 of the new one is halfway between the two */
    CHECK(pixel(image, 0, 0) == 0 && is_near(image, 1, 0, 0x323232, 1) && pixel(image, 2, 0) == 0x646464);
    fs_image_destroy(image);
    REQUIRE_OK(fs_image_warp(&image, source, quarter, 7, 13)); /* a quarter turn clockwise */
    CHECK(pixel(image, 6, 0) == pixel(source, 0, 0) && pixel(image, 0, 12) == pixel(source, 12, 6));
    fs_image_destroy(image);
  }
  TEST("a warp refuses a matrix without an inverse or without numbers") {
    static const float identity[6] = {1, 0, 0, 0, 1, 0};
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_warp(NULL, source, identity, 4, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, NULL, identity, 4, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, source, NULL, 4, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, source, identity, 0, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, source, identity, 4, 0));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, source, identity, UINT32_MAX, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, source, identity, FS_IMAGE_MAX_SIDE, FS_IMAGE_MAX_SIDE));
    for (int i = 0; i < 6; i++) {
      const float values[3] = {NAN, INFINITY, -INFINITY};
      for (int k = 0; k < 3; k++) {
        float matrix[6] = {1, 0, 0, 0, 1, 0};
        matrix[i] = values[k];
        CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, source, matrix, 4, 4));
      }
    }
    static const float zero[6] = {0}, singular[6] = {1, 2, 0, 2, 4, 0};
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, source, zero, 4, 4));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, image, fs_image_warp(&image, source, singular, 4, 4));
  }
  TEST("a warp with huge or tiny numbers gives a picture or a refusal") {
    const float values[4] = {FLT_MAX, -FLT_MAX, FLT_MIN, 1e30f};
    for (int i = 0; i < 6; i++)
      for (int k = 0; k < 4; k++) {
        float matrix[6] = {1, 0, 0, 0, 1, 0};
        matrix[i] = values[k];
        image = NULL;
        CHECK_STATUS(TEST_ANY_STATUS, fs_image_warp(&image, source, matrix, 4, 4));
        fs_image_destroy(image);
      }
  }
  fs_image_destroy(source), fs_image_destroy(flat), fs_image_destroy(pair);
}

/* ---- Encoding and files ---- */

static void encoding(void) {
  fs_image *image = picture(24, 16, 2), *back = NULL;
  size_t count = 0, again = 0;
  uint8_t *buffer = NULL;

  TEST("a PNG brings back every bit") {
    REQUIRE_OK(fs_image_encode(image, FS_PNG, 90, NULL, 0, &count));
    REQUIRE(count > 8);
    buffer = malloc(count);
    CHECK_OK(fs_image_encode(image, FS_PNG, 90, buffer, count, &again));
    CHECK(again == count && memcmp(buffer, "\x89PNG\r\n\x1a\n", 8) == 0);
    if (CHECK_OK(fs_image_decode(&back, buffer, count))) CHECK(same_picture(back, image)), fs_image_destroy(back);
    free(buffer);
  }
  TEST("a JPEG brings back nearly the picture, nearer for a higher quality") {
    double error[2] = {0, 0};
    size_t sizes[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
      if (!CHECK_OK(fs_image_encode(image, FS_JPEG, i ? 100 : 10, NULL, 0, &sizes[i]))) continue;
      buffer = malloc(sizes[i]);
      CHECK_OK(fs_image_encode(image, FS_JPEG, i ? 100 : 10, buffer, sizes[i], &sizes[i]));
      if (CHECK_OK(fs_image_decode(&back, buffer, sizes[i]))) {
        for (int k = 0; k < 24 * 16 * 3; k++) error[i] += abs(fs_image_data(image)[k] - fs_image_data(back)[k]) / (24.0 * 16 * 3);
        fs_image_destroy(back);
      }
      free(buffer);
    }
    CHECK(sizes[0] < sizes[1] && error[1] < error[0] && error[1] < 12);
  }
  TEST("too small a buffer is refused, the size needed is told and nothing else written") {
    uint8_t small[10];
    for (unsigned format = FS_PNG; format <= FS_JPEG; format++) {
      if (!CHECK_OK(fs_image_encode(image, (fs_file_format)format, 90, NULL, 0, &count))) continue;
      again = 0;
      CHECK_REFUSED(FS_INVALID_ARGUMENT, small, fs_image_encode(image, (fs_file_format)format, 90, small, sizeof small, &again));
      CHECK(again == count);
      buffer = malloc(count);
      again = 0;
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_encode(image, (fs_file_format)format, 90, buffer, count - 1, &again));
      CHECK(again == count);
      free(buffer);
      again = 0;
      CHECK_OK(fs_image_encode(image, (fs_file_format)format, 90, small, 0, &again));
      CHECK(again == count);
    }
  }
  TEST("encoding refuses what is not documented") {
    uint8_t room[4000];
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_encode(image, FS_PNG, 90, room, sizeof room, NULL));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_image_encode(NULL, FS_PNG, 90, room, sizeof room, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_image_encode(image, (fs_file_format)8, 90, room, sizeof room, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_image_encode(image, FS_WEBP, 90, room, sizeof room, &count));
    CHECK(!strcmp(fs_last_error(), "WebP is only read; expected PNG or JPEG"));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_image_encode(image, (fs_file_format)0xffffffffu, 90, room, sizeof room, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_image_encode(image, FS_JPEG, 0, room, sizeof room, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_image_encode(image, FS_JPEG, 101, room, sizeof room, &count));
    CHECK_REFUSED(FS_INVALID_ARGUMENT, count, fs_image_encode(image, FS_JPEG, UINT32_MAX, room, sizeof room, &count));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_encode(image, FS_PNG, 90, NULL, 4000, &count));
  }
  fs_image_destroy(image);
}

/* 2x2 pixels: red, green; blue, white. */
static const uint8_t bmp_2x2[70] = {
    'B', 'M', 70, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 1, 0, 24, 0, [54] = 255, 0, 0, 255, 255, 255,
    0, 0, 0, 0, 255, 0, 255, 0, 0, 0};
static const uint8_t tiff_2x2[134] = {
    'I', 'I', 42, 0, 20, 0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255, /* the pixels, then the fields */
    9, 0, 0, 1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0, 1, 1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0, 2, 1, 3, 0, 1, 0, 0, 0, 8, 0, 0, 0,
    3, 1, 3, 0, 1, 0, 0, 0, 1, 0, 0, 0, 6, 1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0, 17, 1, 4, 0, 1, 0, 0, 0, 8, 0, 0, 0,
    21, 1, 3, 0, 1, 0, 0, 0, 3, 0, 0, 0, 22, 1, 3, 0, 1, 0, 0, 0, 2, 0, 0, 0, 23, 1, 4, 0, 1, 0, 0, 0, 12, 0, 0, 0};

/* A JPEG without its Huffman tables: what cameras leave out, as all have the same. Returns how many bytes are left. */
static size_t without_tables(uint8_t *jpeg, size_t count) {
  size_t kept = 2;
  for (size_t at = 2, end; at + 4 <= count; at = end) {
    const bool in_header = jpeg[at + 1] != 0xda;
    end = in_header ? at + 2 + (size_t)(jpeg[at + 2] << 8 | jpeg[at + 3]) : count;
    if (in_header && jpeg[at + 1] == 0xc4) continue;
    memmove(jpeg + kept, jpeg + at, end - at), kept += end - at;
  }
  return kept;
}

static void motion_jpeg(void) {
  fs_image *image = picture(24, 16, 5), *whole = NULL, *frame = NULL;
  uint8_t *bytes;
  size_t count = encoded(&bytes, image, FS_JPEG), kept = 0;
  uint32_t reduction;
  fs_image_destroy(image);
  TEST("a frame of Motion JPEG has no Huffman tables, and is the same picture") {
    REQUIRE_OK(fs_image_decode(&whole, bytes, count));
    kept = without_tables(bytes, count);
    CHECK(kept < count);
    if (CHECK_OK(fs_image_decode(&frame, bytes, kept))) CHECK(same_picture(whole, frame)), fs_image_destroy(frame);
    if (CHECK_OK(fs_image_decode_reduced(&frame, bytes, kept, 95, &reduction))) {
      CHECK(reduction == 4 && fs_image_width(frame) == 6 && fs_image_height(frame) == 4);
      fs_image_destroy(frame);
    }
    fs_image_destroy(whole);
  }
  TEST("one that is cut off is bad data") {
    for (size_t end = 3; end < kept; end++) {
      CHECK_REFUSED(FS_BAD_DATA, frame, fs_image_decode(&frame, bytes, end));
      CHECK_REFUSED(FS_BAD_DATA, frame, fs_image_decode_reduced(&frame, bytes, end, 95, &reduction));
    }
  }
  free(bytes);
}

static void other_formats(void) {
  static const uint8_t pixels[12] = {255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255};
  static const struct { const char *name; const uint8_t *bytes; size_t count; } kinds[] = {
      {"BMP: ", bmp_2x2, sizeof bmp_2x2}, {"TIFF: ", tiff_2x2, sizeof tiff_2x2}};
  fs_image *image = NULL;
  for (unsigned kind = 0; kind < 2; kind++) {
    const uint8_t *bytes = kinds[kind].bytes;
    const size_t count = kinds[kind].count;
    TEST("a BMP and a TIFF are read by their content") {
      if (CHECK_OK(fs_image_decode(&image, bytes, count))) {
        CHECK(fs_image_width(image) == 2 && fs_image_height(image) == 2 && fs_image_alpha(image) == NULL);
        CHECK(!memcmp(fs_image_data(image), pixels, sizeof pixels));
        fs_image_destroy(image);
      }
    }
    TEST("every beginning of one is bad data") {
      for (size_t end = 0; end + 4 < count; end++) { /* the next directory, or what fills a row up, may be missing */
        CHECK_REFUSED(FS_BAD_DATA, image, fs_image_decode(&image, bytes, end));
        if (end >= 4) CHECK(!strncmp(fs_last_error(), kinds[kind].name, strlen(kinds[kind].name)));
      }
    }
    TEST("one with changed bytes is a picture or bad data") {
      uint8_t broken[sizeof tiff_2x2];
      unsigned pictures = 0, random = 1;
      for (unsigned turn = 0; turn < 4000; turn++) {
        memcpy(broken, bytes, count);
        for (unsigned change = 0; change <= turn % 3; change++) {
          random = random * 1103515245 + 12345;
          broken[(random >> 16) % count] = (uint8_t)((turn & 4) ? 255 : random >> 8);
        }
        image = NULL;
        const fs_status status = fs_image_decode(&image, broken, count);
        CHECK(status == FS_OK || status == FS_BAD_DATA || status == FS_NO_MEMORY);
        if (status == FS_OK) pictures++, fs_image_destroy(image);
      }
      CHECK(pictures > 100);
    }
  }
}

static void files(void) {
  fs_image *image = picture(24, 16, 2), *back = NULL;

  TEST("a written picture is read back, and its folder holds nothing else") {
    static const char *const names[] = {"a.png", "b.jpg", "c.jpeg", "\xc3\xa9t\xc3\xa9 \xe5\xa4\x8f.png"};
    for (unsigned i = 0; i < 4; i++) {
      if (!CHECK_OK(fs_image_write(image, in_folder(names[i])))) continue;
      CHECK(entries(folder) == 1);
      if (CHECK_OK(fs_image_open(&back, in_folder(names[i])))) {
        CHECK(fs_image_width(back) == 24 && fs_image_height(back) == 16);
        if (i % 3 == 0) CHECK(same_picture(image, back));
        fs_image_destroy(back);
      }
      unlink(in_folder(names[i]));
    }
  }
  TEST("writing replaces a file that is there") {
    CHECK(write_file(in_folder("a.png"), "old", 3));
    CHECK_OK(fs_image_write(image, in_folder("a.png")));
    if (CHECK_OK(fs_image_open(&back, in_folder("a.png")))) CHECK(same_picture(image, back)), fs_image_destroy(back);
    CHECK(entries(folder) == 1);
    unlink(in_folder("a.png"));
  }
  TEST("formats have names, and endings by which a file of each is written and told") {
    CHECK(!strcmp(fs_file_format_name(FS_PNG), "PNG") && !strcmp(fs_file_format_name(FS_JPEG), "JPEG"));
    CHECK(!strcmp(fs_file_format_ending(FS_PNG, 0), ".png") && !strcmp(fs_file_format_ending(FS_JPEG, 1), ".jpeg"));
    CHECK(!strcmp(fs_file_format_name(FS_JPEG_XL), "JPEG XL") && !strcmp(fs_file_format_ending(FS_TIFF, 1), ".tiff"));
    CHECK(fs_file_format_name((fs_file_format)8) == NULL && fs_file_format_name((fs_file_format)UINT32_MAX) == NULL);
    CHECK(fs_file_format_ending((fs_file_format)8, 0) == NULL && fs_file_format_ending((fs_file_format)UINT32_MAX, 0) == NULL);
    CHECK(fs_file_format_is_written((fs_file_format)8) == 0 && fs_file_format_is_written((fs_file_format)UINT32_MAX) == 0);
    CHECK(fs_file_format_ending(FS_PNG, 1) == NULL && fs_file_format_ending(FS_PNG, SIZE_MAX) == NULL);
    for (uint32_t format = 0; fs_file_format_name((fs_file_format)format); format++) {
      const char *ending;
      for (size_t i = 0; (ending = fs_file_format_ending((fs_file_format)format, i)); i++) {
        char name[64];
        size_t count = 0, written = 0;
        snprintf(name, sizeof name, "a%s", ending);
        CHECK(fs_file_format_is_written((fs_file_format)format) == (format <= FS_JPEG));
        if (format > FS_JPEG) {
          CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_write(image, in_folder(name)));
          CHECK(strstr(fs_last_error(), "expected a name that ends in .png, .jpg or .jpeg") != NULL);
          CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_encode(image, (fs_file_format)format, 95, NULL, 0, &count));
          continue;
        }
        if (!CHECK_OK(fs_image_write(image, in_folder(name)))) continue;
        uint8_t *bytes = read_file(in_folder(name), &written);
        CHECK_OK(fs_image_encode(image, (fs_file_format)format, 95, NULL, 0, &count));
        CHECK(bytes != NULL && written == count);
        free(bytes), unlink(in_folder(name));
      }
    }
  }
  TEST("a large picture is opened at a half, a quarter or an eighth of its size") {
    static const struct { uint64_t most; uint32_t reduction, width, height; } cases[] = {
        {24 * 16, 1, 24, 16}, {24 * 16 - 1, 2, 12, 8}, {95, 4, 6, 4}, {23, 8, 3, 2}, {1, 8, 3, 2}, {UINT64_MAX, 1, 24, 16}};
    for (unsigned jpeg = 0; jpeg < 2; jpeg++) {
      const char *path = in_folder(jpeg ? "a.jpg" : "a.png");
      CHECK_OK(fs_image_write(image, path));
      for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t reduction = 0;
        if (!CHECK_OK(fs_image_open_reduced(&back, path, cases[i].most, &reduction))) continue;
        CHECK(reduction == cases[i].reduction);
        CHECK(fs_image_width(back) == cases[i].width && fs_image_height(back) == cases[i].height);
        fs_image_destroy(back);
      }
      size_t count = 0;
      uint8_t *bytes = read_file(path, &count);
      for (unsigned i = 0; bytes && i < sizeof cases / sizeof *cases; i++) {
        uint32_t reductions[2] = {0};
        fs_image *opened = NULL;
        if (!CHECK_OK(fs_image_decode_reduced(&back, bytes, count, cases[i].most, &reductions[0]))) continue;
        if (CHECK_OK(fs_image_open_reduced(&opened, path, cases[i].most, &reductions[1])))
          CHECK(reductions[0] == reductions[1] && same_picture(back, opened));
        fs_image_destroy(opened), fs_image_destroy(back);
      }
      uint32_t reduction;
      CHECK_REFUSED(FS_BAD_DATA, back, fs_image_decode_reduced(&back, bytes, count / 2, 9, &reduction));
      CHECK_REFUSED(FS_BAD_DATA, reduction, fs_image_decode_reduced(&back, bytes, count / 2, 9, &reduction));
      CHECK_REFUSED(FS_BAD_DATA, back, fs_image_decode_reduced(&back, bytes, 0, 9, &reduction));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, back, fs_image_decode_reduced(&back, bytes, count, 0, &reduction));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, back, fs_image_decode_reduced(&back, NULL, count, 9, &reduction));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, back, fs_image_decode_reduced(&back, bytes, count, 9, NULL));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, reduction, fs_image_decode_reduced(NULL, bytes, count, 9, &reduction));
      free(bytes);
      CHECK_REFUSED(FS_INVALID_ARGUMENT, back, fs_image_open_reduced(&back, path, 0, &reduction));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, reduction, fs_image_open_reduced(NULL, path, 9, &reduction));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, back, fs_image_open_reduced(&back, path, 9, NULL));
      CHECK_REFUSED(FS_INVALID_ARGUMENT, back, fs_image_open_reduced(&back, NULL, 9, &reduction));
      unlink(path);
      CHECK_REFUSED(FS_IO, reduction, fs_image_open_reduced(&back, path, 9, &reduction));
    }
  }
  TEST("writing refuses NULL and names of other kinds of file") {
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_write(NULL, in_folder("a.png")));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_write(image, NULL));
    static const char *const names[] = {"a.bmp", "a", "a.", "png", "a.png.txt", "a.jpgx"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
      CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_write(image, in_folder(names[i])));
    CHECK_STATUS(TEST_ANY_FAILURE, fs_image_write(image, ""));
    CHECK(entries(folder) == 0);
  }
  TEST("a folder that is not there is FS_IO, with the system's reason") {
    CHECK_STATUS(FS_IO, fs_image_write(image, in_folder("no/such/a.png")));
    CHECK(strstr(fs_last_error(), "No such file") != NULL);
    CHECK_REFUSED(FS_IO, back, fs_image_open(&back, in_folder("no.png")));
    CHECK(strstr(fs_last_error(), "No such file") != NULL);
    CHECK_REFUSED(TEST_ANY_FAILURE, back, fs_image_open(&back, ""));
  }
  TEST("a folder in place of a file is FS_IO") {
    CHECK(mkdir(in_folder("d.png"), 0700) == 0);
    CHECK_STATUS(FS_IO, fs_image_write(image, in_folder("d.png")));
    CHECK_REFUSED(FS_IO, back, fs_image_open(&back, in_folder("d.png")));
    CHECK(entries(folder) == 1);
    rmdir(in_folder("d.png"));
  }
  TEST("a name too long for the system is FS_IO") {
    char name[300];
    memset(name, 'x', sizeof name);
    memcpy(name + sizeof name - 5, ".png", 5);
    CHECK_STATUS(FS_IO, fs_image_write(image, in_folder(name)));
    CHECK_REFUSED(FS_IO, back, fs_image_open(&back, in_folder(name)));
    CHECK(entries(folder) == 0);
  }
  TEST("a device is refused, even one without end") {
    CHECK_REFUSED(TEST_ANY_FAILURE, back, fs_image_open(&back, "/dev/zero"));
    CHECK_REFUSED(TEST_ANY_FAILURE, back, fs_image_open(&back, "/dev/null"));
  }
  TEST("an empty file is bad data") {
    CHECK(write_file(in_folder("a.png"), "", 0));
    CHECK_REFUSED(FS_BAD_DATA, back, fs_image_open(&back, in_folder("a.png")));
    unlink(in_folder("a.png"));
  }
  TEST("a full disk is FS_IO and leaves nothing behind") {
    /* A limit on file sizes answers EFBIG where a full disk answers ENOSPC. */
    fs_image *large = picture(200, 200, 1);
    struct rlimit before, limit;
    getrlimit(RLIMIT_FSIZE, &before);
    limit = before, limit.rlim_cur = 4096;
    signal(SIGXFSZ, SIG_IGN);
    fflush(stdout);
    setrlimit(RLIMIT_FSIZE, &limit);
    fs_status status = fs_image_write(large, in_folder("a.png"));
    setrlimit(RLIMIT_FSIZE, &before);
    CHECK_STATUS(FS_IO, status);
    CHECK(entries(folder) == 0);
    unlink(in_folder("a.png"));
    fs_image_destroy(large);
  }
  TEST("/dev/full behind a picture's name is an error or is replaced, never a crash") {
    if (access("/dev/full", W_OK) != 0) SKIP("/dev/full is not there");
    CHECK(symlink("/dev/full", in_folder("full.png")) == 0);
    CHECK_STATUS(TEST_ANY_STATUS, fs_image_write(image, in_folder("full.png")));
    CHECK(entries(folder) == 1);
    struct stat about;
    CHECK(stat("/dev/full", &about) == 0 && S_ISCHR(about.st_mode));
    unlink(in_folder("full.png"));
    CHECK_STATUS(TEST_ANY_FAILURE, fs_image_write(image, "/dev/full"));
  }
  fs_image_destroy(image);
}

static void photos(void) {
  static const char *const names[] = {"chelsea.png", "obama.jpg", "biden.jpg"};
  for (unsigned i = 0; i < 3; i++) {
    if (!have(photo_path(names[i]), "real photos")) continue;
    TEST("a real photo decodes the same from its file and from memory") {
      if (quick() && i > 0) SKIP("large photos, in quick runs");
      fs_image *opened = NULL, *decoded = NULL;
      size_t count;
      uint8_t *bytes = read_file(photo_path(names[i]), &count);
      if (CHECK_OK(fs_image_open(&opened, photo_path(names[i]))) && CHECK_OK(fs_image_decode(&decoded, bytes, count))) {
        CHECK(fs_image_width(opened) > 100 && fs_image_height(opened) > 100);
        CHECK(same_picture(opened, decoded));
        fs_image *half = NULL;
        CHECK_REFUSED(FS_BAD_DATA, half, decode_exactly(&half, bytes, count / 2));
      }
      free(bytes);
      fs_image_destroy(opened), fs_image_destroy(decoded);
    }
  }
}

static void augmenting(void) {
  fs_image *image = NULL, *out = NULL, *again = NULL;
  fs_pixels pixels = rgb_2x3();
  if (!CHECK_OK(fs_image_from_pixels(&image, &pixels))) return;
  TEST("FS_AUGMENT_NONE leaves a picture as it is, a flip mirrors it") {
    fs_augmentation none;
    REQUIRE_OK(fs_augmentation_init(&none, sizeof none, FS_AUGMENT_NONE));
    CHECK(none.size == sizeof none && none.flip == 0 && none.coarsest == 32);
    REQUIRE_OK(fs_image_augment(&out, image, &none, 1));
    CHECK(memcmp(fs_image_data(out), pixels.data, 18) == 0);
    fs_image_destroy(out);
    none.flip = 1;
    REQUIRE_OK(fs_image_augment(&out, image, &none, 1));
    CHECK(pixel(out, 0, 2) == pixel(image, 1, 2) && pixel(out, 1, 0) == pixel(image, 0, 0));
    fs_image_destroy(out);
  }
  TEST("a seed fixes the variation, every effect stands a tiny picture") {
    fs_augmentation all;
    REQUIRE_OK(fs_augmentation_init(&all, sizeof all, FS_AUGMENT_STRONG));
    all.blur = all.coarse = all.compression = all.noise = all.occlusion = all.blend = 1;
    all.coarsest = 4;
    REQUIRE_OK(fs_image_augment(&out, image, &all, 99));
    REQUIRE_OK(fs_image_augment(&again, image, &all, 99));
    CHECK(memcmp(fs_image_data(out), fs_image_data(again), 18) == 0);
    fs_image_destroy(out);
    fs_image_destroy(again);
    CHECK_OK(fs_image_augment(&out, image, NULL, UINT64_MAX));
    fs_image_destroy(out);
  }
  TEST("what is out of range is refused by name") {
    fs_augmentation bad;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_augmentation_init(&bad, sizeof bad, (fs_strength)3));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_augmentation_init(NULL, sizeof bad, FS_AUGMENT_NONE));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_augmentation_init(&bad, 4, FS_AUGMENT_NONE));
    REQUIRE_OK(fs_augmentation_init(&bad, sizeof bad, FS_AUGMENT_NONE));
    bad.blur_size = 1e30f;
    out = NULL;
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_augment(&out, image, &bad, 1));
    CHECK(strstr(fs_last_error(), "blur size") != NULL && out == NULL);
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_augment(NULL, image, NULL, 1));
    CHECK_STATUS(FS_INVALID_ARGUMENT, fs_image_augment(&out, NULL, NULL, 1));
  }
  fs_image_destroy(image);
}

int main(void) {
  if (!mkdtemp(folder)) return perror(folder), 2;
  pixels_in();
  decoding();
  hostile();
  deep_and_alpha();
  profiles();
  code_points();
  orientation();
  shaping();
  encoding();
  augmenting();
  other_formats();
  motion_jpeg();
  files();
  photos();
  rmdir(folder);
  return test_end_program();
}
