import CFaceStyle
import CSystem
import Tensors

/// A pointer that must not be NULL.
func required<Pointee>(
  _ pointer: UnsafeMutablePointer<Pointee>?, _ name: StaticString
) throws(Failure) -> UnsafeMutablePointer<Pointee> {
  guard let pointer else { throw .invalidArgument("\(name) is NULL") }
  return pointer
}

func required<Pointee>(
  _ pointer: UnsafePointer<Pointee>?, _ name: StaticString
) throws(Failure) -> UnsafePointer<Pointee> {
  guard let pointer else { throw .invalidArgument("\(name) is NULL") }
  return pointer
}

/// `count` readable elements; NULL is fine for none.
func buffer<Element>(
  _ pointer: UnsafePointer<Element>?, _ count: Int, _ name: StaticString
) throws(Failure) -> UnsafeBufferPointer<Element> {
  try checkCount(count, MemoryLayout<Element>.stride, name)
  guard pointer != nil || count == 0 else { throw .invalidArgument("\(name) is NULL, wanted \(count) elements") }
  return UnsafeBufferPointer(start: pointer, count: count)
}

func bytes(
  _ pointer: UnsafeRawPointer?, _ count: Int, _ name: StaticString
) throws(Failure) -> UnsafeRawBufferPointer {
  try checkCount(count, 1, name)
  guard pointer != nil || count == 0 else { throw .invalidArgument("\(name) is NULL, wanted \(count) bytes") }
  return UnsafeRawBufferPointer(start: pointer, count: count)
}

/// Room for at least `needed` elements.
func output<Element>(
  _ pointer: UnsafeMutablePointer<Element>?, capacity: Int, needed: Int, _ name: StaticString
) throws(Failure) -> UnsafeMutablePointer<Element> {
  let pointer = try required(pointer, name)
  try checkCount(capacity, MemoryLayout<Element>.stride, name)
  guard capacity >= needed else { throw .invalidArgument("\(name) has room for \(capacity), wanted \(needed)") }
  return pointer
}

// A size_t beyond half the address space arrives as a negative number.
private func checkCount(_ count: Int, _ size: Int, _ name: StaticString) throws(Failure) {
  guard count >= 0, count <= Int.max / size else {
    throw .invalidArgument("\(UInt(bitPattern: count)) elements of \(name), more than memory can hold")
  }
}

/// A product of a caller's numbers, each at least 1.
func product(_ factors: Int..., name: StaticString) throws(Failure) -> Int {
  var product = 1
  for factor in factors {
    let (next, overflow) = product.multipliedReportingOverflow(by: factor)
    guard factor >= 1, !overflow, next <= Int.max / 16 else {
      throw .invalidArgument("\(name) with a side of \(UInt(bitPattern: factor)), wanted at least 1 and a product that memory can hold")
    }
    product = next
  }
  return product
}

/// A caller's text: UTF-8, at most `limit` bytes.
func text(_ pointer: UnsafePointer<CChar>?, _ name: StaticString, limit: Int = 4096) throws(Failure) -> String {
  let pointer = try required(pointer, name)
  let count = strnlen(pointer, limit + 1)
  guard count >= 1, count <= limit else {
    throw .invalidArgument("\(name) has \(count > limit ? "more than \(limit)" : "0") bytes, wanted 1 to \(limit)")
  }
  guard let text = String(validatingCString: pointer) else { throw .invalidArgument("\(name) is not UTF-8") }
  return text
}

/// A caller's struct that begins with its size, and grows only at its end.
protocol SizedStruct {
  /// What its _init function writes, and what NULL stands for.
  static var standard: Self { get }
  /// Its size in the first version that had it.
  static var least: Int { get }
}

extension SizedStruct {
  // All are version 0.1's: a struct that grows keeps its number.
  static var least: Int { MemoryLayout<Self>.size }
}

/// The known part of a caller's struct, over the standard one.
func known<Options: SizedStruct>(
  _ pointer: UnsafePointer<Options>?, _ name: StaticString = "options"
) throws(Failure) -> Options {
  try prefixed(pointer, defaults: .standard, least: Options.least, name)
}

/// Writes the standard into a caller's struct of `size` bytes.
func initialise<Options: SizedStruct>(
  _ pointer: UnsafeMutablePointer<Options>?, _ size: Int, _ name: StaticString = "options"
) throws(Failure) {
  try initialise(pointer, size, defaults: .standard, least: Options.least, name)
}

/// A caller's struct that begins with its size: the known part of it over `defaults`.
/// - Parameter least: its size in the first version that had it.
func prefixed<Options>(
  _ pointer: UnsafePointer<Options>?, defaults: Options, least: Int, _ name: StaticString
) throws(Failure) -> Options {
  guard let pointer else { return defaults }
  let size = UnsafeRawPointer(pointer).loadUnaligned(as: Int.self)
  guard size >= least, size <= 1 << 16 else {
    throw .invalidArgument("\(name)->size is \(UInt(bitPattern: size)), wanted at least \(least): call its _options_init or set it to sizeof")
  }
  var options = defaults
  withUnsafeMutableBytes(of: &options) { target in
    target.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, target.count)))
  }
  return options
}

/// Writes defaults into a caller's struct of `size` bytes: what this version does not know becomes zero.
func initialise<Options>(
  _ pointer: UnsafeMutablePointer<Options>?, _ size: Int, defaults: Options, least: Int, _ name: StaticString
) throws(Failure) {
  let target = UnsafeMutableRawPointer(try required(pointer, name))
  guard size >= least, size <= 1 << 16 else {
    throw .invalidArgument("\(name) of \(UInt(bitPattern: size)) bytes, wanted at least \(least)")
  }
  memset(target, 0, size)
  withUnsafeBytes(of: defaults) { source in
    target.copyMemory(from: source.baseAddress ?? UnsafeRawPointer(target), byteCount: min(size, source.count))
  }
  target.storeBytes(of: size, as: Int.self)
}

/// Answers into a caller's struct that begins with its size: as much of `answer` as the caller knows.
func fill<Answer>(
  _ pointer: UnsafeMutablePointer<Answer>?, with answer: Answer, least: Int, _ name: StaticString
) throws(Failure) {
  let target = UnsafeMutableRawPointer(try required(pointer, name))
  let size = target.loadUnaligned(as: Int.self)
  guard size >= least, size <= 1 << 16 else {
    throw .invalidArgument("\(name)->size is \(UInt(bitPattern: size)), wanted at least \(least): set it to sizeof")
  }
  withUnsafeBytes(of: answer) { source in
    target.copyMemory(from: source.baseAddress ?? UnsafeRawPointer(target), byteCount: min(size, source.count))
  }
  target.storeBytes(of: size, as: Int.self)
}
