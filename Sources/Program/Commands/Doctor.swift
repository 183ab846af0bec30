import ArgumentParser
import CFaceStyle

struct Doctor: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Says what is found here, and whether it computes right.",
    usage: "facestyle doctor [--json]",
    discussion: """
      Version; instruction set, threads and memory, and why no more; the models that commands \
      use; the libraries that are loaded when something needs them, with Debian's packages for \
      those that are missing; and a self-test, in which the kernels and some networks compute \
      what is known beforehand. Put what it prints into a report of a problem.

      The exit status is 0 if all is well, and 1 if the self-test fails, a model cannot be \
      opened, or there is none that finds or compares faces. A missing library is no fault: \
      nothing else needs it.

      With --json, all of it is one line. "faults" is empty if all is well.
      """)

  @Flag(help: "Print one line of JSON.") var json = false

  func run() throws {
    let report = try DoctorReport()
    if json { print(report.json) } else { report.show() }
    if !report.faults.isEmpty { throw ExitCode(1) }
  }
}

/// What the doctor finds.
struct DoctorReport {
  private let host: fs_host_info
  private let models: [ModelDescription]
  private let libraries: [OptionalLibrary]
  private let test: SelfTest
  /// What has to be put right, a line each.
  let faults: [String]

  private static let roles = [(Role.faces, "compares faces"), (Role.facesWithPoints, "finds faces")]

  init() throws(Failure) {
    host = try .found()
    models = try ModelDescription.all().filter { !$0.isHidden }
    libraries = try OptionalLibrary.all()
    test = SelfTest()
    var faults: [String] = []
    if let fault = test.fault {
      faults.append(
        "\(fault). This processor, its memory or this build computes wrong: try FACESTYLE_ISA=baseline")
    }
    for (role, _) in DoctorReport.roles where !models.contains(where: { $0.role == role }) {
      do throws(Failure) { _ = try openModel(role) } catch { faults.append(error.message) }
    }
    for model in models {
      if let fault = model.fault { faults.append("\(model.path ?? model.name): \(fault)") }
    }
    self.faults = faults
  }

  // MARK: For people, in 80 columns

  func show() {
    print("facestyle \(FaceStyleProgram.version)")
    section("Processor and memory")
    row("instructions", "\(host.instructionSet): \(host.instructionSetReason)")
    row("threads", "\(host.threads): \(host.threadsReason)")
    row("memory", "\(grouped(Int(host.memory_limit >> 20))) MB: \(host.memoryReason)")
    section("Models")
    for (role, use) in DoctorReport.roles {
      row(use, models.first { $0.role == role }.map { "\($0.name), \($0.path ?? "")" } ?? "none")
    }
    let others = models.filter { $0.role == nil }.count
    row("others", others == 0 ? "none" : "\(others): `facestyle models` lists them")
    section("Libraries, each loaded when something needs it")
    for library in libraries {
      row(
        library.name,
        library.isFound
          ? "\(library.text); \(library.neededBy) needs it" : "missing: \(library.text)")
    }
    section("Self-test")
    for check in test.checks where !check.passed {
      row(
        "failed",
        "\(check.name): off by \(scientific(check.deviation)), \(scientific(check.tolerance)) is allowed")
    }
    let passed = test.checks.filter(\.passed).count, seconds = test.checks.reduce(0) { $0 + $1.seconds }
    row("passed", "\(passed) of \(counted(test.checks.count, "check", "checks")), in \(fixed(seconds, 2)) s")
    print(faults.isEmpty ? "\nAll is well." : "\n\(counted(faults.count, "fault", "faults")):")
    for fault in faults {
      for (i, line) in wrapped(fault, to: 76).enumerated() { print("\(i == 0 ? "- " : "  ")\(line)") }
    }
  }

  private func section(_ title: String) { print("\n\(title)") }

  private func row(_ title: String, _ text: String) {
    for (i, line) in wrapped(text, to: 80 - 18).enumerated() {
      print("  \(leftAligned(i == 0 ? title : "", 16))\(line)")
    }
  }

  // MARK: For programs

  var json: JSON {
    .object([
      "version": .string(FaceStyleProgram.version),
      "instruction_set": .string(host.instructionSet),
      "instruction_set_reason": .string(host.instructionSetReason),
      "processors": .integer(Int(host.processors)), "allowed": .integer(Int(host.allowed)),
      "quota": host.quota > 0 ? .number(host.quota) : .null, "threads": .integer(Int(host.threads)),
      "threads_reason": .string(host.threadsReason),
      "memory_limit": .integer(Int(clamping: host.memory_limit)), "memory_reason": .string(host.memoryReason),
      "models": .array(models.map { $0.json }),
      "libraries": .array(
        libraries.map {
          .object([
            "name": .string($0.name), "needed_by": .string($0.neededBy), "package": .string($0.package),
            "version": $0.isFound ? .string($0.text) : .null, "fault": $0.isFound ? .null : .string($0.text)
          ])
        }),
      "checks": .array(
        test.checks.map {
          .object([
            "name": .string($0.name), "deviation": .number($0.deviation), "tolerance": .number($0.tolerance),
            "seconds": .number($0.seconds), "passed": .bool($0.passed)
          ])
        }),
      "faults": .array(faults.map { .string($0) })
    ])
  }
}
