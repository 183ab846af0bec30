// swift-tools-version:6.1
import PackageDescription

#if arch(arm64)
  let isHostArm = true
#else
  let isHostArm = false
#endif

// Two builds come from this manifest. The ordinary one carries the Swift runtime inside the library.
// The embedded one has no Swift runtime at all: the Makefile sets FACESTYLE_EMBEDDED to the tool chain's
// folder of embedded libraries, which is named for the processor, and then only what firmware needs is built.
let embeddedLibraries = Context.environment["FACESTYLE_EMBEDDED"]
let isEmbedded = embeddedLibraries != nil
let isForArm = embeddedLibraries?.contains("aarch64") ?? isHostArm
let root = Context.packageDirectory
/// The Makefile's folder of what it builds.
let built = Context.environment["FACESTYLE_BUILD"] ?? "build"

/// Headers and libraries of the system that the library is for, if that is not this one: Tools/arm64-sysroot.
let sysroot = Context.environment["FACESTYLE_SYSROOT"]

/// What the compiler of C, which knows the processor alone, is told of that system.
let cross =
  sysroot.map { root in
    [
      "--sysroot=\(root)", "-isystem", "\(root)/usr/include/aarch64-linux-gnu",
      "-isystem", "\(root)/usr/include", "-D__linux__=1", "-fPIC"
    ].flatMap { ["-Xcc", $0] }
  } ?? []

/// And the linker.
let crossLink =
  sysroot.map { ["-Xclang-linker", "--target=aarch64-linux-gnu", "-Xclang-linker", "--sysroot=\($0)"] } ?? []

/// Only detection, recognition and galleries in memory, for boards with few megabytes: what
/// Sources/firmware.map names, and what that needs.
let isFirmware = Context.environment["FACESTYLE_FIRMWARE"] != nil

let common: [SwiftSetting] =
  isEmbedded
  ? [
    .enableExperimentalFeature("Embedded"),
    // Embedded modules define the constant lists of a function as a symbol each, numbered in the order in
    // which the module met them: of two that were numbered differently the linker kept one (Swift 6.3). The
    // pass that makes symbols of them is left out; the Makefile looks for what it would have made.
    // Each module compiles the functions of others that it may call once more, kernels too: in sections of
    // their own the linker drops those that nothing calls.
    .unsafeFlags(["-wmo", "-Xllvm", "-sil-disable-pass=object-outliner", "-Xfrontend", "-function-sections"]),
    .unsafeFlags(cross),
    .unsafeFlags(isFirmware ? ["-Osize", "-DFIRMWARE"] : []),
    // Tools/ld-data-sections parts globals, which Arm's compiler would merge.
    .unsafeFlags(isFirmware && isForArm ? ["-Xllvm", "-aarch64-enable-global-merge=false"] : [])
  ]
  : [
    // Modules that would be linked without being used.
    .unsafeFlags([
      "-Xfrontend", "-disable-implicit-concurrency-module-import",
      "-Xfrontend", "-disable-implicit-string-processing-module-import"
    ])
  ]

/// For rooms whose time goes by in other rooms' loops.
let small = common + [.unsafeFlags(["-Osize"])]

/// The door also without a copy of `boundary` for each of its functions.
let door = small + [.unsafeFlags(["-Xllvm", "-sil-disable-pass=closure-specialize"])]

/// The kernels are compiled once for each instruction set. The folders KernelsAVX2, KernelsAVX512 and, for a
/// search alone, KernelsVNNI hold symbolic links to the files of Kernels; `-Ounchecked` is for these targets
/// alone, whose every index comes from shapes checked above them.
func kernels(_ defines: [String], _ flags: [String] = []) -> [SwiftSetting] {
  common + defines.map { .define($0) } + [.unsafeFlags(["-Ounchecked", "-wmo"] + flags)]
}

let link: [LinkerSetting] = [
  .unsafeFlags(
    (isEmbedded ? ["\(embeddedLibraries ?? "")/libswiftUnicodeDataTables.a", "-lm"] : ["-static-stdlib"]) + [
      "-use-ld=lld",
      "-Xlinker", "--gc-sections", "-Xlinker", "--icf=all", "-Xlinker", "-O2",
      "-Xlinker", "--version-script=\(root)/Sources/\(isFirmware ? "firmware" : "exports").map",
      "-Xlinker", "-soname=libfacestyle.so.0",
      // Its idle threads would run on in unmapped code.
      "-Xlinker", "-z", "-Xlinker", "nodelete"
    ] + crossLink
      // Nothing of what firmware has may need a library of codecs or databases: here they would be undefined.
      + (isFirmware
        ? ["-Xclang-linker", "--ld-path=\(root)/Tools/ld-data-sections", "-Xlinker", "-z", "-Xlinker", "defs"]
        : []))
]

/// Sent to Tensors/Host/Reserve.swift, those of the Swift runtime included.
let reserved: [LinkerSetting] = [
  .unsafeFlags(
    [
      "malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "free", "malloc_usable_size",
      "strdup"
    ].flatMap { ["-Xlinker", "--wrap=\($0)"] }
      // CSystem/runtime.h has the reason.
      + (isEmbedded
        ? [
          "-Xlinker", "--defsym=swift_deallocPartialClassInstance=facestyle_free_unfinished",
          "-Xlinker", "--defsym=arc4random_buf=facestyle_random_bytes"
        ] : []))
]

let codecs: [LinkerSetting] =
  isFirmware
  ? []
  : [.linkedLibrary("turbojpeg"), .linkedLibrary("png16"), .linkedLibrary("z"), .linkedLibrary("lcms2")]

let rooms: [Target] = [
  .systemLibrary(name: "CFaceStyle", path: "include"),
  .systemLibrary(name: "CSystem"),
  .systemLibrary(name: "CReserve"),
  .systemLibrary(name: "CCodecs"),
  .systemLibrary(name: "CSQLite"),
  .target(name: "Kernels", dependencies: ["CSystem"], swiftSettings: kernels([]))
]

let avx2Room: Target = .target(
  name: "KernelsAVX2", dependencies: ["CSystem"],
  swiftSettings: kernels(["FMA", "VECTOR8"], ["-Xcc", "-march=x86-64-v3"]))

/// Boards with AVX-512 are servers.
let vectorRooms: [Target] =
  isForArm
  ? []
  : isFirmware
    ? [avx2Room]
    : [
      avx2Room,
      .target(
        name: "KernelsAVX512", dependencies: ["CSystem"],
        swiftSettings: kernels(
          ["FMA", "VECTOR16", "REGISTERS32"],
          ["-Xcc", "-march=x86-64-v4", "-Xcc", "-mprefer-vector-width=512"])),
      .target(
        name: "KernelsVNNI", dependencies: ["CSystem"],
        swiftSettings: kernels(
          ["FMA", "VECTOR16", "REGISTERS32", "VNNI"],
          ["-Xcc", "-march=x86-64-v4", "-Xcc", "-mavx512vnni", "-Xcc", "-mprefer-vector-width=512"]))
    ]

let library: [Target] = [
  .target(
    name: "Tensors",
    dependencies: ["CSystem", "CReserve", "Kernels"] + vectorRooms.map { .target(name: $0.name) },
    swiftSettings: common, linkerSettings: [.linkedLibrary("m")] + reserved),
  .target(
    name: "Images", dependencies: ["CSystem", "CCodecs", "Tensors"], swiftSettings: common,
    linkerSettings: codecs),
  .target(name: "Networks", dependencies: ["CSystem", "Tensors"], swiftSettings: common),
  .target(name: "Faces", dependencies: ["Images", "Networks", "Tensors", "CSystem"], swiftSettings: common),
  .target(
    name: "Galleries", dependencies: ["Networks", "Tensors", "CSystem", "CSQLite"], swiftSettings: small,
    linkerSettings: isFirmware ? [] : [.linkedLibrary("sqlite3")]),
  .target(name: "Statistics", dependencies: ["Tensors", "CSystem"], swiftSettings: common),
  .target(name: "Styles", dependencies: ["Images", "Networks", "Tensors", "CSystem"], swiftSettings: common),
  .target(name: "Features", dependencies: ["Images", "Networks", "Tensors"], swiftSettings: common),
  .target(
    name: "SelfTest", dependencies: ["Images", "Networks", "Styles", "Tensors", "CSystem"],
    swiftSettings: common),
  .target(
    name: "CInterface",
    dependencies: [
      "CFaceStyle", "CSystem", "Tensors", "Images", "Networks", "Faces", "Galleries", "Statistics", "Styles",
      "Features", "SelfTest"
    ],
    swiftSettings: door, linkerSettings: link)
]

let tests: [Target] = [
  .target(
    name: "TestSupport", dependencies: ["Images", "Networks", "Styles", "Tensors"], path: "Tests/TestSupport"),
  .testTarget(
    name: "TensorsTests",
    dependencies: ["Tensors", "TestSupport", "CSystem", "Kernels"]
      + vectorRooms.map { .target(name: $0.name) }),
  .testTarget(name: "ImagesTests", dependencies: ["Images", "Tensors", "TestSupport"]),
  .testTarget(name: "NetworksTests", dependencies: ["Networks", "Tensors", "TestSupport", "CSystem"]),
  .testTarget(name: "FacesTests", dependencies: ["Faces", "Images", "Networks", "Tensors", "TestSupport"]),
  .testTarget(name: "GalleriesTests", dependencies: ["Galleries", "Networks", "Tensors", "TestSupport"]),
  .testTarget(name: "StatisticsTests", dependencies: ["Statistics", "Tensors", "TestSupport"]),
  .testTarget(
    name: "CInterfaceTests",
    dependencies: ["CFaceStyle", "CSystem", "Tensors", "Images", "Networks", "Faces", "Galleries", "Styles"]),
  .testTarget(
    name: "FeaturesTests", dependencies: ["Features", "Images", "Networks", "Tensors", "TestSupport"]),
  .testTarget(
    name: "SelfTestTests",
    dependencies: ["SelfTest", "Images", "Networks", "Styles", "Tensors", "TestSupport"]),
  .testTarget(name: "StylesTests", dependencies: ["Styles", "Images", "Networks", "Tensors", "TestSupport"])
]

// The program is a client of the C interface like any other: it sees the header and the built library alone.
let program: Target = .executableTarget(
  name: "Program",
  dependencies: ["CFaceStyle", .product(name: "ArgumentParser", package: "swift-argument-parser")],
  linkerSettings: [
    // By its path: beside the program SwiftPM may have a library of the same name from an earlier build.
    .unsafeFlags([
      "-Xlinker", "\(root)/\(built)/libfacestyle.so", "-Xlinker", "-rpath", "-Xlinker", "$ORIGIN/../lib"
    ])
  ])

// Not in the library's face: measures the rooms as they are.
let bench: Target = .executableTarget(
  name: "Bench",
  dependencies: ["Tensors", "Images", "Networks", "Faces", "Galleries", "Statistics", "Styles", "CSystem"])

let package = Package(
  name: "facestyle",
  // A product's name may be taken once only: the library has it, and the Makefile gives the program its own.
  products: [.library(name: "facestyle", type: .dynamic, targets: ["CInterface"])]
    + (isEmbedded
      ? []
      : [
        .executable(name: "facestyle-program", targets: ["Program"]),
        .executable(name: "facestyle-bench", targets: ["Bench"])
      ]),
  dependencies: isEmbedded
    ? [] : [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
  targets: rooms + vectorRooms + library + (isEmbedded ? [] : tests + [program, bench])
)
