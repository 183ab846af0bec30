import CSystem
import Tensors

/// How well two boxes agree: 1 if they are equal.
package enum BoxOverlap: Int32, CaseIterable, Sendable {
  /// Intersection over union: 0 for boxes apart.
  case iou = 0
  /// IoU minus the part of the smallest box around both that neither covers (Rezatofighi et al. 2019).
  case giou
  /// IoU minus the squared distance of the centres, in diagonals of the box around both (Zheng et al. 2020).
  case diou
  /// DIoU minus a term for the ratio of the sides (Zheng et al. 2020, equations 8 to 11). Its weight has a
  /// gradient too, which the authors leave out.
  case ciou
  /// DIoU minus the squared differences of the sides, in sides of the box around both (Zhang et al. 2022).
  case eiou

  var setting: Setting {
    let names = ["IoU", "GIoU", "DIoU", "CIoU", "EIoU"]
    return Setting("overlap", names[Int(rawValue)])
  }

  /// The overlap of a box and another one, and its slopes by the left, top, right and bottom of the first.
  ///
  /// - Parameters: boxes with an inside.
  package func value<Element: Scalar>(
    _ box: (left: Element, top: Element, right: Element, bottom: Element),
    _ other: (left: Element, top: Element, right: Element, bottom: Element)
  ) -> (value: Element, slopes: (left: Element, top: Element, right: Element, bottom: Element)) {
    let left = Slopes(box.left, side: 0), top = Slopes(box.top, side: 1)
    let right = Slopes(box.right, side: 2), bottom = Slopes(box.bottom, side: 3)
    let result = value(left, top, right, bottom, other)
    let slopes = result.slopes
    return (result.value, (slopes.0, slopes.1, slopes.2, slopes.3))
  }

  private func value<Element: Scalar>(
    _ left: Slopes<Element>, _ top: Slopes<Element>, _ right: Slopes<Element>, _ bottom: Slopes<Element>,
    _ other: (left: Element, top: Element, right: Element, bottom: Element)
  ) -> Slopes<Element> {
    let width = right - left, height = bottom - top
    let otherWidth = other.right - other.left, otherHeight = other.bottom - other.top
    let across = right.lower(other.right) - left.upper(other.left)
    let down = bottom.lower(other.bottom) - top.upper(other.top)
    let common = across.upper(0) * down.upper(0)
    let union = width * height + otherWidth * otherHeight - common
    let iou = common / union
    guard self != .iou else { return iou }

    let hullWidth = right.upper(other.right) - left.lower(other.left)
    let hullHeight = bottom.upper(other.bottom) - top.lower(other.top)
    guard self != .giou else { return iou + union / (hullWidth * hullHeight) - 1 }

    let x = (left + right - (other.left + other.right)) * 0.5
    let y = (top + bottom - (other.top + other.bottom)) * 0.5
    let diagonal = hullWidth * hullWidth + hullHeight * hullHeight
    let diou = iou - (x * x + y * y) / diagonal
    switch self {
    case .ciou:
      let angle = (width / height).arcTangent - arcTangent(otherWidth / otherHeight)
      let ratio = angle * angle * Element(4 / (Double.pi * Double.pi))
      // weight = ratio / (1 - iou + ratio): nothing is lost where both are 0
      guard ratio.value > 0 else { return diou }
      return diou - ratio * ratio / (ratio - iou + 1)
    case .eiou:
      let w = width - otherWidth, h = height - otherHeight
      return diou - w * w / (hullWidth * hullWidth) - h * h / (hullHeight * hullHeight)
    default: return diou
    }
  }
}

/// Exact in the first derivative of a dual number too.
private func arcTangent<Element: Scalar>(_ x: Element) -> Element {
  let value = Double(x)
  return Element(atan(value)) + (x - Element(value)) / (1 + x * x)
}

/// A number with its derivatives by the four sides of a box: the formulas above are written once.
private struct Slopes<Element: Scalar> {
  let value: Element
  let slopes: (Element, Element, Element, Element)

  @inline(__always)
  init(_ value: Element, _ slopes: (Element, Element, Element, Element)) {
    (self.value, self.slopes) = (value, slopes)
  }

  @inline(__always)
  init(_ value: Element, side: Int) {
    self.init(value, (side == 0 ? 1 : 0, side == 1 ? 1 : 0, side == 2 ? 1 : 0, side == 3 ? 1 : 0))
  }

  /// `value`, with `a dx + b dy`.
  @inline(__always)
  private static func mixed(
    _ value: Element, _ a: Element, _ x: Slopes, _ b: Element, _ y: Slopes
  ) -> Slopes {
    Slopes(
      value,
      (
        a * x.slopes.0 + b * y.slopes.0, a * x.slopes.1 + b * y.slopes.1, a * x.slopes.2 + b * y.slopes.2,
        a * x.slopes.3 + b * y.slopes.3
      ))
  }

  @inline(__always)
  private func scaled(_ value: Element, _ a: Element) -> Slopes {
    Slopes(value, (a * slopes.0, a * slopes.1, a * slopes.2, a * slopes.3))
  }

  static func + (x: Slopes, y: Slopes) -> Slopes { mixed(x.value + y.value, 1, x, 1, y) }
  static func - (x: Slopes, y: Slopes) -> Slopes { mixed(x.value - y.value, 1, x, -1, y) }
  static func * (x: Slopes, y: Slopes) -> Slopes { mixed(x.value * y.value, y.value, x, x.value, y) }
  static func / (x: Slopes, y: Slopes) -> Slopes {
    let ratio = x.value / y.value
    return mixed(ratio, 1 / y.value, x, -ratio / y.value, y)
  }
  static func + (x: Slopes, y: Element) -> Slopes { Slopes(x.value + y, x.slopes) }
  static func - (x: Slopes, y: Element) -> Slopes { Slopes(x.value - y, x.slopes) }
  static func * (x: Slopes, y: Element) -> Slopes { x.scaled(x.value * y, y) }

  /// The lower of two; of equal ones this.
  func lower(_ bound: Element) -> Slopes { value <= bound ? self : Slopes(bound, (0, 0, 0, 0)) }
  func upper(_ bound: Element) -> Slopes { value >= bound ? self : Slopes(bound, (0, 0, 0, 0)) }

  var arcTangent: Slopes { scaled(Networks.arcTangent(value), 1 / (1 + value * value)) }
}

extension Tape {
  /// `sum or mean of 1 - overlap` over pairs of boxes.
  ///
  /// - Parameters:
  ///   - boxes: [count, 4]: left, top, right, bottom, with left < right and top < bottom.
  ///   - others: as many.
  package func boxLoss(
    _ boxes: Variable<Element>, _ others: Tensor<Element>, _ overlap: BoxOverlap, _ reduction: Reduction
  ) throws(Failure) -> Variable<Element> {
    guard boxes.shape.rank == 2, boxes.shape[1] == 4, boxes.tensor.count > 0, boxes.shape == others.shape
    else {
      throw .invalidArgument(
        "boxes \(boxes.shape.description) and others \(others.shape.description); expected twice [count, 4]")
    }
    let count = boxes.shape[0], slopes = try Tensor<Element>(boxes.shape)
    var sum: Element = 0
    withPointers(boxes.tensor, others, slopes) { boxes, others, slopes in
      for i in 0..<count {
        let a = boxes + 4 * i, b = others + 4 * i, target = slopes + 4 * i
        let found = overlap.value((a[0], a[1], a[2], a[3]), (b[0], b[1], b[2], b[3]))
        sum += 1 - found.value
        (target[0], target[1]) = (-found.slopes.left, -found.slopes.top)
        (target[2], target[3]) = (-found.slopes.right, -found.slopes.bottom)
      }
    }
    let share: Element = reduction.share(of: count, active: count)
    return record(try Tensor([1], [sum * share]), from: [boxes]) { tape, dy throws(Failure) in
      try tape.accumulate(slopes.scaled(by: share * dy[0]), into: boxes)
    }
  }
}
