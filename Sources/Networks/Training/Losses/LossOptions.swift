import Tensors

extension Loss {
  /// A loss with the settings of all losses; those of other losses are ignored.
  package struct Options {
    package var kind: Kind
    package var reduction = Reduction.mean
    package var margin: Float
    /// For contrastive loss.
    package var epsilon: Float = 1e-6
    /// For angular margins.
    package var scale: Float = 64
    /// Lambda and alpha of centre loss (Wen et al. 2016, section 4.1).
    package var centreWeight: Float = 0.003, centreRate: Float = 0.5
    /// For distillation.
    package var cosineWeight: Float = 2, similarityWeight: Float = 4
    package var strangerWeight: Float = 0, strangerLimit: Float = 0.7, memory = 4096

    package init(_ kind: Kind) {
      self.kind = kind
      margin = kind.margin
    }
  }
}
