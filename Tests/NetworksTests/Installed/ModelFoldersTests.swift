import Networks
import TestSupport
import Tensors
import Testing

private func folders(
  _ named: String? = nil, data: String? = nil, home: String? = nil, library: String? = nil,
  program: String? = nil
) -> [String] {
  ModelFolders(named: named, data: data, home: home, library: library, program: program).paths
}

@Suite struct ModelFoldersTests {
  @Test func `folders of the environment are separated by colons, and empty ones do not count`() {
    #expect(folders("/a:b/c::/a:") == ["/a", "b/c"])
    #expect(folders("") == [] && folders(":") == [])
  }

  @Test func `the user's folder of data is that of XDG_DATA_HOME, if it is absolute, or below home`() {
    #expect(folders(data: "/data", home: "/home/ann") == ["/data/facestyle/models"])
    #expect(folders(data: "data", home: "/home/ann") == ["/home/ann/.local/share/facestyle/models"])
    #expect(folders(home: "/home/ann") == ["/home/ann/.local/share/facestyle/models"])
    #expect(folders(data: "data") == [])
  }

  @Test func `the library's surroundings come before the program's, each folder once`() {
    #expect(
      folders(library: "/usr/lib/x86_64-linux-gnu", program: "/usr/bin") == [
        "/usr/lib/x86_64-linux-gnu/models", "/usr/lib/models", "/usr/lib/share/facestyle/models",
        "/usr/models", "/usr/share/facestyle/models", "/usr/bin/models", "/models",
        "/share/facestyle/models"
      ])
    #expect(folders(library: "/src/build", program: "/src/build").count == 5)
    #expect(folders(program: "/") == ["/models", "/share/facestyle/models"])
  }

  @Test func `the environment comes first, then the user's data, then what is installed`() {
    #expect(
      folders("/env", data: "/data", library: "/opt/face/lib").prefix(3) == [
        "/env", "/data/facestyle/models", "/opt/face/lib/models"
      ])
  }
}

@Suite struct ModelFinderTests {
  @Test(arguments: ["faces", "faces-points", "a", "VGG_19", "v1.2", String(repeating: "n", count: 128)])
  func `letters, digits, hyphens, underscores and dots are a name`(text: String) {
    #expect(ModelFinder.isName(text))
  }

  @Test(arguments: [
    "", ".", "..", ".faces", "a/b", "a b", "café", "a\n", "a:b", String(repeating: "n", count: 129)
  ])
  func `anything else is none, and is opened as a path`(text: String) {
    #expect(!ModelFinder.isName(text) && ModelFinder.isPath(text))
  }

  @Test func `a name with the file's ending is a path`() {
    #expect(ModelFinder.isPath("faces.safetensors") && ModelFinder.isPath("faces.SAFETENSORS"))
    #expect(!ModelFinder.isPath("faces.safetensor"))
  }

  @Test func `a name that is nowhere is told with the files and the folders`() throws {
    let finder = ModelFinder(
      ModelFolders(named: "/no/such:/nowhere", data: nil, home: nil, library: nil, program: nil))
    #expect(
      outcome { try finder.path(named: "faces") }
        == "notFound: no model \"faces\": no faces.safetensors or dlib-resnet.safetensors or faces-nn4.safetensors in /no/such, /nowhere; expected one from `make models` or `python3 -m facestyle.models`, or a file's path"
    )
    #expect(try finder.list().isEmpty)
  }

  @Test(arguments: [
    ("vgg19", "one from `make models` or `python3 -m facestyle.models`"),
    ("starry-night", "the one that comes with the library, in share/facestyle/models"),
    (
      "liveness-2.7",
      "one that `facestyle-convert` makes of MiniFASNet's file, as docs/reference/liveness.md shows"
    ),
    ("monet", "a name that `facestyle models` lists")
  ])
  func `a name that is nowhere is told with the way to get it`(_ name: String, _ remedy: String) {
    let finder = ModelFinder(
      ModelFolders(named: "/nowhere", data: nil, home: nil, library: nil, program: nil))
    #expect(
      outcome { try finder.path(named: name) }
        == "notFound: no model \"\(name)\": no \(name).safetensors in /nowhere; expected \(remedy), or a file's path"
    )
  }

  @Test func `a role's own name is its first candidate`() {
    for role in ModelRole.allCases {
      #expect(role.candidates.first == role.name && ModelRole(named: role.name) == role)
      #expect(role.candidates.allSatisfy { ModelFinder.isName($0) })
    }
    #expect(ModelRole(named: "dlib-resnet") == nil)
  }
}
