################################################################################
#
# libfacestyle
#
################################################################################

LIBFACESTYLE_VERSION = 0.1.0
LIBFACESTYLE_SITE = $(call qstrip,$(BR2_PACKAGE_LIBFACESTYLE_DIST))
LIBFACESTYLE_SOURCE = libfacestyle-$(LIBFACESTYLE_VERSION)$(if $(BR2_PACKAGE_LIBFACESTYLE_FIRMWARE),-firmware)-linux-$(call qstrip,$(BR2_ARCH)).tar.gz
LIBFACESTYLE_LICENSE = MIT
LIBFACESTYLE_LICENSE_FILES = LICENSE
LIBFACESTYLE_INSTALL_STAGING = YES

# Each builder's archives are their own: hashes of BR2_GLOBAL_PATCH_DIR are
# checked, where there are any.
BR_NO_CHECK_HASH_FOR += $(LIBFACESTYLE_SOURCE)

ifeq ($(BR2_PACKAGE_LIBFACESTYLE_WHOLE),y)
LIBFACESTYLE_DEPENDENCIES += jpeg lcms2 libpng sqlite zlib
endif

ifeq ($(BR_BUILDING)$(BR2_PACKAGE_LIBFACESTYLE),yy)
ifeq ($(LIBFACESTYLE_SITE),)
$(error BR2_PACKAGE_LIBFACESTYLE_DIST is empty; expected the URL of the folder of libfacestyle's archives)
endif
ifeq ($(BR2_PACKAGE_LIBFACESTYLE_WHOLE)$(BR2_PACKAGE_LIBJPEG),yy)
$(error the jpeg variant is jpeg; expected jpeg-turbo, which libfacestyle needs)
endif
endif

define LIBFACESTYLE_INSTALL_LIBRARY
	$(INSTALL) -D -m 0755 $(@D)/lib/libfacestyle.so.$(LIBFACESTYLE_VERSION) \
		$(1)/usr/lib/libfacestyle.so.$(LIBFACESTYLE_VERSION)
	cp -dpf $(@D)/lib/libfacestyle.so $(@D)/lib/libfacestyle.so.0 $(1)/usr/lib
endef

# The archive's facestyle.pc is for wherever it is unpacked; pkgconf puts the
# sysroot before a path itself.
define LIBFACESTYLE_INSTALL_STAGING_CMDS
	$(call LIBFACESTYLE_INSTALL_LIBRARY,$(STAGING_DIR))
	$(INSTALL) -D -m 0644 $(@D)/include/facestyle.h $(STAGING_DIR)/usr/include/facestyle.h
	$(INSTALL) -D -m 0644 $(@D)/include/facestyle.hpp $(STAGING_DIR)/usr/include/facestyle.hpp
	$(INSTALL) -D -m 0644 $(@D)/lib/pkgconfig/facestyle.pc \
		$(STAGING_DIR)/usr/lib/pkgconfig/facestyle.pc
	$(SED) 's|^prefix=.*|prefix=/usr|' $(STAGING_DIR)/usr/lib/pkgconfig/facestyle.pc
	mkdir -p $(STAGING_DIR)/usr/lib/cmake/facestyle
	cp -dpf $(@D)/lib/cmake/facestyle/*.cmake $(STAGING_DIR)/usr/lib/cmake/facestyle
endef

ifeq ($(BR2_PACKAGE_LIBFACESTYLE_MODELS),y)
LIBFACESTYLE_LICENSE += , research (models)
LIBFACESTYLE_LICENSE_FILES += share/facestyle/models/LICENSE
define LIBFACESTYLE_INSTALL_MODELS
	mkdir -p $(TARGET_DIR)/usr/share/facestyle/models
	$(INSTALL) -m 0644 $(@D)/share/facestyle/models/*.safetensors \
		$(TARGET_DIR)/usr/share/facestyle/models
endef
endif

define LIBFACESTYLE_INSTALL_TARGET_CMDS
	$(call LIBFACESTYLE_INSTALL_LIBRARY,$(TARGET_DIR))
	$(LIBFACESTYLE_INSTALL_MODELS)
endef

$(eval $(generic-package))
