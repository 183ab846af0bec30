# libfacestyle: `make demo` shows it, `make test` tests it; both set up what they need.

VERSION := 0.1.0
SOVERSION := 0
PREFIX ?= /usr/local
DESTDIR ?=
BUILD := build
PYTHON ?= python3

# On an ordinary machine the system's python3 makes the environment that converts models and runs tests.
VENV := $(BUILD)/venv
VENV_PYTHON := $(VENV)/bin/python

PACKAGES := build-essential pkg-config patchelf libopenblas-dev liblapacke-dev libturbojpeg0-dev libpng-dev \
            python3-venv valgrind
SWIFT_SOURCES := Package.swift include/facestyle.h $(shell find Sources -name '*.swift' -o -name '*.h' -o -name '*.map' -o -name '*.modulemap')

LIBRARY := $(BUILD)/lib/libfacestyle.so.$(VERSION)
PROGRAM := $(BUILD)/bin/facestyle
RESOURCES = $(shell swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
TRIPLE = $(shell uname -m)-unknown-linux-gnu

.PHONY: all
all: $(LIBRARY) $(PROGRAM)

.PHONY: deps
deps:
	Tools/install-packages $(PACKAGES)

# Only where something is missing: an up-to-date machine needs no root.
.PHONY: have-deps
have-deps:
	@Tools/install-packages --missing $(PACKAGES)

$(LIBRARY): $(SWIFT_SOURCES) | have-deps
	swift build -c release --product facestyle
	Tools/place-library .build/release/libfacestyle.so $@ $(SOVERSION)
