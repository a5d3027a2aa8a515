/// A profile read by itself, for `wardline validate --profile`.
extension InterfaceFolder {
    /// Reads one profile with those that it extends, which stand beside it.
    ///
    /// - Parameter path: of its file. The paths of its value sets are relative to the folder that holds `profiles/`, or
    ///   to the file's own folder if that has another name.
    /// - Returns: the profile, nil if there is an error among the findings.
    package static func profile(at path: String) -> (profile: ConformanceProfile?, findings: [InterfaceFinding]) {
        let findings = FindingList()
        var parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let file = parts.popLast() ?? ""
        let isInProfiles = parts.last == "profiles"
        let prefix = isInProfiles ? "profiles/" : ""
        if isInProfiles { parts.removeLast() }
        let base = parts.isEmpty ? "." : parts.joined(separator: "/")
        func contents(_ name: String) -> [UInt8]? {
            // What is wrong with a file beyond its absence shows when it is read.
            try? FolderFiles.contents(of: "\(base)/\(name)", bytesMax: FolderFiles.fileBytesMax).get()
        }
        let reader = ProfileReader(base: base, findings: findings, contents: contents)
        var next: String? = prefix + file
        var first: String?
        var known: Set<String> = []
        while let name = next, known.insert(name).inserted {
            guard let bytes = contents(name) else {
                if first == nil {
                    findings.error(
                        Place(file: path, line: nil),
                        "no such profile, or it cannot be read; write a name of "
                            + "profiles/ or the path of a file")
                }
                break
            }
            guard let read = reader.read(Configuration.File(name: name, bytes: bytes)) else { break }
            first = first ?? read.name
            next = reader.parent(of: read.name).map { "\(prefix)\($0).yaml" }
        }
        let profile = first.flatMap(reader.compiled)
        return (findings.hasErrors ? nil : profile, findings.sorted)
    }
}
