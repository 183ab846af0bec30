SUMMARY = "Faces and people from raw pixels, by the C library alone"

require libfacestyle.inc

FACESTYLE_PARTS = "-firmware"

RCONFLICTS:${PN} = "libfacestyle"
