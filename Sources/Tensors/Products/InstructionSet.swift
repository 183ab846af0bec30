import CSystem

// Which build of the kernels runs: the one that FACESTYLE_ISA names, else the best, until a program chooses.
// The choice is final from the first use on, because weights are packed as wide as its tile.

/// The builds that this processor runs, the best last.
private let builds: [KernelSet] = {
  var builds = [KernelSet.baseline]
  #if arch(x86_64)
    let level = systemProcessorLevel()
    if level >= Int32(systemAVX2) { builds.append(.avx2) }
    if level >= Int32(systemAVX512) { builds.append(.avx512) }
  #endif
  return builds
}()

private struct Choice {
  /// A place in `builds`.
  var build: Int
  var isInUse = false
}

nonisolated(unsafe) private var choice: Choice = {
  // A name that is unknown or not supported by this processor is ignored.
  let asked = getenv("FACESTYLE_ISA").flatMap { name in builds.firstIndex { strcmp($0.cName, name) == 0 } }
  return Choice(build: asked ?? builds.count - 1)
}()
private let choiceLock: Lock = {
  let lock = Lock()
  lock.surviveFork()
  return lock
}()

/// The name of the kernels in use, or to be used; static and terminated by zero.
package var instructionSetName: UnsafePointer<CChar> { choiceLock.hold { builds[choice.build] }.cName }

/// - Parameter name: nil for the best.
/// - Throws: `.invalidArgument` for a build that this processor does not run, and if another is already in
///   use.
package func chooseInstructionSet(_ name: String?) throws(Failure) {
  var wanted = builds.count - 1
  if let name {
    guard let named = builds.firstIndex(where: { strcmp($0.cName, name) == 0 }) else {
      throw .invalidArgument(
        "instruction set \"\(name)\"; expected one that this processor runs: \(names(of: builds))")
    }
    wanted = named
  }
  try choiceLock.hold { () throws(Failure) in
    guard wanted == choice.build || !choice.isInUse else {
      throw .invalidArgument(
        "instruction set \(names(of: [builds[wanted]])) while \(names(of: [builds[choice.build]])) is in use;"
          + " expected a choice before the first model")
    }
    choice.build = wanted
  }
}

func settleInstructionSet() -> KernelSet {
  choiceLock.hold {
    choice.isInUse = true
    return builds[choice.build]
  }
}

private func names(of builds: [KernelSet]) -> String {
  var text = ""
  for build in builds { text += (text.isEmpty ? "" : ", ") + String(cString: build.cName) }
  return text
}
