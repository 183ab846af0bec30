import CSystem
import Kernels

#if arch(x86_64)
  import KernelsAVX2
  import KernelsAVX512
#endif

/// One build of the kernels: the single point where work is dispatched to instructions that the processor has.
struct KernelSet: @unchecked Sendable {
  let name: StaticString
  let tileRows: Int
  let tileColumns: Int
  let convolveBlock:
    (
      Window, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Bool,
      Epilogue, Int, Int, Int, Int, UnsafeMutablePointer<UnsafePointer<Float>>, UnsafeMutablePointer<Float>
    ) -> Void
  let multiplyBlock:
    (
      Int, UnsafePointer<Float>, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Bool, Epilogue,
      Int, Int, Int, Int, UnsafeMutablePointer<UnsafePointer<Float>>, UnsafeMutablePointer<Float>
    ) -> Void
  let packPanel: (Int, Int, UnsafePointer<Float>, Int, Int, Int, UnsafeMutablePointer<Float>) -> Void
  let transposeBlock: (UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int, Int, Int, Int) -> Void
}

extension KernelSet {
  static let baseline = KernelSet(
    name: "baseline", tileRows: Kernels.tileRows, tileColumns: Kernels.tileColumns,
    convolveBlock: Kernels.convolveBlock, multiplyBlock: Kernels.multiplyBlock,
    packPanel: Kernels.packPanel, transposeBlock: Kernels.transposeBlock)

  #if arch(x86_64)
    static let avx2 = KernelSet(
      name: "avx2", tileRows: KernelsAVX2.tileRows, tileColumns: KernelsAVX2.tileColumns,
      convolveBlock: KernelsAVX2.convolveBlock, multiplyBlock: KernelsAVX2.multiplyBlock,
      packPanel: KernelsAVX2.packPanel, transposeBlock: KernelsAVX2.transposeBlock)

    static let avx512 = KernelSet(
      name: "avx512", tileRows: KernelsAVX512.tileRows, tileColumns: KernelsAVX512.tileColumns,
      convolveBlock: KernelsAVX512.convolveBlock, multiplyBlock: KernelsAVX512.multiplyBlock,
      packPanel: KernelsAVX512.packPanel, transposeBlock: KernelsAVX512.transposeBlock)

    /// What this processor runs, slowest first.
    static let available: [KernelSet] = {
      switch Int(systemProcessorLevel()) {
      case Int(systemAVX512): return [baseline, avx2, avx512]
      case Int(systemAVX2): return [baseline, avx2]
      default: return [baseline]
      }
    }()
  #else
    static let available: [KernelSet] = [baseline]
  #endif

  /// The fastest available, or the one that FACESTYLE_ISA names if it is available.
  static let selected: KernelSet = {
    if let wanted = getenv("FACESTYLE_ISA") {
      for set in available where strcmp(wanted, set.cName) == 0 { return set }
    }
    return available.last ?? baseline
  }()

  var cName: UnsafePointer<CChar> { UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self) }
}

/// The name of the kernels in use, static and terminated by zero.
package var instructionSetName: UnsafePointer<CChar> { KernelSet.selected.cName }
