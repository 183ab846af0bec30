################################################################################
#
# facestyle-camera
#
################################################################################

FACESTYLE_CAMERA_VERSION = 0.1.0
FACESTYLE_CAMERA_SITE = $(call qstrip,$(BR2_PACKAGE_LIBFACESTYLE_DIST))
FACESTYLE_CAMERA_SOURCE = libfacestyle-$(FACESTYLE_CAMERA_VERSION).tar.gz
FACESTYLE_CAMERA_SUBDIR = examples/camera-daemon
FACESTYLE_CAMERA_LICENSE = MIT
FACESTYLE_CAMERA_LICENSE_FILES = LICENSE
FACESTYLE_CAMERA_DEPENDENCIES = host-pkgconf libfacestyle

BR_NO_CHECK_HASH_FOR += $(FACESTYLE_CAMERA_SOURCE)

FACESTYLE_CAMERA_MAKE = $(TARGET_MAKE_ENV) $(MAKE) $(TARGET_CONFIGURE_OPTS) \
	-C $(FACESTYLE_CAMERA_SRCDIR) RPATH= PREFIX=/usr \
	UNITDIR=$(if $(BR2_INIT_SYSTEMD),/usr/lib/systemd/system)

define FACESTYLE_CAMERA_BUILD_CMDS
	$(FACESTYLE_CAMERA_MAKE)
endef

define FACESTYLE_CAMERA_INSTALL_TARGET_CMDS
	$(FACESTYLE_CAMERA_MAKE) DESTDIR=$(TARGET_DIR) install
endef

$(eval $(generic-package))
