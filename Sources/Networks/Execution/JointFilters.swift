import Tensors

/// Filters of several nodes as one, made when a plan first asks for them and shared by all plans.
final class JointFilters<Element: Scalar>: @unchecked Sendable {
  private let lock = Lock()
  private var made: [[Int]: Filter<Element>] = [:]

  func filter(
    _ nodes: [Int], _ make: () throws(Failure) -> Filter<Element>
  ) throws(Failure) -> Filter<Element> {
    try lock.hold { () throws(Failure) in
      if let filter = made[nodes] { return filter }
      let filter = try make()
      made[nodes] = filter
      return filter
    }
  }
}
