import Networks

// What the passes of GoldenPasses.swift come to in Double: written by
// `swift test --filter GoldenPassesTests` where they differ, and held there against a new computation.

extension GoldenNetwork {
  /// The cells of a detector of YuNet's kind.
  static var detector: GoldenNetwork {
    GoldenNetwork(
      name: "a detector's cells", architecture: .yuNet(), side: 96,
      taps: YuNet.cellSides.map { YuNet.cells(ofSide: $0) },
      expected: [
        -8.520631311269, 74.47923232026, -93.73262008493, 22.42375475619, -155.4400962778, -24.19363595925,
        28.93236766554, 4.369078890681, 1.118401359584, -149.518935668, -36.67012332299, -142.1914617242,
        46.1760096393, 82.57608588924, -7.102137130033, 52.78370369325
      ])
  }

  static var embedder: GoldenNetwork {
    GoldenNetwork(
      name: "an embedder's vector", architecture: .mobileFaceNet(side: 64, width: 0.5), side: 64,
      taps: ["embedding"],
      expected: [
        -1.104014172419, -1.67511167233, 0.5472812518054, -0.06992655643254, 0.5428948247002, 1.3668761857,
        -1.529917150656, 0.7679371253666, 0.3749405171412, -0.5078945649461, 0.9563275959867, -1.238457097073,
        -0.90527426933, -1.658679411924, -0.2189569987137, 0.2018704800696
      ])
  }

  static var fastStyle: GoldenNetwork {
    GoldenNetwork(
      name: "a fast style's picture", architecture: .fastStyle(filters: 8, blocks: 2), side: 48,
      taps: ["picture"],
      expected: [
        -9874.419843459, 4370.021312386, 5656.911517078, -16349.37813898, 4262.088275166, -936.967804214,
        8274.696813759, -18412.66694671, 8184.419359593, 1628.59253022, 23746.43438734, 9673.592253912,
        11287.25951822, 1451.312853275, 11480.18475567, -31281.32967248
      ])
  }
}

extension GoldenTraining {
  package static var expected: [Double] {
    [
      -0.682983526895, -0.08255465623016, -0.4507838367264, 0.1146704790081, -0.1677698234299,
      -0.393146787083, -0.1030744435974, 0.166183720324, -0.3542504217484, -0.7207608654364, 0.2211250135828,
      -0.4102063227484, 0.8419331984058, -0.4113494674089, 1.141029362922, 1.188207848199
    ]
  }
}

extension GoldenPainting {
  package static var expected: [Double] {
    [
      -4093.002726286, 1793.538028816, 1935.378026983, -1561.590902449, 473.3328392737, 27.24913895906,
      -2966.321888972, -746.937630402, 2219.526833181, -480.649343604, 1230.38535431, 1896.899363371,
      -2021.381447068, -1818.55885048, 1178.75055981, -1426.086008615
    ]
  }
}
