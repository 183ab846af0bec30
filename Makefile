# libfacestyle: `make demo` shows it, `make test` tests it. Both do all the set-up that they need.
#
#   make            the library and the program, in build/
#   make install    header, library, pkg-config file, program (PREFIX, DESTDIR); INSTALLED=build/embedded/libfacestyle.so.0.1.0:
#                   what packages carry
#   make models     the weights and photos of the demo and the tests
#   make train-model DATA=folder    models/faces-nn4 again, from its photos; make train-cascade DATA=folder: faces-cascade;
#                   make train-detector DATA=folder: faces-yunet; make train-aligned-look DATA=folder: its last look
#   make bench      how fast the kernels and networks are here; make bench-peers: beside others;
#                   make bench-builds REF=commit: beside the build of another commit; make bench-instructions: a count
#   make detection-report DATA=folder    what our detectors and others' find, and what they make up
#   make showcase   every way to paint, on one page
#   make docs       the documentation as a site, build/site/index.html
#   make lint       the rules of the source tree, in seconds
#   make test-processors   the numeric tests as other processors would run them
#   make test-ray   many photos and large galleries on several processes, by Ray
#   make fuzz SECONDS=60 TARGET=picture    inputs that nobody thought of, under AddressSanitizer; all targets without TARGET
#   make soak MINUTES=120   a gallery, a trainer and the camera daemon at full speed: what they hold must not grow
#   make embedded   the library without a Swift runtime, which packages carry: make wheel, make deb, make dist
#   make arm64      the same for 64-bit Arm, compiled here; make test-arm64: the C tests of it, on an emulator
#   make firmware   faces alone, for boards: docs/firmware.md; make firmware-arm64: for 64-bit Arm
#   make dist-arm64   what recipes of Yocto and Buildroot fetch; dist-firmware-arm64, dist-firmware; make test-boards tries the recipes
#   make demo-daemon   people walk past the camera daemon of examples/camera-daemon
#   make parallel   a training in two processes, over MPI
#   make bindings   what follows from include/facestyle.h: Python's _c.py, the ABI tests' tables
#   make abi-check  whether programs built for the last release still run
#   make deps       the Debian packages (needs root or sudo)

VERSION := 0.1.0
SOVERSION := 0
PREFIX ?= /usr/local
LIBDIR ?= $(PREFIX)/lib
DESTDIR ?=
BUILD := build

PACKAGES := build-essential pkg-config patchelf libopenblas0 libturbojpeg0-dev libpng-dev zlib1g-dev \
            liblcms2-dev libsqlite3-dev python3-venv valgrind
# Of the camera daemon's demo and test alone: it makes frames of photos.
FRAME_PACKAGES := ffmpeg
# Runs the tests of the library for 64-bit Arm.
EMULATOR_PACKAGES := qemu-user
# What that library is compiled with and runs with: of Arm's Debian, unpacked in build/arm64-sysroot, not installed.
ARM64_PACKAGES := libc6-dev libgcc-12-dev libturbojpeg0-dev libpng-dev zlib1g-dev liblcms2-dev libsqlite3-dev libopenblas0 \
                  libsodium23
# What programs of others are built with, for the tests of the installation.
BUILDER_PACKAGES := cargo cmake make meson ninja-build pkg-config
# Of tests of pictures in formats whose libraries are loaded when one comes; the library works without them.
PICTURE_PACKAGES := libwebp7 libheif1 libtiff6 libjxl0.7
# Of tests and benchmarks of galleries on a server, which they start themselves.
SERVER_PACKAGES := postgresql pgbouncer
SOURCES := Package.swift include/facestyle.h include/module.modulemap \
           $(shell find Sources -name '*.swift' -o -name '*.h' -o -name '*.map' -o -name '*.modulemap')

LIBRARY := $(BUILD)/libfacestyle.so.$(VERSION)
PROGRAM := $(BUILD)/facestyle
MANUAL := $(BUILD)/man/facestyle.1
DAEMON := $(BUILD)/facestyle-camera
EMBEDDED := $(BUILD)/embedded/libfacestyle.so.$(VERSION)
ARM64 := $(BUILD)/arm64/libfacestyle.so.$(VERSION)
ARM64_SYSROOT := $(BUILD)/arm64-sysroot
FIRMWARE := $(BUILD)/firmware/libfacestyle.so.$(VERSION)
FIRMWARE_ARM64 := $(BUILD)/firmware-arm64/libfacestyle.so.$(VERSION)
VENV := $(BUILD)/venv/.ready
PYTHON := $(BUILD)/venv/bin/python
MODELS := $(BUILD)/models
SHIPPED := $(wildcard models/*.safetensors)

.PHONY: all
all: $(LIBRARY) $(PROGRAM) $(MANUAL)

# ---- What the machine must have ----

.PHONY: deps have-deps
deps:
	Tools/install-packages $(PACKAGES)
have-deps:
	@Tools/install-packages --missing $(PACKAGES)

# Asked for where something is compiled: `sudo make install` may run without a tool chain in its path.
need_swift = @command -v swift >/dev/null || { echo "make: no swift in the path; expected a Swift 6.3 tool chain, see swift.org" >&2; exit 1; }

# ---- The library and the program ----

# Without the names of types and members, by which tests print values and the library nothing.
UNREFLECTED := -Xswiftc -Xfrontend -Xswiftc -disable-reflection-metadata

# SYSROOT=folder links against the system in that folder instead of this one; see portable-wheel.
SCRATCH := .build
export FACESTYLE_BUILD := $(BUILD)
AGAINST := $(if $(SYSROOT),-Xswiftc -sdk -Xswiftc $(SYSROOT) -Xcc --sysroot=$(SYSROOT))

$(LIBRARY): $(SOURCES) | have-deps
	$(need_swift)
	swift build -c release --product facestyle $(UNREFLECTED) $(AGAINST) --scratch-path $(SCRATCH)
	Tools/place-library $(SCRATCH)/release/libfacestyle.so $@ $(SOVERSION)

$(PROGRAM): $(LIBRARY) $(SOURCES)
	$(need_swift)
	swift build -c release --product facestyle-program --static-swift-stdlib $(AGAINST) --scratch-path $(SCRATCH)-program
	@mkdir -p $(dir $@)
	strip -o $@.new $(SCRATCH)-program/release/facestyle-program
	patchelf --set-rpath '$$ORIGIN:$$ORIGIN/../lib' $@.new
	mv $@.new $@

# (The program looks for its library beside it, as here, and in ../lib, as installed.)

# The tool chain's libraries for programs without a Swift runtime.
RESOURCES = $(shell swiftc -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)".*/\1/p')
TRIPLE := $(shell uname -m)-unknown-linux-gnu
CLANG = $(RESOURCES)/../../bin/clang

.PHONY: embedded
embedded: $(EMBEDDED)
$(EMBEDDED): $(SOURCES) | have-deps
	$(need_swift)
	FACESTYLE_EMBEDDED=$(RESOURCES)/embedded/$(TRIPLE) \
	    swift build -c release --product facestyle $(AGAINST) --scratch-path $(SCRATCH)-embedded
	@if nm $(SCRATCH)-embedded/release/libfacestyle.so | grep 'Tv[0-9]*_r$$'; then \
	    echo "constant lists that the linker may have merged; see Package.swift" >&2; exit 1; fi
	Tools/place-library $(SCRATCH)-embedded/release/libfacestyle.so $@ $(SOVERSION)

$(ARM64_SYSROOT)/.ready: Tools/arm64-sysroot
	Tools/arm64-sysroot $(ARM64_SYSROOT) $(ARM64_PACKAGES) $(PICTURE_PACKAGES)

# The tool chain's compiler of C knows Arm, too.
ARM64_CC = $(CLANG) --target=aarch64-linux-gnu --sysroot=$(abspath $(ARM64_SYSROOT)) -fuse-ld=lld

# Swift's compiler has no embedded libraries for Linux on Arm, but for Arm without a system: Package.swift adds the system.
FOR_ARM64 = FACESTYLE_EMBEDDED=$(RESOURCES)/embedded/aarch64-none-none-elf FACESTYLE_SYSROOT=$(abspath $(ARM64_SYSROOT))
BUILD_ARM64 = swift build -c release --product facestyle --triple aarch64-none-none-elf --scratch-path
PLACE_ARM64 = STRIP=$(RESOURCES)/../../bin/llvm-objcopy Tools/place-library

.PHONY: arm64
arm64: $(ARM64)
$(ARM64): $(SOURCES) $(ARM64_SYSROOT)/.ready | have-deps
	$(need_swift)
	$(FOR_ARM64) $(BUILD_ARM64) .build-arm64
	$(PLACE_ARM64) .build-arm64/aarch64-none-none-elf/release/libfacestyle.elf $@ $(SOVERSION)

.PHONY: firmware firmware-arm64
firmware: $(FIRMWARE)
$(FIRMWARE): $(SOURCES) Tools/ld-data-sections | have-deps
	$(need_swift)
	FACESTYLE_FIRMWARE=1 FACESTYLE_EMBEDDED=$(RESOURCES)/embedded/$(TRIPLE) \
	    swift build -c release --product facestyle --scratch-path .build-firmware
	Tools/place-library .build-firmware/release/libfacestyle.so $@ $(SOVERSION)

firmware-arm64: $(FIRMWARE_ARM64)
$(FIRMWARE_ARM64): $(SOURCES) Tools/ld-data-sections $(ARM64_SYSROOT)/.ready | have-deps
	$(need_swift)
	FACESTYLE_FIRMWARE=1 $(FOR_ARM64) $(BUILD_ARM64) .build-firmware-arm64
	$(PLACE_ARM64) .build-firmware-arm64/aarch64-none-none-elf/release/libfacestyle.elf $@ $(SOVERSION)

# As examples/camera-daemon/Makefile does for the installed library.
CAMERA := -O2 -g -std=c11 -Wall -Wextra -pedantic -Iinclude examples/camera-daemon/*.c -lfacestyle -lpthread -lm -Wl,-rpath,'$$ORIGIN'
$(DAEMON): $(LIBRARY) include/facestyle.h $(wildcard examples/camera-daemon/*.[ch])
	$(CC) -L$(BUILD) $(CAMERA) -o $@
$(BUILD)/arm64/facestyle-camera: $(ARM64) include/facestyle.h $(wildcard examples/camera-daemon/*.[ch])
	$(ARM64_CC) -L$(BUILD)/arm64 $(CAMERA) -o $@

.PHONY: have-frames
have-frames:
	@Tools/install-packages --missing $(FRAME_PACKAGES)

.PHONY: have-builders
have-builders:
	@Tools/install-packages --missing $(BUILDER_PACKAGES)

.PHONY: have-pictures
have-pictures:
	@Tools/install-packages --missing $(PICTURE_PACKAGES)

.PHONY: have-server
have-server:
	@Tools/install-packages --missing $(SERVER_PACKAGES)

# ---- What follows from the header ----

.PHONY: bindings abi-check
bindings:
	Tools/bindings
abi-check:
	Tools/abi-check

# Manual pages and completions: what the program says of itself.
$(MANUAL): $(PROGRAM) Tools/manual Tools/program_help.py
	rm -rf $(BUILD)/man $(BUILD)/completions
	$(PROGRAM) --experimental-dump-help > $(BUILD)/help.json
	Tools/manual $(BUILD)/man $(VERSION) < $(BUILD)/help.json
	mkdir -p $(BUILD)/completions
	for shell in bash zsh fish; do $(PROGRAM) --generate-completion-script $$shell > $(BUILD)/completions/$$shell || exit; done

# What packages carry is the library without a Swift runtime: as fast, less than half as large, and it takes minutes to compile. `make
# install` takes what `make` has built.
SHIPPED_LIBRARY := $(EMBEDDED)
INSTALLED := $(LIBRARY)
.PHONY: install install-library
install-library: $(INSTALLED)
	install -d $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(LIBDIR)/cmake/facestyle
	install -m 644 include/facestyle.h include/facestyle.hpp $(DESTDIR)$(PREFIX)/include
	install -m 755 $(INSTALLED) $(DESTDIR)$(LIBDIR)
	cp -P $(dir $(INSTALLED))libfacestyle.so $(dir $(INSTALLED))libfacestyle.so.$(SOVERSION) $(DESTDIR)$(LIBDIR)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' -e 's|@VERSION@|$(VERSION)|' Tools/facestyle.pc.in \
	    > $(DESTDIR)$(LIBDIR)/pkgconfig/facestyle.pc
	for file in facestyle-config facestyle-config-version; do \
	    sed -e 's|@VERSION@|$(VERSION)|' -e 's|@SOVERSION@|$(SOVERSION)|' Tools/$$file.cmake.in \
	        > $(DESTDIR)$(LIBDIR)/cmake/facestyle/$$file.cmake; done
	install -d $(DESTDIR)$(PREFIX)/share/facestyle/models
	$(if $(SHIPPED),install -m 644 $(SHIPPED) $(DESTDIR)$(PREFIX)/share/facestyle/models)

install: install-library $(PROGRAM) $(MANUAL)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin
	install -m 644 $(BUILD)/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -D -m 644 $(BUILD)/completions/bash $(DESTDIR)$(PREFIX)/share/bash-completion/completions/facestyle
	install -D -m 644 $(BUILD)/completions/zsh $(DESTDIR)$(PREFIX)/share/zsh/site-functions/_facestyle
	install -D -m 644 $(BUILD)/completions/fish $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/facestyle.fish

# The committed source and what is built of it, which can be unpacked anywhere, with checksums, in build/dist. For boards, beside what
# is there already: the library for 64-bit Arm, and firmware's, without the program.
DIST := $(BUILD)/dist
SYSTEM := $(shell uname -s | tr A-Z a-z)-$(shell uname -m)
# Times of files: the last commit's, so that equal files make equal archives.
STAMP = $(or $(SOURCE_DATE_EPOCH),$(shell git log -1 --format=%ct))

# $(call archive,NAME,install or install-library,LIBRARY)
define archive
	rm -rf $(DIST)/$(1) $(DIST)/$(1).tar.gz
	mkdir -p $(DIST)
	$(MAKE) --silent $(2) INSTALLED=$(3) DESTDIR=$(abspath $(DIST)) PREFIX=/$(1)
	cp LICENSE $(DIST)/$(1)
	cp models/README.md models/LICENSE $(DIST)/$(1)/share/facestyle/models
	sed -i 's|^prefix=.*|prefix=$${pcfiledir}/../..|; s|^libdir=.*|libdir=$${prefix}/lib|' $(DIST)/$(1)/lib/pkgconfig/facestyle.pc
	tar -C $(DIST) --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw --sort=name --mtime=@$(STAMP) -cf $(DIST)/$(1).tar $(1)
	gzip -9n $(DIST)/$(1).tar
	rm -rf $(DIST)/$(1)
endef

define source-archive
	mkdir -p $(DIST)
	git archive --prefix=libfacestyle-$(VERSION)/ --output=$(DIST)/libfacestyle-$(VERSION).tar.gz HEAD
endef

define checksums
	cd $(DIST) && sha256sum *.tar.gz > SHA256SUMS
	@ls -l $(DIST)
endef

.PHONY: dist dist-arm64 dist-firmware dist-firmware-arm64
dist: all $(SHIPPED_LIBRARY)
	rm -rf $(DIST)
	$(source-archive)
	$(call archive,libfacestyle-$(VERSION)-$(SYSTEM),install,$(SHIPPED_LIBRARY))
	$(checksums)

dist-arm64: $(ARM64)
	$(source-archive)
	$(call archive,libfacestyle-$(VERSION)-linux-aarch64,install-library,$(ARM64))
	$(checksums)

dist-firmware: $(FIRMWARE)
	$(source-archive)
	$(call archive,libfacestyle-$(VERSION)-firmware-$(SYSTEM),install-library,$(FIRMWARE))
	$(checksums)

dist-firmware-arm64: $(FIRMWARE_ARM64)
	$(source-archive)
	$(call archive,libfacestyle-$(VERSION)-firmware-linux-aarch64,install-library,$(FIRMWARE_ARM64))
	$(checksums)

# Debian packages in build/deb; `make test-packages` tries them in an empty system.
.PHONY: deb
deb: all $(SHIPPED_LIBRARY)
	Tools/deb $(BUILD)/deb $(VERSION) $(SHIPPED_LIBRARY)

# ---- Python ----

# A wheel with the library, the program, the box's models and the libraries that they need. The file's name says which systems it
# covers: those whose C library is as new as this one's, or as SYSROOT's.
WHEELS := $(BUILD)/wheels
OF_SYSROOT = --ldpaths $(abspath $(BUILD)):$(SYSROOT)/usr/lib/$(shell uname -m)-linux-gnu
.PHONY: wheel portable-wheel
wheel: all $(SHIPPED_LIBRARY) $(VENV)
	rm -rf $(BUILD)/wheel $(WHEELS) bindings/python/build bindings/python/*.egg-info
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r Tools/requirements-wheel.txt
	FACESTYLE_SHIPPED=$(SHIPPED_LIBRARY) $(PYTHON) -m pip wheel --quiet --disable-pip-version-check --no-deps --wheel-dir $(BUILD)/wheel ./bindings/python
	PATH=$(abspath $(dir $(PYTHON))):$$PATH AUDITWHEEL_LD_LIBRARY_PATH=$(abspath $(BUILD)) \
	    $(PYTHON) -m auditwheel repair $(if $(SYSROOT),$(OF_SYSROOT)) --wheel-dir $(WHEELS) $(BUILD)/wheel/*.whl
	rm -rf $(BUILD)/wheel bindings/python/build bindings/python/*.egg-info
	@ls -l $(WHEELS)

# The same for systems from 2020 on: linked against a Debian 11. As root, with Debian's mirror at hand.
OLD_DEBIAN := $(abspath $(BUILD)/debian-11)
$(OLD_DEBIAN)/.ready: Tools/old-debian
	Tools/old-debian $(OLD_DEBIAN)
portable-wheel: $(OLD_DEBIAN)/.ready $(VENV)
	$(MAKE) wheel BUILD=$(BUILD)/portable SCRATCH=.build-portable SYSROOT=$(OLD_DEBIAN) VENV=$(VENV) PYTHON=$(PYTHON)

# ---- Models, demo ----

$(VENV): Tools/requirements.txt | have-deps
	/usr/bin/python3 -m venv $(BUILD)/venv
	$(PYTHON) -m pip install --quiet --disable-pip-version-check -r Tools/requirements.txt
	@touch $@

.PHONY: models
models: $(VENV)
	@PYTHONPATH=bindings/python $(PYTHON) -m facestyle.models --output $(MODELS)

# First what the box has, on people who are drawn; then photos and the networks that are downloaded.
.PHONY: demo
demo: all
	@$(PROGRAM) demo --out $(BUILD)/demo
	@$(MAKE) --no-print-directory models
	@echo
	@$(PROGRAM) demo --photos $(BUILD)/photos --out $(BUILD)/demo/photos $(if $(STYLE),--style $(STYLE)) $(DEMO_OPTIONS)

.PHONY: demo-daemon
demo-daemon: all models $(DAEMON) have-frames
	@PYTHON=$(PYTHON) examples/camera-daemon/demo $(PROGRAM) $(DAEMON) $(MODELS) $(BUILD)/photos

# Six hours: examples/training/shipped.py tells what DATA holds.
.PHONY: train-model
train-model: all models
	PYTHONPATH=bindings/python $(PYTHON) examples/training/shipped.py --data $(DATA)

# Most of an hour: examples/training/cascade.py tells what DATA holds.
.PHONY: train-cascade
train-cascade: $(LIBRARY) $(VENV)
	PYTHONPATH=bindings/python $(PYTHON) examples/training/cascade.py --data $(DATA)

# Hours: examples/training/detector.py tells what DATA holds.
.PHONY: train-detector
train-detector: $(LIBRARY) $(VENV)
	PYTHONPATH=bindings/python $(PYTHON) examples/training/detector.py --data $(DATA)

# An hour: examples/training/aligned_look.py tells what DATA holds.
.PHONY: train-aligned-look
train-aligned-look: $(LIBRARY) $(VENV)
	PYTHONPATH=bindings/python $(PYTHON) examples/training/aligned_look.py --data $(DATA)

# ---- Benchmarks ----

BENCH := $(BUILD)/facestyle-bench
$(BENCH): $(SOURCES) | have-deps
	$(need_swift)
	swift build -c release --product facestyle-bench --static-swift-stdlib $(UNREFLECTED)
	@mkdir -p $(BUILD)
	cp .build/release/facestyle-bench $@

FIRST_USE := $(BUILD)/first-use
ONE_FACE := $(BUILD)/one-face
INSTRUCTIONS := $(BUILD)/instructions
$(FIRST_USE): benchmarks/first_use.c
$(ONE_FACE): benchmarks/one_face.c
$(INSTRUCTIONS): benchmarks/instructions.c
$(FIRST_USE) $(ONE_FACE) $(INSTRUCTIONS): include/facestyle.h $(LIBRARY)
	$(CC) -O2 -Iinclude $(filter %.c,$^) -o $@ -L$(BUILD) -lfacestyle -Wl,-rpath,'$$ORIGIN'

.PHONY: bench
bench: $(BENCH) $(FIRST_USE) models
	@$(BENCH) --models $(MODELS) --photos $(BUILD)/photos --first-use $(FIRST_USE) --json $(BUILD)/bench.jsonl $(BENCH_OPTIONS)
	@echo "the same as lines of JSON: $(BUILD)/bench.jsonl"

# The memory of a process that finds a face and embeds it, with the models in the box.
.PHONY: bench-memory
bench-memory: $(ONE_FACE) models
	@for i in 1 2 3; do $(ONE_FACE) $(BUILD)/photos/obama.jpg; done

# How many instructions fixed work takes, beside those recorded; UPDATE=1 records them. Part of `test`: it times nothing.
.PHONY: bench-instructions
bench-instructions: $(INSTRUCTIONS) models
	benchmarks/instructions.sh $(BUILD) $(if $(UPDATE),--update)

# Beside PyTorch, ONNX Runtime, facenet-pytorch and FAISS, in turn, in one run: benchmarks/README.md.
PEERS := $(BUILD)/peers/.ready
$(PEERS): benchmarks/requirements-peers.txt benchmarks/requirements-facenet.txt | have-deps
	/usr/bin/python3 -m venv $(BUILD)/peers
	$(BUILD)/peers/bin/pip install --quiet --disable-pip-version-check -r benchmarks/requirements-peers.txt
	$(BUILD)/peers/bin/pip install --quiet --disable-pip-version-check --no-deps -r benchmarks/requirements-facenet.txt
	@touch $@

.PHONY: bench-peers
bench-peers: all models $(BENCH) $(PEERS)
	$(BUILD)/peers/bin/python benchmarks/peers.py $(BENCH_OPTIONS)

# Beside the library of a commit or a tag, which is built in build/builds: benchmarks/README.md.
.PHONY: bench-builds
bench-builds: $(LIBRARY) $(FIRST_USE) models
	$(PYTHON) benchmarks/builds.py $(REF) $(BENCH_OPTIONS)

# examples/detection_report.py tells what DATA holds.
.PHONY: detection-report
detection-report: all models $(PEERS)
	PYTHONPATH=bindings/python $(BUILD)/peers/bin/python examples/detection_report.py $(DATA) $(REPORT_OPTIONS)

# Every way to paint, on one page: docs/showcase.md. Other pictures by SHOWCASE_OPTIONS.
.PHONY: showcase
showcase: all models
	PYTHONPATH=bindings/python $(BUILD)/venv/bin/python examples/showcase.py $(SHOWCASE_OPTIONS)

# ---- The documentation as a site ----

SITE := $(BUILD)/site-venv/.ready
$(SITE): Tools/requirements-site.txt | have-deps
	/usr/bin/python3 -m venv $(BUILD)/site-venv
	$(BUILD)/site-venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Without the library. Pages that are read as files or from a server, and fetch nothing; a broken link is an error.
.PHONY: docs
docs: $(SITE)
	Tools/site/gather.py $(BUILD)/site-pages $(BUILD)/site.yml
	NO_MKDOCS_2_WARNING=1 $(BUILD)/site-venv/bin/mkdocs build --config-file $(BUILD)/site.yml
	Tools/site/check_links.py $(BUILD)/site

# ---- Training in several processes ----

PARALLEL := $(BUILD)/parallel/.ready
$(PARALLEL): examples/requirements-parallel.txt | have-deps
	/usr/bin/python3 -m venv $(BUILD)/parallel
	$(BUILD)/parallel/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

# Two processes that share their gradients over MPI learn as one does.
.PHONY: parallel
parallel: $(LIBRARY) $(PARALLEL)
	PYTHONPATH=bindings/python $(BUILD)/parallel/bin/mpiexec -n 2 $(BUILD)/parallel/bin/python examples/parallel_training.py $(PARALLEL_OPTIONS)

# ---- Tests ----

.PHONY: lint
# The rules of CONTRIBUTING.md that a script can check, in seconds, without compiling anything.
lint: | have-deps
	$(need_swift)
	@Tools/lint

.PHONY: test test-processors test-swift test-abi test-c test-embedded test-arm64 test-firmware test-firmware-arm64 test-valgrind test-faults test-threads test-python test-ray test-install
test: lint docs test-swift test-abi test-c test-embedded test-valgrind test-faults bench-instructions test-install test-python test-daemon
	@echo "all tests passed"

# Everything with the best build of the kernels, then with each other that the machine can run: a tolerance that was set on one
# processor is no tolerance. And what rests on LAPACK with each of OpenBLAS's builds.
SWIFT_TEST := swift test -c release --disable-xctest --scratch-path .build-tests
LAPACK_TESTS := LinearAlgebraTests|AlignmentTests|ColoursTests|TSNETests|UniversalStylerTests|WassersteinTests
test-swift: $(LIBRARY)
	$(SWIFT_TEST)
	Tools/each-processor kernels $(SWIFT_TEST) --skip-build
	Tools/each-processor openblas $(SWIFT_TEST) --skip-build --filter '$(LAPACK_TESTS)'

test-abi: $(LIBRARY)
	Tests/ABI/header_test.sh
	Tests/ABI/symbols_test.sh $(BUILD)/libfacestyle.so
	Tests/ABI/layout_test.sh
	Tools/bindings --check
	Tests/ABI/programs_test.sh $(BUILD)
	Tests/ABI/abi_check_test.sh
	Tools/abi-check

test-c: $(LIBRARY) models have-pictures
	Tests/CTests/run.sh $(BUILD)

test-embedded: $(EMBEDDED) models have-pictures
	Tests/ABI/symbols_test.sh $(BUILD)/embedded/libfacestyle.so
	Tests/CTests/run.sh $(BUILD)/embedded
	Tests/Faults/run.sh $(BUILD)/embedded

# All C tests, or those that ARM64_C names, and the camera daemon's demo: some fifty times as slow as here.
EMULATOR = qemu-aarch64 -L $(abspath $(ARM64_SYSROOT))
test-arm64: all $(ARM64) $(BUILD)/arm64/facestyle-camera models have-frames
	@Tools/install-packages --missing $(EMULATOR_PACKAGES)
	Tests/ABI/symbols_test.sh $(ARM64)
	CC="$(ARM64_CC)" RUN="$(EMULATOR)" Tests/CTests/run.sh $(BUILD)/arm64 $(ARM64_C)
	RUN="$(EMULATOR)" PYTHON=$(PYTHON) examples/camera-daemon/demo $(PROGRAM) $(BUILD)/arm64/facestyle-camera $(MODELS) $(BUILD)/photos

# Both compile the library once more, and are not part of `test`.
test-firmware: $(LIBRARY) $(FIRMWARE) models
	Tests/Firmware/run.sh $(BUILD) $(BUILD)/firmware
test-firmware-arm64: $(LIBRARY) $(FIRMWARE_ARM64) models
	@Tools/install-packages --missing $(EMULATOR_PACKAGES)
	CC="$(ARM64_CC)" RUN="$(EMULATOR)" Tests/Firmware/run.sh $(BUILD) $(BUILD)/firmware-arm64

test-valgrind: $(LIBRARY) models have-pictures
	Tests/CTests/run.sh $(BUILD) --valgrind

# What is done on many threads, with every access to memory watched (ThreadSanitizer). Not part of `test`: it compiles the
# library once more.
WATCHED := $(BUILD)/threads/libfacestyle.so.$(VERSION)
$(WATCHED): $(SOURCES) | have-deps
	$(need_swift)
	swift build -c release --product facestyle --sanitize=thread --scratch-path .build-threads
	Tools/place-library .build-threads/release/libfacestyle.so $@ $(SOVERSION)
	cp .build-threads/release/libfacestyle.so $@ # with names for reports

# The tool chain's clang watches as its compiler does; on Linux that wants its dispatch library.
test-threads: $(WATCHED) models
	CC=$(CLANG) \
	    CFLAGS="-fsanitize=thread -L$(RESOURCES)/linux -Wl,-rpath,$(RESOURCES)/linux -ldispatch -lBlocksRuntime" \
	    TSAN_OPTIONS="die_after_fork=0" Tests/CTests/run.sh $(BUILD)/threads gallery store threads

# Memory, files and threads that the system refuses, one request after the other: FACESTYLE_FAULTS=0 refuses each of them.
test-faults: $(LIBRARY) models have-pictures
	Tests/Faults/run.sh $(BUILD)

# ---- Inputs that nobody thought of ----

# With every access to memory watched (AddressSanitizer), and with counters on every edge of the code, which lead libFuzzer.
FUZZED := $(BUILD)/sanitised/libfacestyle.so.$(VERSION)
$(FUZZED): $(SOURCES) | have-deps
	$(need_swift)
	swift build -c release --product facestyle --sanitize=address --scratch-path .build-fuzz \
	    -Xswiftc -sanitize-coverage=edge,inline-8bit-counters,pc-table,trace-cmp
	Tools/place-library .build-fuzz/release/libfacestyle.so $@ $(SOVERSION)
	cp .build-fuzz/release/libfacestyle.so $@ # with names for reports

# TARGET: the name of a file of Tests/Fuzz; default all, SECONDS each. CORPUS: the folder of inputs that it goes on from and adds to.
SECONDS := 3600
.PHONY: fuzz test-sanitised
fuzz: $(FUZZED) models have-pictures
	CLANG=$(CLANG) CORPUS=$(CORPUS) Tests/Fuzz/run.sh $(dir $(FUZZED)) $(SECONDS) $(TARGET)

# A gallery, a trainer and the camera daemon at full speed: what they hold must not grow. SOAKED=gallery: one alone.
MINUTES := 120
.PHONY: soak
soak: all models $(DAEMON) have-frames
	PYTHON=$(PYTHON) Tests/Soak/run.sh $(BUILD) $(shell expr $(MINUTES) \* 60) $(SOAKED)

# Not part of `test`: it compiles the library once more. The trainer's steps take too long there; what a host's process is
# limited to, AddressSanitizer does not keep.
test-sanitised: $(FUZZED) models have-pictures
	CC=$(CLANG) CFLAGS="-fsanitize=address -fuse-ld=lld" ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 FACESTYLE_QUICK=1 Tests/CTests/run.sh $(dir $(FUZZED)) $(SANITISED_C)
	CLANG=$(CLANG) Tests/Fuzz/run.sh $(dir $(FUZZED)) 10

# All numbers with each of our builds of the kernels and each of OpenBLAS's, one with another: an hour and more.
SANITISED_C := version handle struct output image frame model names detector embedder liveness analysis mark gallery store server identification tracker cost loss \
               detection differentiation expression style fast_style seeing evaluation threads
NUMERIC_C := detector embedder identification cost loss detection differentiation expression style fast_style seeing evaluation trainer
NUMERIC_PYTHON := architectures augmentation calibration colour costs detection differentiation evaluation expression faces fast_style identification \
                  losses maps networks quality seeing style style_presets tracker training vgg
test-processors: all models
	swift build --build-tests -c release --disable-xctest --scratch-path .build-tests
	Tools/each-processor all $(SWIFT_TEST) --skip-build
	Tools/each-processor all Tests/CTests/run.sh $(BUILD) $(NUMERIC_C)
	PYTHONPATH=bindings/python:examples Tools/each-processor all $(PYTHON) -m pytest -q -rs $(PYTEST_OPTIONS) \
	    $(NUMERIC_PYTHON:%=bindings/python/tests/test_%.py)

# In an empty Debian root; as root, with Debian's mirror at hand.
test-packages: deb
	Tools/install-packages --missing debootstrap lintian
	Tests/Install/packages_test.sh

# In a Debian 11; as root.
test-portable-wheel: portable-wheel
	Tests/Install/portable_wheel_test.sh

# The recipes of Yocto and Buildroot, on those of build/dist's archives that are there. YOCTO and BUILDROOT: Tests/Boards/run.sh.
BOARDS := $(BUILD)/boards-venv/.ready
$(BOARDS): Tools/requirements-boards.txt | have-deps
	/usr/bin/python3 -m venv $(BUILD)/boards-venv
	$(BUILD)/boards-venv/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

.PHONY: test-boards
test-boards: $(BOARDS)
	@CC_aarch64="$(ARM64_CC) -Qunused-arguments" CC_x86_64="$(shell command -v $(CC))" PYTHON=$(BUILD)/boards-venv/bin/python YOCTO="$(YOCTO)" BUILDROOT="$(BUILDROOT)" \
	    Tests/Boards/run.sh $(DIST)

test-install: all models have-builders
	Tests/Install/install_test.sh
	Tests/Install/wheel_test.sh

test-python: all models have-server have-pictures
	PYTHONPATH=bindings/python:examples $(PYTHON) -m pytest -q -rs $(PYTEST_OPTIONS) bindings/python/tests Tests/CLI Tests/Examples

# On a Ray of several processes, in an environment of its own: not part of `test`, whose environment it would make twice as large.
RAY := $(BUILD)/ray/.ready
$(RAY): Tools/requirements-ray.txt | have-deps
	/usr/bin/python3 -m venv $(BUILD)/ray
	$(BUILD)/ray/bin/python -m pip install --quiet --disable-pip-version-check -r $<
	@touch $@

test-ray: all models have-server $(RAY)
	PYTHONPATH=bindings/python:examples $(BUILD)/ray/bin/python -m pytest -q -rs $(PYTEST_OPTIONS) bindings/python/tests/test_ray*.py

test-daemon: all models $(DAEMON) have-frames have-server
	$(PYTHON) -m pytest -q -rs $(PYTEST_OPTIONS) Tests/Daemon

.PHONY: clean
clean:
	rm -rf .build .build-tests .build-program .build-embedded .build-arm64 .build-firmware .build-firmware-arm64 .build-threads .build-fuzz $(BUILD)
