import CSystem

/// OpenBLAS: products of Doubles and matrix factorisations, where they are large. Our own loops do the small
/// ones.
///
/// OpenBLAS has side effects on the host's process, so every call goes through `call`.
/// - If it were linked, its 60 KB of thread-local memory would lie on the stack of every thread of the
///   process, and it would start a thread per processor when loaded; if the system grants no more threads it
///   ends the process then. So it is loaded on first use, by a thread that sees one processor: it then starts
///   none. A host that uses OpenBLAS itself has loaded it before, or requests threads by
///   openblas_set_num_threads.
/// - A call borrows a buffer of address space, and if there is none, retries for ever. So calls are made one
///   at a time, and before the first one the buffer is known to fit. OpenBLAS keeps it.
/// - How it splits a sum depends on its number of threads. So a call uses one thread: the same bits whatever
///   `fs_threads_set` says.
package struct OpenBLAS {
  typealias Numbers = UnsafeMutablePointer<Double>
  typealias Integer = UnsafePointer<Int32>
  typealias Integers = UnsafeMutablePointer<Int32>
  typealias Letter = UnsafePointer<CChar>

  enum Order { static let rows: Int32 = 101 }
  enum Transposed { static let no: Int32 = 111, yes: Int32 = 112 }

  let product:
    @convention(c) (
      Int32, Int32, Int32, Int32, Int32, Int32, Double, UnsafePointer<Double>, Int32, UnsafePointer<Double>,
      Int32, Double,
      Numbers, Int32
    ) -> Void
  /// LAPACK's dsyevd and dgesdd; the last arguments are the lengths of the letters.
  let eigenvectors:
    @convention(c) (
      Letter, Letter, Integer, Numbers, Integer, Numbers, Numbers, Integer, Integers, Integer, Integers, Int,
      Int
    ) -> Void
  let singularValues:
    @convention(c) (
      Letter, Integer, Integer, Numbers, Integer, Numbers, Numbers, Integer, Numbers, Integer, Numbers,
      Integer, Integers,
      Integers, Int
    ) -> Void
  private let threads: @convention(c) () -> Int32
  private let setThreads: @convention(c) (Int32) -> Void
  private let core: @convention(c) () -> UnsafePointer<CChar>?
  private let configuration: @convention(c) () -> UnsafePointer<CChar>?

  private init(_ library: LoadedLibrary) throws(Failure) {
    product = try library.function("cblas_dgemm")
    eigenvectors = try library.function("dsyevd_")
    singularValues = try library.function("dgesdd_")
    threads = try library.function("openblas_get_num_threads")
    setThreads = try library.function("openblas_set_num_threads")
    core = try library.function("openblas_get_corename")
    configuration = try library.function("openblas_get_config")
  }

  /// - Throws: `.noMemory` if its buffer does not fit, `.io` if it cannot be loaded.
  static func call<Result>(_ body: (OpenBLAS) -> Result) throws(Failure) -> Result {
    pthread_mutex_lock(gate)
    defer { pthread_mutex_unlock(gate) }
    let library = try ready()
    // Other users of OpenBLAS in this process have their own number of threads.
    let threads = library.threads()
    if threads != 1 { library.setThreads(1) }
    defer { if threads != 1 { library.setThreads(threads) } }
    return body(library)
  }

  /// OpenBLAS's description of itself, "OpenBLAS 0.3.21 ... Haswell MAX_THREADS=64", and of this processor.
  package static func description() throws(Failure) -> (configuration: String, core: String) {
    try call { library in
      (
        library.configuration().map { String(cString: $0) } ?? "",
        library.core().map { String(cString: $0) } ?? ""
      )
    }
  }

  // MARK: Loading

  package static var optional: OptionalLibrary {
    OptionalLibrary(
      "OpenBLAS", neededBy: "t-SNE, a universal style or a cost of style",
      files: ["libopenblas.so.0", "libopenblas.so"], debianPackage: "libopenblas0"
    ) { () throws(Failure) in
      let (configuration, core) = try description()
      // "OpenBLAS 0.3.21 ..."
      let words = configuration.utf8.split(separator: UInt8(ascii: " "))
      return "\(words.count > 1 ? String(decoding: words[1], as: UTF8.self) : configuration), core \(core)"
    }
  }

  /// Serialises calls. A forked child starts afresh: a call that another thread of its parent had begun never
  /// ends there.
  nonisolated(unsafe) private static let gate: UnsafeMutablePointer<pthread_mutex_t> = {
    let gate = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    pthread_mutex_init(gate, nil)
    pthread_atfork(nil, nil) { OpenBLAS.beginAnew() }
    return gate
  }()
  nonisolated(unsafe) private static var loaded: OpenBLAS?
  nonisolated(unsafe) private static var hasBuffer = false

  private static func beginAnew() {
    pthread_mutex_init(gate, nil)
    hasBuffer = false
  }

  /// Address space of the buffer (up to 256 MB, depending on the build), and of the library with its
  /// dependencies.
  private static let bufferSize = 256 << 20, librarySize = 64 << 20, slack = 16 << 20

  private static func ready() throws(Failure) -> OpenBLAS {
    let library: OpenBLAS
    if let loaded { library = loaded } else { library = try load() }
    loaded = library
    if !hasBuffer {
      try warm(library)
      hasBuffer = true
    }
    return library
  }

  private static func load() throws(Failure) -> OpenBLAS {
    try checkAddresses(bufferSize + librarySize + slack)
    let loading = Loading()
    loading.run()
    guard let library = loading.library else {
      throw optional.missing(loading.reason)
    }
    return try OpenBLAS(library)
  }

  /// Computes a product that is large enough to need the buffer.
  private static func warm(_ library: OpenBLAS) throws(Failure) {
    let side = 256, n = Int32(side)
    let numbers = try Storage<Double>(repeating: 0, count: side * side)
    let x = numbers.pointer
    let isThere = Memory.withoutOthers {
      guard systemHasAddresses(bufferSize + slack) != 0 else { return false }
      let threads = library.threads()
      library.setThreads(1)
      library.product(
        Order.rows, Transposed.no, Transposed.no, n, n, n, 1, x, n, x, n, 1, x, n)
      library.setThreads(threads)
      return true
    }
    withExtendedLifetime(numbers) {}
    guard isThere else { throw lacking(bufferSize + slack) }
  }

  private static func checkAddresses(_ byteCount: Int) throws(Failure) {
    guard systemHasAddresses(byteCount) != 0 else { throw lacking(byteCount) }
  }

  private static func lacking(_ byteCount: Int) -> Failure {
    .noMemory("OpenBLAS needs \(byteCount >> 20) MB of addresses, more than the system gives this process")
  }

  /// Loads the library in a thread that ends afterwards.
  private final class Loading {
    private(set) var library: LoadedLibrary?
    private(set) var reason = ""

    func run() {
      var thread = pthread_t()
      let code = pthread_create(
        &thread, nil,
        { loading in
          if let loading { Unmanaged<Loading>.fromOpaque(loading).takeUnretainedValue().load() }
          return nil
        }, Unmanaged.passUnretained(self).toOpaque())
      if code == 0 { pthread_join(thread, nil) } else { reason = "the system gives no more threads" }
    }

    private func load() {
      systemUseStandardFloats()
      systemKeepToOneProcessor()
      do throws(Failure) { library = try OpenBLAS.optional.load() } catch {
        reason = systemLoadError().map { String(cString: $0) } ?? ""
      }
    }
  }
}
