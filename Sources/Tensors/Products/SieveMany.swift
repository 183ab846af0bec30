import CSystem
import Kernels

#if arch(x86_64)
  import KernelsAVX2
  #if !FIRMWARE
    import KernelsAVX512
    import KernelsVNNI
  #endif
#endif

/// The kernels of the sieve for many queries. AVX-512 has two builds of them: processors with VNNI multiply
/// bytes twice as fast.
struct SieveMany: @unchecked Sendable {
  let shape: SieveShape
  let spreadBlock: (Sieve, Int, Int, Int, UnsafeMutableRawPointer) -> Void
  let block:
    (
      Sieve, Int, Int, UnsafeRawPointer, Int, UnsafeRawPointer, UnsafePointer<Int32>, Int,
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Int32>
    ) -> Int

  static let baseline = SieveMany(
    shape: Kernels.sieveShape, spreadBlock: Kernels.spreadBlock, block: Kernels.sieveManyBlock)

  #if arch(x86_64)
    static let avx2 = SieveMany(
      shape: KernelsAVX2.sieveShape, spreadBlock: KernelsAVX2.spreadBlock, block: KernelsAVX2.sieveManyBlock)
  #endif

  #if arch(x86_64) && !FIRMWARE
    static let avx512 =
      systemHasVNNI() != 0
      ? SieveMany(
        shape: KernelsVNNI.sieveShape, spreadBlock: KernelsVNNI.spreadBlock, block: KernelsVNNI.sieveManyBlock
      )
      : SieveMany(
        shape: KernelsAVX512.sieveShape, spreadBlock: KernelsAVX512.spreadBlock,
        block: KernelsAVX512.sieveManyBlock)
  #endif
}
