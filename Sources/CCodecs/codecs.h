#include <lcms2.h>
#include <turbojpeg.h>
#include "colour_memory.h"
#include "loaded.h"
#include "png_steps.h"
#include "tiff_steps.h"

/* Macros with casts, which Swift does not import. */
static const cmsUInt32Number lcmsGrey16 = TYPE_GRAY_16, lcmsRGB8 = TYPE_RGB_8, lcmsRGB16 = TYPE_RGB_16;
static const cmsUInt32Number lcmsCMYK8Inverted = TYPE_CMYK_8_REV;
