import CFaceStyle
import SelfTest
import Tensors

extension fs_self_check: SizedStruct {}

@c @implementation
public func fs_self_test(
  _ on_check: fs_self_check_callback?, _ user: UnsafeMutableRawPointer?
) -> fs_status {
  boundary { () throws(Failure) in
    try SelfTest.run { result in
      guard let on_check else { return }
      var check = fs_self_check.sized
      check.name = staticText(result.name)
      (check.deviation, check.tolerance) = (result.deviation, SelfCheck.tolerance)
      check.passed = result.passed ? 1 : 0
      check.seconds = result.seconds
      withHostFloats { on_check(&check, user) }
    }
  }
}
