/* What several test programs need: where things lie, small pictures, files as bytes. */
#ifndef SUPPORT_H
#define SUPPORT_H

#include "test.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

static inline bool is_set(const char *variable) {
  const char *value = getenv(variable);
  return value && *value && strcmp(value, "0") != 0;
}
/* FACESTYLE_QUICK=1: tiny pictures and few steps, for runs under valgrind and emulators. */
static inline bool quick(void) { return is_set("FACESTYLE_QUICK"); }
/* FACESTYLE_EMULATED=1: on an emulator of another processor, which has limits of memory, traps and new processes of its own. */
static inline bool emulated(void) { return is_set("FACESTYLE_EMULATED"); }

/* A path in one of a few static buffers, so that some can be used at a time. */
static inline const char *path_in(const char *variable, const char *otherwise, const char *name) {
  static char buffers[8][1024];
  static unsigned next;
  char *path = buffers[next++ % 8];
  const char *folder = getenv(variable);
  snprintf(path, sizeof buffers[0], "%s/%s", folder && *folder ? folder : otherwise, name);
  return path;
}

static inline const char *model_path(const char *name) { return path_in("FACESTYLE_MODELS", "build/models", name); }
static inline const char *photo_path(const char *name) { return path_in("FACESTYLE_PHOTOS", "build/photos", name); }
static inline const char *shared_path(const char *name) { return path_in("FACESTYLE_SHARED", "../shared", name); }

static inline bool exists(const char *path) { return access(path, R_OK) == 0; }

/* true if the file is there; else says on one line what is skipped. */
static inline bool have(const char *path, const char *what) {
  static char reason[1400];
  if (exists(path)) return true;
  snprintf(reason, sizeof reason, "%s: %s is not there", what, path);
  test_skip_group(reason);
  return false;
}

/* Options for fs_gallery_identify with a threshold; of this thread, until the next call. */
static inline const fs_identify_options *within(float threshold) {
  static _Thread_local fs_identify_options options;
  fs_identify_options_init(&options, sizeof options);
  options.threshold = threshold;
  return &options;
}

/* The whole file, with *count bytes; free it. NULL if it cannot be read. */
static inline uint8_t *read_file(const char *path, size_t *count) {
  FILE *file = fopen(path, "rb");
  *count = 0;
  if (!file) return NULL;
  uint8_t *bytes = NULL;
  if (fseek(file, 0, SEEK_END) == 0) {
    long length = ftell(file);
    rewind(file);
    bytes = length >= 0 ? malloc((size_t)length + 1) : NULL;
    if (bytes) {
      *count = fread(bytes, 1, (size_t)length, file);
      bytes[*count] = 0;
    }
  }
  fclose(file);
  return bytes;
}

static inline bool write_file(const char *path, const void *bytes, size_t count) {
  FILE *file = fopen(path, "wb");
  if (!file) return false;
  bool written = fwrite(bytes, 1, count, file) == count;
  return fclose(file) == 0 && written;
}

/* How many entries a folder has besides "." and "..". */
static inline int entries(const char *folder) {
  DIR *directory = opendir(folder);
  int count = 0;
  if (!directory) return -1;
  while (readdir(directory)) count++;
  closedir(directory);
  return count - 2;
}

/* A picture with smooth waves and some grain, another one for each seed. */
static inline fs_image *picture(uint32_t width, uint32_t height, uint32_t seed) {
  uint8_t *rgb = malloc((size_t)width * height * 3);
  uint32_t state = seed * 2654435761u + 1;
  if (!rgb) return NULL;
  for (uint32_t y = 0; y < height; y++)
    for (uint32_t x = 0; x < width; x++)
      for (uint32_t c = 0; c < 3; c++) {
        state = state * 1664525u + 1013904223u;
        double wave = sin(0.2 * x * (1 + seed % 3) + c) + cos(0.3 * y + seed + 2 * c);
        rgb[((size_t)y * width + x) * 3 + c] = (uint8_t)(128 + 50 * wave + (state >> 28));
      }
  fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = (size_t)width * height * 3,
                      .width = width, .height = height, .format = FS_RGB};
  fs_image *image = NULL;
  if (fs_image_from_pixels(&image, &pixels) != FS_OK) image = NULL;
  free(rgb);
  return image;
}

/* A picture of one colour. */
static inline fs_image *plain(uint32_t width, uint32_t height, uint8_t red, uint8_t green, uint8_t blue) {
  uint8_t *rgb = malloc((size_t)width * height * 3);
  if (!rgb) return NULL;
  for (size_t i = 0; i < (size_t)width * height; i++) rgb[3 * i] = red, rgb[3 * i + 1] = green, rgb[3 * i + 2] = blue;
  fs_pixels pixels = {.size = sizeof pixels, .data = rgb, .byte_count = (size_t)width * height * 3,
                      .width = width, .height = height, .format = FS_RGB};
  fs_image *image = NULL;
  if (fs_image_from_pixels(&image, &pixels) != FS_OK) image = NULL;
  free(rgb);
  return image;
}

static inline bool same_picture(const fs_image *a, const fs_image *b) {
  uint32_t width = fs_image_width(a), height = fs_image_height(a);
  return a && b && width == fs_image_width(b) && height == fs_image_height(b) &&
         memcmp(fs_image_data(a), fs_image_data(b), (size_t)width * height * 3) == 0;
}

/* The photo reduced so that its longer side is `side`; NULL if that fails. */
static inline fs_image *photo(const char *name, uint32_t side) {
  fs_image *whole = NULL, *small = NULL;
  if (fs_image_open(&whole, photo_path(name)) != FS_OK) return NULL;
  double width = fs_image_width(whole), height = fs_image_height(whole), scale = side / fmax(width, height);
  if (fs_image_resize(&small, whole, (uint32_t)lrint(width * scale), (uint32_t)lrint(height * scale), FS_BILINEAR) != FS_OK)
    small = NULL;
  fs_image_destroy(whole);
  return small;
}

static inline fs_model *open_model(const char *file) {
  fs_model *model = NULL;
  return fs_model_open(&model, model_path(file)) == FS_OK ? model : NULL;
}

/* The numbers of "key": [...] inside "section": {...} of a JSON text, whatever their nesting; free them. */
static inline double *json_numbers(const char *text, const char *section, const char *key, size_t *count) {
  char quoted[64];
  size_t room = 16;
  double *numbers = malloc(room * sizeof *numbers);
  *count = 0;
  snprintf(quoted, sizeof quoted, "\"%s\":", section);
  const char *at = text ? strstr(text, quoted) : NULL;
  snprintf(quoted, sizeof quoted, "\"%s\":", key);
  at = at ? strstr(at, quoted) : NULL;
  if (!at || !numbers) return free(numbers), NULL;
  int depth = 0;
  for (at += strlen(quoted); *at; at++) {
    if (*at == '[') depth++;
    else if (*at == ']' && --depth <= 0) break;
    else if (strchr("-0123456789", *at)) {
      char *end;
      if (*count == room) {
        double *more = realloc(numbers, (room *= 2) * sizeof *numbers);
        if (!more) return free(numbers), NULL;
        numbers = more;
      }
      numbers[(*count)++] = strtod(at, &end);
      at = end - 1;
      if (depth == 0) break; /* a single number, not an array */
    } else if (depth == 0 && (*at == ',' || *at == '}')) break;
  }
  return numbers;
}

#endif
