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

/// `count` readable elements; may be NULL if `count` is 0.
func buffer<Element>(
  _ pointer: UnsafePointer<Element>?, _ count: Int, _ name: StaticString
) throws(Failure) -> UnsafeBufferPointer<Element> {
  try checkCount(count, MemoryLayout<Element>.stride, name)
  guard pointer != nil || count == 0 else {
    throw .invalidArgument("\(name) is NULL; expected \(count) elements")
  }
  return UnsafeBufferPointer(start: pointer, count: count)
}

func bytes(
  _ pointer: UnsafeRawPointer?, _ count: Int, _ name: StaticString
) throws(Failure) -> UnsafeRawBufferPointer {
  try checkCount(count, 1, name)
  guard pointer != nil || count == 0 else {
    throw .invalidArgument("\(name) is NULL; expected \(count) bytes")
  }
  return UnsafeRawBufferPointer(start: pointer, count: count)
}

/// The same, with checked access to every element.
func withBytes<Result>(
  _ pointer: UnsafeRawPointer?, _ count: Int, _ body: (Span<UInt8>) throws(Failure) -> Result
) throws(Failure) -> Result {
  try body(buffer(pointer?.assumingMemoryBound(to: UInt8.self), count, "bytes").span)
}

/// Room for at least `needed` elements.
func output<Element>(
  _ pointer: UnsafeMutablePointer<Element>?, capacity: Int, needed: Int, _ name: StaticString
) throws(Failure) -> UnsafeMutablePointer<Element> {
  let pointer = try required(pointer, name)
  try checkCount(capacity, MemoryLayout<Element>.stride, name)
  guard capacity >= needed else {
    throw .invalidArgument("\(name) has room for \(capacity); expected \(needed)")
  }
  return pointer
}

// A size_t beyond half the address space appears as a negative number.
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
      throw .invalidArgument(
        "\(name) with a side of \(UInt(bitPattern: factor)); expected at least 1 and a product that memory can hold"
      )
    }
    product = next
  }
  return product
}

/// A caller's path: any bytes, in the system's form.
func pathText(_ pointer: UnsafePointer<CChar>?, _ name: StaticString) throws(Failure) -> String {
  pathText(try bounded(pointer, name, limit: 4096))
}

/// A caller's text: UTF-8, at most `limit` bytes.
func text(_ pointer: UnsafePointer<CChar>?, _ name: StaticString, limit: Int = 4096) throws(Failure) -> String
{
  let pointer = try bounded(pointer, name, limit: limit)
  guard let text = String(validatingCString: pointer) else { throw .invalidArgument("\(name) is not UTF-8") }
  return text
}

private func bounded(
  _ pointer: UnsafePointer<CChar>?, _ name: StaticString, limit: Int
) throws(Failure) -> UnsafePointer<CChar> {
  let pointer = try required(pointer, name)
  let count = strnlen(pointer, limit + 1)
  guard count >= 1, count <= limit else {
    throw .invalidArgument(
      "\(name) has \(count > limit ? "more than \(limit)" : "0") bytes; expected 1 to \(limit)")
  }
  return pointer
}

/// A caller's struct that begins with its size, and grows only at its end. A caller may know a shorter or
/// longer version than the library: only the part that both know is read and written.
protocol SizedStruct {
  init()
  var size: Int { get set }
  /// The value that its _init function writes, and that NULL stands for; for results, zeros.
  static var standard: Self { get }
  /// Its size in its first version.
  static var minSize: Int { get }
}

extension SizedStruct {
  /// Zeros, with the size set.
  static var sized: Self {
    var zeros = Self()
    zeros.size = MemoryLayout<Self>.size
    return zeros
  }

  static var standard: Self { sized }

  // All date from version 0.1: a struct that grows keeps this number.
  static var minSize: Int { MemoryLayout<Self>.size }
}

/// The known part of a caller's struct, the rest from the standard one.
func known<Options: SizedStruct>(
  _ pointer: UnsafePointer<Options>?, _ name: StaticString = "options"
) throws(Failure) -> Options {
  guard let pointer else { return .standard }
  let size = try size(UnsafeRawPointer(pointer), minSize: Options.minSize, name)
  var options = Options.standard
  withUnsafeMutableBytes(of: &options) { target in
    target.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(size, target.count)))
  }
  return options
}

/// Writes defaults into a caller's struct of `size` bytes.
func initialise<Options: SizedStruct>(
  _ pointer: UnsafeMutablePointer<Options>?, _ size: Int, to defaults: Options = .standard,
  _ name: StaticString = "options"
) throws(Failure) {
  let target = UnsafeMutableRawPointer(try required(pointer, name))
  guard size >= Options.minSize, size <= 1 << 16 else {
    throw .invalidArgument("\(name) of \(UInt(bitPattern: size)) bytes; expected at least \(Options.minSize)")
  }
  write(defaults, to: target, size)
}

/// Writes results to a caller's struct that begins with its size.
func fill<Answer: SizedStruct>(
  _ pointer: UnsafeMutablePointer<Answer>?, with answer: Answer, _ name: StaticString
) throws(Failure) {
  let target = UnsafeMutableRawPointer(try required(pointer, name))
  write(answer, to: target, try size(UnsafeRawPointer(target), minSize: Answer.minSize, name))
}

/// Checks for room before any work, so that a failure changes nothing. May be NULL.
func checkRoom<Answer: SizedStruct>(
  _ pointer: UnsafeMutablePointer<Answer>?, _ name: StaticString
) throws(Failure) {
  if let pointer { _ = try size(UnsafeRawPointer(pointer), minSize: Answer.minSize, name) }
}

private func size(_ pointer: UnsafeRawPointer, minSize: Int, _ name: StaticString) throws(Failure) -> Int {
  let size = pointer.loadUnaligned(as: Int.self)
  guard size >= minSize, size <= 1 << 16 else {
    throw .invalidArgument(
      "\(name)->size is \(UInt(bitPattern: size)); expected at least \(minSize): call its _options_init or set it to sizeof"
    )
  }
  return size
}

/// Writes the part that both know; `size` then holds its length.
private func write<Value>(_ value: Value, to target: UnsafeMutableRawPointer, _ size: Int) {
  let known = min(size, MemoryLayout<Value>.size)
  withUnsafeBytes(of: value) { source in
    target.copyMemory(from: source.baseAddress ?? UnsafeRawPointer(target), byteCount: known)
  }
  target.storeBytes(of: known, as: Int.self)
}
