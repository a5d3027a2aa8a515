#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The texts of map files by their path below the folder of maps (`segments/PID-Patient.yaml`).
public struct MapFiles: Hashable, Sendable {
    public var texts: [String: String]

    public init(_ texts: [String: String] = [:]) { self.texts = texts }

    static let folders = ["messages", "segments", "datatypes", "tables", "site"]
    /// Of one file, in bytes.
    static let fileBytesMax = 4 << 20

    /// Reads all `.yaml` files in the folders of a folder of maps. Other files are left alone.
    ///
    /// - Throws: ``MapError/Code/unreadable``.
    public init(folder: String) throws(MapError) {
        texts = [:]
        var found = false
        for name in Self.folders {
            guard let files = Self.names(in: "\(folder)/\(name)") else { continue }
            found = true
            for file in files where file.hasSuffix(".yaml") {
                texts["\(name)/\(file)"] = try Self.text(of: "\(folder)/\(name)/\(file)")
            }
        }
        guard found || Self.names(in: folder) != nil else {
            throw MapError(.unreadable, "\(folder): not a folder that can be read")
        }
    }

    /// These files, with those of `upper` added or, where the path is the same, in their place.
    func overlaid(with upper: MapFiles) -> MapFiles {
        MapFiles(texts.merging(upper.texts) { _, new in new })
    }

    private static func names(in folder: String) -> [String]? {
        guard let stream = opendir(folder) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: entry.pointee.d_name)) {
                    String(cString: $0)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private static func text(of path: String) throws(MapError) -> String {
        guard let file = fopen(path, "rb") else { throw MapError(.unreadable, "\(path): cannot be read") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = fread(&buffer, 1, buffer.count, file)
            if count == 0 { break }
            bytes += buffer[..<count]
            guard bytes.count <= fileBytesMax else {
                throw MapError(.unreadable, "\(path): longer than \(fileBytesMax) bytes")
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
