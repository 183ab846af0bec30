/* Structures of libraries that are loaded when a picture of their format first comes. They are declared here, so
 * that nothing of these libraries is needed to build; they are part of the libraries' stable interfaces. */
#ifndef LOADED_H
#define LOADED_H

#include <stddef.h>
#include <stdint.h>

/* ---- libwebp.so.7: WebPBitstreamFeatures, WEBP_DECODER_ABI_VERSION ---- */

typedef struct WebPHead {
  int width, height, hasAlpha, hasAnimation, format;
  uint32_t padding[5];
} WebPHead;

static const int webPInterface = 0x0209;

/* ---- libheif.so.1: heif_error, and the numbers of enumerations ---- */

typedef struct HEIFError {
  int code, subcode;
  const char *message; /* static, or valid until the context's next call */
} HEIFError;

enum { heifMemoryError = 6, heifTooLarge = 1000 }; /* heif_error_code, heif_suberror_code */
enum { heifHEVC = 1, heifAV1 = 4 };
enum { heifRGB = 1 }; /* heif_colorspace */
/* heif_chroma: 8 bits, and 16 bits in the order of little-endian and big-endian processors. */
enum { heifRGB8 = 10, heifRGBA8 = 11, heifRGB16BE = 12, heifRGBA16BE = 13, heifRGB16LE = 14, heifRGBA16LE = 15 };
enum { heifInterleaved = 10 };                    /* heif_channel */
enum { heifICC = 0x72494343, heifICCOld = 0x70726f66 }; /* heif_color_profile_type: "rICC", "prof" */

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { heifRGB16 = heifRGB16LE, heifRGBA16 = heifRGBA16LE };
#else
enum { heifRGB16 = heifRGB16BE, heifRGBA16 = heifRGBA16BE };
#endif

/* ---- libjxl.so.0.7 to 0.11: JxlBasicInfo, JxlPixelFormat, JxlColorEncoding, and numbers ---- */

typedef struct JXLHead {
  int hasContainer;
  uint32_t width, height; /* upright */
  uint32_t bits, exponentBits;
  float intensity, darkest;
  int isRelative;
  float linearBelow;
  int isOriginal, hasPreview, hasAnimation, orientation;
  uint32_t colourChannels, extraChannels, alphaBits, alphaExponentBits;
  int isPremultiplied;
  uint32_t preview[2], animation[4], intrinsic[2];
  uint8_t padding[100];
} JXLHead;

typedef struct JXLPixels {
  uint32_t channels;
  int type, order;
  size_t alignment;
} JXLPixels;

typedef struct JXLColours {
  int space, whitePoint;
  double white[2];
  int primaries;
  double red[2], green[2], blue[2];
  int transfer;
  double gamma;
  int intent;
} JXLColours;

enum { jxlSuccess = 0, jxlError = 1, jxlNeedsInput = 2, jxlNeedsRoom = 5 };
enum { jxlHead = 0x40, jxlColours = 0x100, jxlFullImage = 0x1000 }; /* events */
enum { jxlUInt8 = 2, jxlUInt16 = 3 };                               /* JxlDataType */
enum { jxlOfPixels = 1 };                                           /* JxlColorProfileTarget */
enum { jxlPQ = 16, jxlHLG = 18 };                                   /* JxlTransferFunction */

#endif
