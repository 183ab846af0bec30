import CSystem
import Kernels

#if arch(x86_64)
  import KernelsAVX2
  #if !FIRMWARE
    import KernelsAVX512
  #endif
#endif

/// One build of the kernels. Here and in `SieveMany` alone work is dispatched to instructions that the
/// processor has.
struct KernelSet: @unchecked Sendable {
  let name: StaticString
  let tileRows: Int
  let tileColumns: Int
  let convolveBlock:
    (
      Window, UnsafePointer<Float>, Int, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>, Int,
      Int, Bool, Bool, Epilogue, Int, Int, Int, Int, UnsafeMutablePointer<UnsafePointer<Float>>,
      UnsafeMutablePointer<Float>
    ) -> Void
  let depthwiseBlock:
    (
      Window, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Bool, Epilogue,
      Int, Int
    ) -> Void
  let depthwiseGradientBlock:
    (Window, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int) -> Void
  let fewInputsBlock:
    (
      Window, UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int, Bool,
      Epilogue, Int, Int
    ) -> Void
  let gatherTapsBlock:
    (Window, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>, Int, Int, Epilogue, Int, Int) ->
      Void
  let multiplyBlock:
    (
      Int, UnsafePointer<Float>, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int, Bool,
      Epilogue,
      Int, Int, Int, Int, UnsafeMutablePointer<UnsafePointer<Float>>, UnsafeMutablePointer<Float>,
      UnsafeMutablePointer<Float>?
    ) -> Void
  let outerBlock:
    (
      Int, Int, UnsafePointer<UnsafePointer<Float>>, Int, Int, UnsafePointer<Float>, Int,
      UnsafeMutablePointer<Float>, Bool
    ) -> Void
  let packPanel: (Int, Int, UnsafePointer<Float>, Int, Int, Int, UnsafeMutablePointer<Float>) -> Void
  let transposeBlock: (UnsafePointer<Float>, Int, UnsafeMutablePointer<Float>, Int, Int, Int, Int) -> Void
  let winogradInput:
    (
      Int, Window, Source, Int, Int, UnsafeMutablePointer<Float>, Int, Int, UnsafeMutablePointer<Float>
    ) -> Void
  let winogradOutput:
    (
      Int, Window, UnsafePointer<Float>, Int, Int, Int, Target, Int, Epilogue, Int, Int,
      UnsafeMutablePointer<Float>
    ) -> Void
  let winogradFilter:
    (Int, Int, Int, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>, Int) -> Void
  let poolRowsBlock:
    (Window, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>, UnsafeMutablePointer<UInt8>?, Int, Int)
      -> Void
  let unpoolBlock:
    (Window, Int, UnsafePointer<Float>, UnsafePointer<UInt8>, UnsafeMutablePointer<Float>, Int, Int) -> Void
  let poolBlock: (Window, Int, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Int) -> Void
  let poolGradientBlock:
    (
      Window, Int, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafeMutablePointer<Float>, Int, Int
    ) -> Void
  let gateBlock: (UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int) -> Void
  let squaredDistanceBlock:
    (UnsafePointer<Float>, UnsafePointer<Float>, Int, Float, UnsafeMutablePointer<Float>?, Bool) -> Double
  let productsBlock:
    (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int,
      UnsafeMutablePointer<Double>
    ) -> Void
  let weightedSumBlock:
    (
      UnsafePointer<UnsafePointer<Float>>, UnsafePointer<Float>, Int, Int, Int, UnsafeMutablePointer<Float>
    ) -> Void
  let responseBlock:
    (
      UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Float, Int, Int, Int,
      UnsafeMutablePointer<Float>
    ) -> Void
  let responseGradientBlock:
    (
      UnsafePointer<Float>, UnsafePointer<Float>, UnsafeMutablePointer<Float>, Int, Float, Int, Int, Int,
      UnsafeMutablePointer<Float>
    ) -> Void
  let distanceBlock:
    (UnsafePointer<Float>, UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Float
  let squareBlock: (UnsafePointer<Float>, Int, Int, UnsafeMutablePointer<Float>) -> Void
  let siftBlock:
    (
      UnsafePointer<Float>, Int, Int, Int, UnsafePointer<Float>, UnsafePointer<Float>,
      UnsafeMutablePointer<Int32>
    ) -> Int
  let sieveBlock:
    (
      Sieve, Int, Int, UnsafePointer<Int16>, Gate, UnsafeMutablePointer<Float>, UnsafeMutablePointer<Int32>
    ) -> Int
  let sieveMany: SieveMany
}

extension KernelSet {
  static let baseline = KernelSet(
    name: "baseline", tileRows: Kernels.tileRows, tileColumns: Kernels.tileColumns,
    convolveBlock: Kernels.convolveBlock, depthwiseBlock: Kernels.depthwiseBlock,
    depthwiseGradientBlock: Kernels.depthwiseGradientBlock, fewInputsBlock: Kernels.fewInputsBlock,
    gatherTapsBlock: Kernels.gatherTapsBlock, multiplyBlock: Kernels.multiplyBlock,
    outerBlock: Kernels.outerBlock, packPanel: Kernels.packPanel, transposeBlock: Kernels.transposeBlock,
    winogradInput: Kernels.winogradInput, winogradOutput: Kernels.winogradOutput,
    winogradFilter: Kernels.winogradFilter,
    poolRowsBlock: Kernels.poolRowsBlock, unpoolBlock: Kernels.unpoolBlock,
    poolBlock: Kernels.poolBlock, poolGradientBlock: Kernels.poolGradientBlock, gateBlock: Kernels.gateBlock,
    squaredDistanceBlock: Kernels.squaredDistanceBlock,
    productsBlock: Kernels.productsBlock, weightedSumBlock: Kernels.weightedSumBlock,
    responseBlock: Kernels.responseBlock, responseGradientBlock: Kernels.responseGradientBlock,
    distanceBlock: Kernels.distanceBlock, squareBlock: Kernels.squareBlock,
    siftBlock: Kernels.siftBlock, sieveBlock: Kernels.sieveBlock,
    sieveMany: .baseline)

  #if arch(x86_64)
    static let avx2 = KernelSet(
      name: "avx2", tileRows: KernelsAVX2.tileRows, tileColumns: KernelsAVX2.tileColumns,
      convolveBlock: KernelsAVX2.convolveBlock, depthwiseBlock: KernelsAVX2.depthwiseBlock,
      depthwiseGradientBlock: KernelsAVX2.depthwiseGradientBlock, fewInputsBlock: KernelsAVX2.fewInputsBlock,
      gatherTapsBlock: KernelsAVX2.gatherTapsBlock, multiplyBlock: KernelsAVX2.multiplyBlock,
      outerBlock: KernelsAVX2.outerBlock, packPanel: KernelsAVX2.packPanel,
      transposeBlock: KernelsAVX2.transposeBlock,
      winogradInput: KernelsAVX2.winogradInput, winogradOutput: KernelsAVX2.winogradOutput,
      winogradFilter: KernelsAVX2.winogradFilter,
      poolRowsBlock: KernelsAVX2.poolRowsBlock, unpoolBlock: KernelsAVX2.unpoolBlock,
      poolBlock: KernelsAVX2.poolBlock, poolGradientBlock: KernelsAVX2.poolGradientBlock,
      gateBlock: KernelsAVX2.gateBlock, squaredDistanceBlock: KernelsAVX2.squaredDistanceBlock,
      productsBlock: KernelsAVX2.productsBlock, weightedSumBlock: KernelsAVX2.weightedSumBlock,
      responseBlock: KernelsAVX2.responseBlock, responseGradientBlock: KernelsAVX2.responseGradientBlock,
      distanceBlock: KernelsAVX2.distanceBlock, squareBlock: KernelsAVX2.squareBlock,
      siftBlock: KernelsAVX2.siftBlock, sieveBlock: KernelsAVX2.sieveBlock, sieveMany: .avx2)
  #endif

  #if arch(x86_64) && !FIRMWARE
    static let avx512 = KernelSet(
      name: "avx512", tileRows: KernelsAVX512.tileRows, tileColumns: KernelsAVX512.tileColumns,
      convolveBlock: KernelsAVX512.convolveBlock, depthwiseBlock: KernelsAVX512.depthwiseBlock,
      depthwiseGradientBlock: KernelsAVX512.depthwiseGradientBlock,
      fewInputsBlock: KernelsAVX512.fewInputsBlock,
      gatherTapsBlock: KernelsAVX512.gatherTapsBlock, multiplyBlock: KernelsAVX512.multiplyBlock,
      outerBlock: KernelsAVX512.outerBlock, packPanel: KernelsAVX512.packPanel,
      transposeBlock: KernelsAVX512.transposeBlock,
      winogradInput: KernelsAVX512.winogradInput, winogradOutput: KernelsAVX512.winogradOutput,
      winogradFilter: KernelsAVX512.winogradFilter,
      poolRowsBlock: KernelsAVX512.poolRowsBlock, unpoolBlock: KernelsAVX512.unpoolBlock,
      poolBlock: KernelsAVX512.poolBlock, poolGradientBlock: KernelsAVX512.poolGradientBlock,
      gateBlock: KernelsAVX512.gateBlock, squaredDistanceBlock: KernelsAVX512.squaredDistanceBlock,
      productsBlock: KernelsAVX512.productsBlock, weightedSumBlock: KernelsAVX512.weightedSumBlock,
      responseBlock: KernelsAVX512.responseBlock, responseGradientBlock: KernelsAVX512.responseGradientBlock,
      distanceBlock: KernelsAVX512.distanceBlock, squareBlock: KernelsAVX512.squareBlock,
      siftBlock: KernelsAVX512.siftBlock, sieveBlock: KernelsAVX512.sieveBlock, sieveMany: .avx512)
  #endif

  /// The build in use. The choice is final from the first access.
  static let selected = settleInstructionSet()

  var cName: UnsafePointer<CChar> { UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self) }
}
