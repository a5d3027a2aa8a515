#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// Reads the files of an interfaces folder that count, and nothing else.
struct FolderFiles {
    /// Folders with `.yaml` files that are read.
    static let folders = [
        "providers", "routes", "tables", "profiles", "maps/messages", "maps/segments", "maps/datatypes", "maps/tables",
        "maps/site",
    ]
    /// Where value sets of profiles stand as text.
    static let valueSetFolder = "profiles/values"
    /// Of one file, in bytes.
    static let fileBytesMax = 4 << 20

    /// The absolute path of the folder, links resolved.
    let base: String
    private(set) var files: [Configuration.File] = []

    /// - Returns: nil, with the reason noted, if the folder or one of its files cannot be read.
    init?(folder: String, findings: FindingList) {
        guard let base = Self.resolved(folder), Self.names(in: base) != nil else {
            findings.error(
                Place(file: folder, line: nil), "no such folder, or it cannot be read; write --interfaces DIR")
            return nil
        }
        self.base = base
        read("broker.yaml", findings)
        for folder in Self.folders {
            for name in Self.names(in: "\(base)/\(folder)") ?? [] {
                let path = "\(folder)/\(name)"
                if name.hasSuffix(".yml") {
                    findings.warning(Place(file: path, line: nil), "not read; rename it to end in .yaml")
                }
                if name.hasSuffix(".yaml") { read(path, findings) }
            }
        }
        for name in Self.names(in: "\(base)/\(Self.valueSetFolder)") ?? [] where name.hasSuffix(".txt") {
            read("\(Self.valueSetFolder)/\(name)", findings)
        }
        files.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    private mutating func read(_ name: String, _ findings: FindingList) {
        switch Self.contents(of: "\(base)/\(name)", bytesMax: Self.fileBytesMax) {
        case .success(let bytes): files.append(Configuration.File(name: name, bytes: bytes))
        case .failure(.absent): break  // only broker.yaml can be, and its reader says so
        case .failure(.unreadable):
            findings.error(Place(file: name, line: nil), "cannot be read; look at its permissions")
        case .failure(.tooLong):
            let limit = Units.text(size: Self.fileBytesMax)
            findings.error(Place(file: name, line: nil), "longer than \(limit); divide it into several files")
        }
    }

    // MARK: The file system

    enum Failure: Error { case absent, unreadable, tooLong }

    static func contents(of path: String, bytesMax: Int) -> Result<[UInt8], Failure> {
        guard let file = fopen(path, "rb") else { return .failure(errno == ENOENT ? .absent : .unreadable) }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { return ferror(file) == 0 ? .success(bytes) : .failure(.unreadable) }
            bytes += buffer[..<count]
            guard bytes.count <= bytesMax else { return .failure(.tooLong) }
        }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// What stands in a folder, hidden files apart, sorted; nil if it cannot be read.
    private static func names(in folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let size = MemoryLayout.size(ofValue: entry.pointee.d_name)
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: size) { String(cString: $0) }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// A path of a configuration file made absolute: relative to the interfaces folder wherever the file is.
    static func absolute(_ path: String, base: String) -> String {
        var parts: [Substring] = []
        for part in (path.hasPrefix("/") ? path : "\(base)/\(path)").split(separator: "/") where part != "." {
            if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
        }
        return "/" + parts.joined(separator: "/")
    }
}
