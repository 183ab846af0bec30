SUMMARY = "Daemon that looks at a camera and says who passes"
DESCRIPTION = "Reads a V4L2 camera and writes a line of JSON for each person who comes or leaves, by libfacestyle."
SECTION = "multimedia"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSE;md5=3766991efbe13395197a7dc05856eb6c"

DEPENDS = "libfacestyle"

# FACESTYLE_DIST: see libfacestyle.inc.
FACESTYLE_DIST ?= ""
SRC_URI = "${FACESTYLE_DIST}/libfacestyle-${PV}.tar.gz"

# Folders of what is unpacked are WORKDIR's in scarthgap.
S = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}/libfacestyle-${PV}"
B = "${S}/examples/camera-daemon"

inherit pkgconfig systemd

COMPATIBLE_HOST = "^(aarch64|x86_64)-.*-linux$"

# nooelint: oelint.task.noanonpython
python () {
    if not d.getVar("FACESTYLE_DIST"):
        raise bb.parse.SkipRecipe("FACESTYLE_DIST is not set; expected file:// and the folder of the archives, see libfacestyle.inc")
}

do_configure[noexec] = "1"

do_compile() {
    oe_runmake RPATH=
}

do_install() {
    oe_runmake install RPATH= DESTDIR=${D} PREFIX=${prefix} SYSCONFDIR=${sysconfdir} UNITDIR=${systemd_system_unitdir}
}

# It ends at once as long as there is no gallery of people: enabled when there is one, or by a .bbappend.
SYSTEMD_SERVICE:${PN} = "facestyle-camera.service"
SYSTEMD_AUTO_ENABLE = "disable"

CONFFILES:${PN} = "${sysconfdir}/facestyle-camera.conf"
