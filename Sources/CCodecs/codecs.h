#include <png.h>
#include <turbojpeg.h>
/* Macros with casts, which Swift does not see. */
static inline void pngFree(png_imagep image) { png_image_free(image); }
