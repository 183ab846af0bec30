/// Names and photos of a folder of people. A name is UTF-8: other bytes are escaped, so that different names
/// stay different.
func photosOfPeople(_ folder: String) throws(Failure) -> [(name: String, path: String)] {
  var found: [(String, String)] = []
  for entry in try contents(of: folder) {
    let path = "\(folder)/\(entry)"
    if kind(of: path) == .folder {
      for photo in try contents(of: path) where isPicture(photo) {
        found.append((spelled(entry), "\(path)/\(photo)"))
      }
    } else if isPicture(entry) {
      found.append((spelled(nameAndExtension(entry).0), path))
    }
  }
  return found
}
