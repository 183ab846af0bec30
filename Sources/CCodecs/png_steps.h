/* PNG files through libpng's full interface; its simplified one supports neither 16-bit sRGB nor profiles.
 * libpng reports an error by longjmp, which must not cross Swift frames. So each step that may fail is a C
 * function that catches the jump, returns 0 and sets `reason`. */
#ifndef PNG_STEPS_H
#define PNG_STEPS_H

#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

typedef struct PNGSteps {
  png_structp png;
  png_infop info;
  int isWriting;
  uint8_t *bytes;      /* read from or written to */
  size_t count, place; /* their count, and the offset of the next one */
  char reason[128];
  int isShort; /* a request for memory was refused */
  jmp_buf landing;
} PNGSteps;

static inline void pngFail(png_structp png, png_const_charp reason) {
  PNGSteps *steps = (PNGSteps *)png_get_error_ptr(png);
  strncpy(steps->reason, reason, sizeof steps->reason - 1);
  longjmp(steps->landing, 1);
}

static inline png_voidp pngMemory(png_structp png, png_alloc_size_t size) {
  void *block = malloc(size);
  if (!block) ((PNGSteps *)png_get_mem_ptr(png))->isShort = 1;
  return block;
}
static inline void pngForget(png_structp png, png_voidp block) { (void)png, free(block); }

static inline void pngKeepQuiet(png_structp png, png_const_charp warning) { (void)png, (void)warning; }

static inline void pngTake(png_structp png, png_bytep to, size_t count) {
  PNGSteps *steps = (PNGSteps *)png_get_io_ptr(png);
  if (count > steps->count - steps->place) png_error(png, "read beyond the end");
  memcpy(to, steps->bytes + steps->place, count);
  steps->place += count;
}

static inline void pngGive(png_structp png, png_bytep from, size_t count) {
  PNGSteps *steps = (PNGSteps *)png_get_io_ptr(png);
  if (count > steps->count - steps->place) png_error(png, "written beyond the end");
  memcpy(steps->bytes + steps->place, from, count);
  steps->place += count;
}

static inline void pngFlush(png_structp png) { (void)png; }

static inline void pngClose(PNGSteps *steps) {
  if (!steps) return;
  if (steps->isWriting)
    png_destroy_write_struct(&steps->png, &steps->info);
  else
    png_destroy_read_struct(&steps->png, &steps->info, NULL);
  free(steps);
}

/* NULL if out of memory. `bytes` must outlive the steps; a reader does not modify them. */
static inline PNGSteps *pngOpen(const void *bytes, size_t count, int isWriting) {
  PNGSteps *steps = (PNGSteps *)calloc(1, sizeof *steps);
  if (!steps) return NULL;
  steps->bytes = (uint8_t *)bytes, steps->count = count, steps->isWriting = isWriting;
  if (setjmp(steps->landing) == 0) {
    steps->png = (isWriting ? png_create_write_struct_2 : png_create_read_struct_2)(
        PNG_LIBPNG_VER_STRING, steps, pngFail, pngKeepQuiet, steps, pngMemory, pngForget);
    if (steps->png) steps->info = png_create_info_struct(steps->png);
    if (steps->info) return steps;
  }
  pngClose(steps);
  return NULL;
}

/* ---- Reading ---- */

/* Reads everything up to the first row. Of the ancillary chunks, reads only those that define colours. */
static inline int pngReadHead(PNGSteps *steps) {
  static const png_byte colours[] = {'c', 'H', 'R', 'M', 0, 'g', 'A', 'M', 'A', 0, 'i', 'C', 'C', 'P', 0, 's', 'R', 'G', 'B', 0};
  png_structp png = steps->png;
  if (setjmp(steps->landing)) return 0;
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_NEVER, NULL, -1);
  png_set_keep_unknown_chunks(png, PNG_HANDLE_CHUNK_AS_DEFAULT, colours, sizeof colours / 5);
  png_set_benign_errors(png, 1); /* warnings */
  png_set_read_fn(png, steps, pngTake);
  png_read_info(png, steps->info);
  return 1;
}

static inline int pngHasAlpha(const PNGSteps *steps) {
  return (png_get_color_type(steps->png, steps->info) & PNG_COLOR_MASK_ALPHA) != 0 ||
         png_get_valid(steps->png, steps->info, PNG_INFO_tRNS) != 0;
}

/* Reads all rows, `stride` bytes each: R, G, B and, if there is alpha, A; 8 bits, or 16 in native byte order
 * if the file has 16. Converts the samples of a file with a gAMA chunk to sRGB, unless `raw`. */
static inline int pngReadRows(PNGSteps *steps, void *rows, size_t stride, int raw) {
  png_structp png = steps->png;
  if (setjmp(steps->landing)) return 0;
  png_set_expand(png);
  if (!(png_get_color_type(png, steps->info) & PNG_COLOR_MASK_COLOR)) png_set_gray_to_rgb(png);
  if (!raw) png_set_alpha_mode_fixed(png, PNG_ALPHA_PNG, PNG_DEFAULT_sRGB);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (png_get_bit_depth(png, steps->info) == 16) png_set_swap(png);
#endif
  int passes = png_set_interlace_handling(png);
  png_read_update_info(png, steps->info);
  if (png_get_rowbytes(png, steps->info) != stride) png_error(png, "rows of another size than the header says");
  uint32_t height = png_get_image_height(png, steps->info);
  for (int pass = 0; pass < passes; pass++)
    for (uint32_t y = 0; y < height; y++) png_read_row(png, (uint8_t *)rows + y * stride, NULL);
  return 1;
}

/* ---- Compressed text chunks, which libpng does not keep ---- */

/* Inflates until the end, until `to` is full or until the data is corrupt. Returns the number of bytes
 * written, -1 if out of memory. */
static inline long pngInflate(const void *from, size_t count, void *to, size_t room) {
  z_stream stream = {.next_in = (Bytef *)from, .avail_in = (uInt)count, .next_out = (Bytef *)to, .avail_out = (uInt)room};
  int state = inflateInit(&stream);
  if (state == Z_OK) {
    state = inflate(&stream, Z_FINISH);
    inflateEnd(&stream);
  }
  return state == Z_MEM_ERROR ? -1 : (long)stream.total_out;
}

/* ---- Writing R, G, B and perhaps A; 16-bit samples are in native byte order. ---- */

static inline int pngWriteHead(PNGSteps *steps, uint32_t width, uint32_t height, int bits, int hasAlpha) {
  png_structp png = steps->png;
  if (setjmp(steps->landing)) return 0;
  png_set_write_fn(png, steps, pngGive, pngFlush);
  png_set_IHDR(png, steps->info, width, height, bits, hasAlpha ? PNG_COLOR_TYPE_RGB_ALPHA : PNG_COLOR_TYPE_RGB,
               PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  png_set_sRGB(png, steps->info, PNG_sRGB_INTENT_PERCEPTUAL);
  png_write_info(png, steps->info);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
  if (bits == 16) png_set_swap(png);
#endif
  return 1;
}

static inline int pngWriteRow(PNGSteps *steps, const void *row) {
  if (setjmp(steps->landing)) return 0;
  png_write_row(steps->png, (png_const_bytep)row);
  return 1;
}

static inline int pngWriteEnd(PNGSteps *steps) {
  if (setjmp(steps->landing)) return 0;
  png_write_end(steps->png, steps->info);
  return 1;
}

#endif
