import CSystem

// Selects the build of the kernels: the one that FACESTYLE_ISA names, else the best, unless a program
// chooses. The choice is final from first use, because packed weights have the width of its tile.

/// The builds that this processor runs, the best last.
private let builds: [KernelSet] = {
  var builds = [KernelSet.baseline]
  #if arch(x86_64)
    let level = systemProcessorLevel()
    if level >= Int32(systemAVX2) { builds.append(.avx2) }
    #if !FIRMWARE
      if level >= Int32(systemAVX512) { builds.append(.avx512) }
    #endif
  #endif
  return builds
}()

private struct Choice {
  /// An index into `builds`.
  var build: Int
  var isInUse = false
}

nonisolated(unsafe) private var choice: Choice = {
  // An unknown or unsupported name is ignored.
  let asked = getenv("FACESTYLE_ISA").flatMap { name in builds.firstIndex { strcmp($0.cName, name) == 0 } }
  return Choice(build: asked ?? builds.count - 1)
}()
private let choiceLock: Lock = {
  let lock = Lock()
  lock.surviveFork()
  return lock
}()

/// The name of the kernels in use, or to be used; static and zero-terminated.
package var instructionSetName: UnsafePointer<CChar> { choiceLock.hold { builds[choice.build] }.cName }

/// - Parameter name: nil for the best.
/// - Throws: `.invalidArgument` for a build that this processor does not run, or if another is already in
///   use.
package func chooseInstructionSet(_ name: String?) throws(Failure) {
  var selection = builds.count - 1
  if let name {
    guard let named = builds.firstIndex(where: { strcmp($0.cName, name) == 0 }) else {
      throw .invalidArgument(
        "instruction set \"\(name)\"; expected one that this processor runs: \(names(of: builds))")
    }
    selection = named
  }
  try choiceLock.hold { () throws(Failure) in
    guard selection == choice.build || !choice.isInUse else {
      throw .invalidArgument(
        "instruction set \(names(of: [builds[selection]])) while \(names(of: [builds[choice.build]])) is in use;"
          + " expected a choice before the first model")
    }
    choice.build = selection
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
