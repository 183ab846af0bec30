/* TIFF files through libtiff 4.5 or later, which is loaded when the first of them comes: its functions are given, none
 * of its headers is needed. Many take a variable number of arguments, which Swift cannot pass; hence C.
 *
 * Its error handlers are set for each file, not for the process, and nothing is printed. */
#ifndef TIFF_STEPS_H
#define TIFF_STEPS_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/* The functions that are used, by their names without "TIFF". */
typedef struct TIFFLibrary {
  void *OpenOptionsAlloc, *OpenOptionsFree, *OpenOptionsSetMaxSingleMemAlloc;
  void *OpenOptionsSetErrorHandlerExtR, *OpenOptionsSetWarningHandlerExtR;
  void *ClientOpenExt, *Close, *GetField, *GetFieldDefaulted, *SetField, *ReadDirectory, *IsTiled;
  void *ScanlineSize, *TileSize, *ReadScanline, *ReadTile, *RGBAImageOK, *ReadRGBAImageOriented;
} TIFFLibrary;

enum { tiffMinIsWhite = 0, tiffMinIsBlack = 1, tiffRGB = 2, tiffPalette = 3, tiffInks = 5, tiffYCbCr = 6 };
enum { tiffAssociated = 1, tiffUnassociated = 2 };
enum { tiffNoAlpha = -1 };

typedef struct TIFFSteps {
  TIFFLibrary library;
  void *file;
  const uint8_t *bytes;
  uint64_t count, place;
  char reason[256];
  int isBroken; /* a warning that means lost pixels */

  uint32_t width, height;
  uint16_t bits, samples, photometric, isPlanar, sampleFormat, compression, orientation, inks;
  int alpha;      /* the index of the alpha sample, or tiffNoAlpha */
  int alphaKind;
  int isTiled;
  uint32_t tileWidth, tileHeight;
  size_t blockBytes; /* of a row of one plane, or of a tile of one */
  const uint16_t *red, *green, *blue; /* the palette */
  const void *profile;
  uint32_t profileBytes;
} TIFFSteps;

/* ---- What libtiff calls ---- */

static inline int tiffFail(void *file, void *steps, const char *module, const char *format, va_list values) {
  TIFFSteps *its = (TIFFSteps *)steps;
  (void)file, (void)module;
  if (!its->reason[0]) vsnprintf(its->reason, sizeof its->reason, format, values); /* the first one is the cause */
  return 1; /* nobody else is to be told */
}

/* A JPEG that ends too early or is corrupt is filled up with grey, and warned of. */
static inline int tiffWarn(void *file, void *steps, const char *module, const char *format, va_list values) {
  char text[128];
  TIFFSteps *its = (TIFFSteps *)steps;
  (void)file;
  if (!module || !strstr(module, "JPEG")) return 1;
  vsnprintf(text, sizeof text, format, values);
  if (!strstr(text, "Premature end") && !strstr(text, "Corrupt JPEG")) return 1;
  if (strstr(text, "extraneous bytes")) return 1;
  its->isBroken = 1;
  if (!its->reason[0]) memcpy(its->reason, text, sizeof text);
  return 1;
}

static inline ssize_t tiffTake(void *steps, void *to, ssize_t count) {
  TIFFSteps *its = (TIFFSteps *)steps;
  if (count <= 0 || its->place >= its->count) return 0;
  if ((uint64_t)count > its->count - its->place) count = (ssize_t)(its->count - its->place);
  memcpy(to, its->bytes + its->place, (size_t)count);
  its->place += (uint64_t)count;
  return count;
}

static inline ssize_t tiffGive(void *steps, void *from, ssize_t count) { (void)steps, (void)from, (void)count; return -1; }

static inline uint64_t tiffSeek(void *steps, uint64_t offset, int from) {
  TIFFSteps *its = (TIFFSteps *)steps;
  uint64_t start = from == SEEK_SET ? 0 : from == SEEK_CUR ? its->place : its->count;
  return its->place = start + offset; /* beyond the end nothing is read */
}

static inline int tiffDoNotClose(void *steps) { (void)steps; return 0; }
static inline uint64_t tiffCount(void *steps) { return ((TIFFSteps *)steps)->count; }

/* The file lies in memory already. */
static inline int tiffMap(void *steps, void **base, uint64_t *count) {
  *base = (void *)((TIFFSteps *)steps)->bytes, *count = ((TIFFSteps *)steps)->count;
  return 1;
}
static inline void tiffUnmap(void *steps, void *base, uint64_t count) { (void)steps, (void)base, (void)count; }

/* ---- Opening ---- */

typedef int (*TIFFHandler)(void *, void *, const char *, const char *, va_list);

static inline void tiffClose(TIFFSteps *steps) {
  if (!steps) return;
  if (steps->file) ((void (*)(void *))steps->library.Close)(steps->file);
  free(steps);
}

/* NULL if out of memory. `bytes` must outlive the steps. If the file is none, `file` is NULL. */
static inline TIFFSteps *tiffOpen(const TIFFLibrary *library, const void *bytes, size_t count, size_t largestBlock) {
  TIFFSteps *steps = (TIFFSteps *)calloc(1, sizeof *steps);
  if (!steps) return NULL;
  steps->library = *library, steps->bytes = (const uint8_t *)bytes, steps->count = count;
  void *options = ((void *(*)(void))library->OpenOptionsAlloc)();
  if (!options) {
    free(steps);
    return NULL;
  }
  ((void (*)(void *, ssize_t))library->OpenOptionsSetMaxSingleMemAlloc)(options, (ssize_t)largestBlock);
  ((void (*)(void *, TIFFHandler, void *))library->OpenOptionsSetErrorHandlerExtR)(options, tiffFail, steps);
  ((void (*)(void *, TIFFHandler, void *))library->OpenOptionsSetWarningHandlerExtR)(options, tiffWarn, steps);
  typedef ssize_t (*Move)(void *, void *, ssize_t);
  typedef void *(*Open)(const char *, const char *, void *, Move, Move, uint64_t (*)(void *, uint64_t, int), int (*)(void *),
                        uint64_t (*)(void *), int (*)(void *, void **, uint64_t *), void (*)(void *, void *, uint64_t), void *);
  steps->file = ((Open)library->ClientOpenExt)("picture", "r", steps, tiffTake, tiffGive, tiffSeek, tiffDoNotClose, tiffCount,
                                               tiffMap, tiffUnmap, options);
  ((void (*)(void *))library->OpenOptionsFree)(options);
  return steps;
}

/* ---- The header ---- */

typedef int (*TIFFField)(void *, uint32_t, ...);

static inline uint16_t tiffShort(TIFFSteps *steps, uint32_t tag, uint16_t other) {
  uint16_t value = other;
  return ((TIFFField)steps->library.GetFieldDefaulted)(steps->file, tag, &value) ? value : other;
}

/* Goes to the first directory that is no reduced picture of another, and reads its fields. */
static inline int tiffReadHead(TIFFSteps *steps) {
  TIFFField get = (TIFFField)steps->library.GetField;
  for (int directory = 0;; directory++) {
    uint32_t kind = 0;
    if (!get(steps->file, 254, &kind) || !(kind & 1)) break;
    if (directory == 16 || !((int (*)(void *))steps->library.ReadDirectory)(steps->file)) {
      snprintf(steps->reason, sizeof steps->reason, "only reduced pictures of one that is not there");
      return 0;
    }
  }
  if (!get(steps->file, 256, &steps->width) || !get(steps->file, 257, &steps->height)) {
    if (!steps->reason[0]) snprintf(steps->reason, sizeof steps->reason, "no width or height");
    return 0;
  }
  steps->bits = tiffShort(steps, 258, 1), steps->samples = tiffShort(steps, 277, 1);
  steps->compression = tiffShort(steps, 259, 1), steps->orientation = tiffShort(steps, 274, 1);
  steps->isPlanar = tiffShort(steps, 284, 1) == 2, steps->sampleFormat = tiffShort(steps, 339, 1);
  steps->inks = tiffShort(steps, 332, 1);
  /* Without this field: what libtiff takes for granted. */
  const int isFax = steps->compression >= 2 && steps->compression <= 4;
  uint16_t usual = steps->samples >= 3 ? tiffRGB : isFax ? tiffMinIsWhite : tiffMinIsBlack;
  if (!get(steps->file, 262, &steps->photometric)) steps->photometric = usual;

  uint16_t count = 0, *kinds = NULL;
  const int isOfThree = steps->photometric == tiffRGB || steps->photometric == tiffYCbCr;
  const int colours = steps->photometric == tiffInks ? 4 : isOfThree ? 3 : 1;
  steps->alpha = tiffNoAlpha;
  if (get(steps->file, 338, &count, &kinds)) {
    for (int i = 0; i < count && steps->alpha == tiffNoAlpha; i++)
      if (kinds[i] == tiffAssociated || kinds[i] == tiffUnassociated) steps->alpha = colours + i, steps->alphaKind = kinds[i];
    if (steps->alpha >= steps->samples) steps->alpha = tiffNoAlpha;
  } else if (steps->photometric == tiffRGB && steps->samples == 4) {
    steps->alpha = 3, steps->alphaKind = tiffUnassociated; /* what writers mean that leave the field out, as in Pillow */
  }
  if (steps->photometric == tiffPalette) {
    uint16_t *red, *green, *blue;
    if (steps->bits <= 8 && get(steps->file, 320, &red, &green, &blue)) steps->red = red, steps->green = green, steps->blue = blue;
  }
  void *profile = NULL;
  if (get(steps->file, 34675, &steps->profileBytes, &profile)) steps->profile = profile;
  /* JPEG's chroma is brought to the size of its luma, and both to R, G, B. */
  if (steps->photometric == tiffYCbCr && steps->compression == 7 && !steps->isPlanar &&
      ((TIFFField)steps->library.SetField)(steps->file, 65538, 1))
    steps->photometric = tiffRGB;
  steps->isTiled = ((int (*)(void *))steps->library.IsTiled)(steps->file);
  if (steps->isTiled && (!get(steps->file, 322, &steps->tileWidth) || !get(steps->file, 323, &steps->tileHeight))) return 0;
  void *size = steps->isTiled ? steps->library.TileSize : steps->library.ScanlineSize;
  const ssize_t blockBytes = ((ssize_t(*)(void *))size)(steps->file);
  if (blockBytes <= 0) return 0;
  steps->blockBytes = (size_t)blockBytes;
  return 1;
}

/* ---- Pixels: 0 on failure ---- */

/* Row y of a plane (0 if there are no planes). Rows come in their order, plane after plane. */
static inline int tiffReadRow(TIFFSteps *steps, void *to, uint32_t y, uint16_t plane) {
  typedef int (*Read)(void *, void *, uint32_t, uint16_t);
  return ((Read)steps->library.ReadScanline)(steps->file, to, y, plane) == 1 && !steps->isBroken;
}

/* The tile that begins at (x, y). */
static inline int tiffReadTile(TIFFSteps *steps, void *to, uint32_t x, uint32_t y, uint16_t plane) {
  typedef ssize_t (*Read)(void *, void *, uint32_t, uint32_t, uint32_t, uint16_t);
  return ((Read)steps->library.ReadTile)(steps->file, to, x, y, 0, plane) >= 0 && !steps->isBroken;
}

/* All pixels by libtiff's own conversion, in the order of the file: red in the lowest byte, then green and blue. */
static inline int tiffReadConverted(TIFFSteps *steps, uint32_t *to) {
  char reason[1024] = "";
  typedef int (*Ask)(void *, char *);
  if (!((Ask)steps->library.RGBAImageOK)(steps->file, reason)) {
    if (!steps->reason[0]) snprintf(steps->reason, sizeof steps->reason, "%.250s", reason);
    return 0;
  }
  typedef int (*Read)(void *, uint32_t, uint32_t, uint32_t *, int, int);
  const int same = steps->orientation; /* asked for what it is, nothing is flipped */
  return ((Read)steps->library.ReadRGBAImageOriented)(steps->file, steps->width, steps->height, to, same, 1) == 1 &&
         !steps->isBroken;
}

#endif
