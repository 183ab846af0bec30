SUMMARY = "Face recognition and neural style transfer behind one C interface"

require libfacestyle.inc

DEPENDS += "jpeg lcms libpng sqlite3 zlib"

# Libraries that it loads when something needs them, and works without: PACKAGECONFIG:append:pn-libfacestyle = " webp".
# Those beyond openembedded-core are in meta-oe, libheif in meta-multimedia.
PACKAGECONFIG ??= ""
PACKAGECONFIG[heif] = ",,,libheif"
PACKAGECONFIG[jxl] = ",,,libjxl"
PACKAGECONFIG[postgresql] = ",,,libpq"
PACKAGECONFIG[sodium] = ",,,libsodium"
PACKAGECONFIG[tiff] = ",,,tiff"
PACKAGECONFIG[webp] = ",,,libwebp"

RCONFLICTS:${PN} = "libfacestyle-firmware"
