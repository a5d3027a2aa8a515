import Mapping
import Testing

@testable import Interfaces

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct InterfaceFolderTests {
    /// The folder that the project ships.
    static var shipped: String {
        let parts = #filePath.split(separator: "/").dropLast(3)
        return "/" + parts.joined(separator: "/") + "/Interfaces"
    }

    /// The certificates of `wardline certs dev` are not part of the project.
    private static func isOtherThanMissing(_ finding: InterfaceFinding) -> Bool {
        !finding.text.contains("run wardline certs dev")
    }

    @Test func `the shipped folder has no mistakes, and its route tests hold`() throws {
        let (configuration, findings) = InterfaceFolder.check(Self.shipped)
        #expect(findings.filter(Self.isOtherThanMissing) == [])
        let loaded = try #require(configuration)
        #expect(loaded.broker.name == "riverside")
        #expect(loaded.listeners.map(\.name) == ["hospitals", "bench"])
        #expect(loaded.listeners[0].bind == BindAddress(host: "0.0.0.0", port: 2_575))
        #expect(loaded.listeners[0].tls?.clients?.hasSuffix("/Certs/dev/ca.pem") == true)
        #expect(loaded.listeners[1].tls == nil)
        #expect(loaded.listeners[1].accept == .anyone)
        #expect(
            loaded.providers.map(\.name) == [
                "archive", "city-laboratory", "general-hospital", "lakeside-clinic", "state-registry",
            ])
        #expect(loaded.provider("city-laboratory")?.senders.map(\.profile) == ["laboratory-reporting"])
        #expect(loaded.routes.map(\.name) == ["admissions", "archive", "registry", "results"])
        #expect(loaded.routes.flatMap(\.tests).count >= 10)
    }

    @Test func `the shipped files, read again from memory, give the same configuration`() throws {
        let first = try #require(InterfaceFolder.load(Self.shipped).configuration)
        let again = try #require(InterfaceFolder.load(files: first.files, base: first.folder).configuration)
        #expect(again.hash == first.hash)
        #expect(again.providers == first.providers)
        #expect(again.routes == first.routes)
        #expect(again.maps.version == first.maps.version)
    }

    @Test func `a folder that is not there is one error`() {
        let (configuration, findings) = InterfaceFolder.load("/no/such/folder")
        #expect(configuration == nil)
        #expect(
            findings.map(\.description) == [
                "/no/such/folder: no such folder, or it cannot be read; write --interfaces DIR"
            ])
    }

    @Test func `files that end in yml are named, others are left alone`() throws {
        let folder = try TemporaryFolder(files: SampleFolder.files)
        try folder.write("notes", to: "providers/notes.txt")
        try folder.write("provider: old", to: "providers/old.yml")
        let findings = InterfaceFolder.load(folder.path, environment: .withoutMaps { _ in true }).findings
        #expect(findings.map(\.description) == ["providers/old.yml: not read; rename it to end in .yaml"])
    }

    @Test func `a failing route test is an error at its line`() throws {
        let folder = try TemporaryFolder(files: SampleFolder.files)
        try folder.write("MSH|^~\\&|HIS|GH|||20240305||ADT^A01|1|P|2.5.1\rPID|1\r", to: "tests/a01.hl7")
        try folder.write("hello", to: "tests/hello.hl7")
        try folder.write(
            """
            route: all
            from: [hospital]
            when: MSH-9.1 = "ADT"
            to: [clinic.inbox]
            tests:
              - { message: tests/a01.hl7, routed: true }
              - { message: tests/a01.hl7, routed: false }
              - { message: tests/a02.hl7, routed: true }
              - { message: tests/hello.hl7, routed: true }
            """, to: "routes/all.yaml")
        let findings = InterfaceFolder.check(folder.path, environment: .withoutMaps { _ in true }).findings
        #expect(
            findings.map(\.description) == [
                "routes/all.yaml:7: tests/a01.hl7 is routed, and the test says it is not; correct when: or write "
                    + "routed: true",
                "routes/all.yaml:8: tests/a02.hl7 is not there; write the path of a message, as tests/a01.hl7",
                "routes/all.yaml:9: tests/hello.hl7 is not an HL7 message; see wardline validate",
            ])
    }

    @Test func `a mistake in a map is reported below maps`() throws {
        let folder = try TemporaryFolder(files: SampleFolder.files)
        try folder.write("overlay: here\nmaps:\n  NO-Such: { drop: [PID-9] }\n", to: "maps/site/here.yaml")
        let findings = InterfaceFolder.load(folder.path, environment: .system).findings.filter { $0.severity == .error }
        #expect(findings.map(\.file) == ["maps/site/here.yaml"])
        #expect(findings.map(\.line) == [3])
    }

    @Test func `a certificate that is not there is a warning and listed`() throws {
        let (configuration, findings) = SampleFolder.load([:], fileExists: { !$0.hasSuffix("broker.key") })
        let text =
            "key: broker.key is not there; run wardline certs dev for development certificates, or write where yours is"
        #expect(findings.map(\.description) == ["broker.yaml:3: \(text)", "broker.yaml:4: \(text)"])
        #expect(configuration?.missingFiles.map(\.path) == ["/etc/wardline/broker.key", "/etc/wardline/broker.key"])
    }

    @Test func `the hash changes with every byte of every file, and with every name`() throws {
        let files = try SampleFolder.configuration().files
        var hashes: Set<String> = [InterfaceFolder.hash(of: files)]
        var changes = 0
        for file in files.indices {
            var renamed = files
            renamed[file].name += "x"
            hashes.insert(InterfaceFolder.hash(of: renamed))
            changes += 1
            for byte in files[file].bytes.indices {
                var changed = files
                changed[file].bytes[byte] ^= 1
                hashes.insert(InterfaceFolder.hash(of: changed))
                changes += 1
            }
        }
        #expect(hashes.count == changes + 1)
        #expect(hashes.allSatisfy { $0.utf8.count == 64 })
        // Bytes cannot move from one file into the next, nor from a name into its file.
        let a = [Configuration.File(name: "ab", bytes: [99]), Configuration.File(name: "d", bytes: [101])]
        let b = [Configuration.File(name: "a", bytes: [98, 99]), Configuration.File(name: "d", bytes: [101])]
        #expect(InterfaceFolder.hash(of: a) != InterfaceFolder.hash(of: b))
        #expect(InterfaceFolder.hash(of: a) == InterfaceFolder.hash(of: a.reversed()))
    }
}

/// A folder of its own, taken away with the value.
final class TemporaryFolder {
    let path: String
    /// Files and folders in the order they were made.
    private var made: [String] = []

    struct CannotWrite: Error { var path: String }

    init(files: [String: String]) throws {
        var template = Array("/tmp/wardline-interfaces-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CannotWrite(path: "/tmp") }
        path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
        for (name, text) in files { try write(text, to: name) }
    }

    func write(_ text: String, to name: String) throws {
        var folder = path
        for part in name.split(separator: "/").dropLast() {
            folder += "/\(part)"
            if mkdir(folder, 0o700) == 0 { made.append(folder) }
        }
        guard let file = fopen("\(path)/\(name)", "wb") else { throw CannotWrite(path: name) }
        defer { fclose(file) }
        made.append("\(path)/\(name)")
        let bytes = Array(text.utf8)
        guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw CannotWrite(path: name) }
    }

    deinit {
        for path in made.reversed() { remove(path) }
        rmdir(path)
    }
}
