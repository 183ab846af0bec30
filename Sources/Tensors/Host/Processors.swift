import CSystem

/// The processors that this process may keep busy.
package struct Processors {
  /// The machine's online processors.
  package let online: Int
  /// The processors that this thread may run on: `taskset`, a container's cpuset.
  package let allowed: Int
  /// Processor time per period, as the control groups limit it; nil without a limit.
  package let quota: (time: Int, period: Int)?

  package init() {
    online = max(sysconf(Int32(_SC_NPROCESSORS_ONLN)), 1)
    let mask = systemAllowedProcessors()
    allowed = mask > 0 ? mask : online
    var least: (time: Int, period: Int)?
    for group in ControlGroup.all("cpu") {
      guard let quota = group.quota else { continue }
      // Compared as fractions, in whole numbers.
      if let now = least,
        now.time.multipliedFullWidth(by: quota.period) <= quota.time.multipliedFullWidth(by: now.period)
      {
        continue
      }
      least = quota
    }
    quota = least
  }

  /// How many threads they keep busy: a fraction of a processor counts as one.
  package var threads: Int {
    guard let quota else { return allowed }
    let whole = quota.time / quota.period + (quota.time % quota.period > 0 ? 1 : 0)
    return max(1, min(allowed, whole))
  }
}
