import CSystem

/// OpenBLAS: products of Doubles and factors of matrices, where they are large. Small ones are made by loops
/// of our own.
///
/// It has habits that would reach into the host's process, so every call goes through `call`.
/// - Linked, its 60 KB of thread-local memory would lie on the stack of every thread of the process, and it
///   starts a thread for each processor when it is loaded; where the system grants no more threads it ends
///   the process then. So it is loaded when it is first needed, by a thread that sees one processor: it
///   starts none. A host that uses OpenBLAS itself has loaded it before, or asks for threads by
///   openblas_set_num_threads.
/// - A call borrows a buffer of addresses, and where there are none it asks for it again and again, for ever.
///   So there is one call at a time, and before the first one the buffer is known to be there. OpenBLAS keeps
///   it.
/// - Its threads' shares of a sum depend on their number. So a call has one thread: the same bits whatever
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
  /// LAPACK's dsyevd and dgesdd; last are the lengths of the letters.
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

  /// - Throws: `.noMemory` where its buffer does not fit, `.io` where it is not to be loaded.
  static func call<Result>(_ body: (OpenBLAS) -> Result) throws(Failure) -> Result {
    pthread_mutex_lock(gate)
    defer { pthread_mutex_unlock(gate) }
    let library = try ready()
    // Its other users in this process have their own number.
    let threads = library.threads()
    if threads != 1 { library.setThreads(1) }
    defer { if threads != 1 { library.setThreads(threads) } }
    return body(library)
  }

  /// What it says of itself, "OpenBLAS 0.3.21 ... Haswell MAX_THREADS=64", and the processor that it takes
  /// this one for.
  package static func description() throws(Failure) -> (configuration: String, core: String) {
    try call { library in
      (
        library.configuration().map { String(cString: $0) } ?? "",
        library.core().map { String(cString: $0) } ?? ""
      )
    }
  }

  // MARK: Loading

  /// One call at a time. A forked child begins anew: the call of another thread of its parent never ends
  /// there.
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

  /// Addresses: of the buffer (up to 256 MB, as it was built), and of the library with its own libraries.
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
      throw .io(
        "this needs OpenBLAS (Debian: libopenblas0), which is not to be loaded here: \(loading.reason)")
    }
    return try OpenBLAS(library)
  }

  /// Makes a product that is too large to do without the buffer.
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

  /// A thread that loads the library and ends.
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
      library = LoadedLibrary(["libopenblas.so.0", "libopenblas.so"])
      if library == nil { reason = systemLoadError().map { String(cString: $0) } ?? "" }
    }
  }
}
