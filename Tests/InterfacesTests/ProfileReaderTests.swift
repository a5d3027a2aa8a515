import HL7
import HL7Conformance
import Testing

@testable import Interfaces

struct ProfileReaderTests {
    private static let admission = """
        MSH|^~\\&|HIS|GH|||20240305||ADT^A01^ADT_A01|1|P|2.5.1
        EVN||20240305
        PID|1||7001^^^GH^MR||Sample^Ada||1970|F
        PV1|1|I
        """.split(separator: "\n").joined(separator: "\r")

    private static func message(_ text: String) throws -> Message { try Message(parsing: Array(text.utf8)) }

    private static func summary(_ profile: ConformanceProfile?, _ text: String) throws -> [String] {
        let profile = try #require(profile)
        return Validator(profile: profile.profile).findings(in: try message(text)).map {
            "\($0.code) \($0.location.map(String.init(describing:)) ?? "-")"
        }
    }

    @Test func `a profile that extends another keeps what it does not say itself`() throws {
        let configuration = try SampleFolder.configuration([
            "profiles/base.yaml": """
            profile: base
            version: "2.5.1"
            messages: [ADT^A01]
            elements:
              PID-8: { usage: R, values: [M] }
              PID-18: R
              PID-19: R
            """,
            "profiles/site.yaml": """
            profile: site
            name: The site
            extends: base
            messages: { ADT^A01: { elements: { PID-20: R } } }
            elements:
              PID-8: { values: sex }
              PID-18: O
            valueSets: { sex: { file: profiles/values/sex.txt } }
            """,
            "profiles/values/sex.txt": "# codes\nF\tfemale\nM\tmale\n",
        ])
        #expect(
            try Self.summary(configuration.profiles["base"], Self.admission) == [
                "103 PID-8", "101 PID-18", "101 PID-19",
            ])
        #expect(try Self.summary(configuration.profiles["site"], Self.admission) == ["101 PID-19", "101 PID-20"])
        #expect(configuration.profiles["site"]?.title == "The site")
        #expect(configuration.profiles["base"]?.title == "base")
    }

    @Test func `a mistake of a profile is reported once though others extend it`() {
        let findings = SampleFolder.load([
            "profiles/base.yaml": "profile: base\nversion: \"2.5.1\"\nmessages: [ADT^A01]\nelements: { PID-99: R }",
            "profiles/site.yaml": "profile: site\nextends: base",
        ]).findings
        #expect(
            findings.map(\.description) == [
                "profiles/base.yaml:4: PID has 39 fields in 2.5.1; write type: and name: to define PID-99"
            ])
    }

    @Test func `profiles and value sets are part of the hash`() throws {
        let profile =
            "profile: p\nversion: \"2.5.1\"\nmessages: [ADT^A01]\nvalueSets: { a: { file: profiles/values/a.txt } }"
        func hash(_ codes: String, _ more: String = "") throws -> String {
            try SampleFolder.configuration(["profiles/p.yaml": profile + more, "profiles/values/a.txt": codes]).hash
        }
        #expect(try hash("A\n") == hash("A\n"))
        #expect(try hash("A\n") != hash("B\n"))
        #expect(try hash("A\n") != hash("A\n", "\nelements: { PID-8: R }"))
    }

    @Test func `value sets are read from the folder`() throws {
        let folder = try TemporaryFolder(files: SampleFolder.files)
        try folder.write(
            "profile: p\nversion: \"2.5.1\"\nmessages: [ADT^A01]\n"
                + "elements: { PV1-2: { values: a } }\nvalueSets: { a: { file: profiles/values/a.txt } }",
            to: "profiles/p.yaml")
        try folder.write("O\n", to: "profiles/values/a.txt")
        let configuration = InterfaceFolder.load(folder.path, environment: .withoutMaps { _ in true }).configuration
        #expect(try Self.summary(configuration?.profiles["p"], Self.admission) == ["103 PV1-2"])
        #expect(configuration?.files.contains { $0.name == "profiles/values/a.txt" } == true)
    }

    @Test func `examples that come out otherwise are errors at their lines`() throws {
        let folder = try TemporaryFolder(files: SampleFolder.files)
        try folder.write(Self.admission, to: "profiles/examples/a01.hl7")
        try folder.write(
            """
            profile: p
            version: "2.5.1"
            messages: [ADT^A01]
            elements: { PID-18: R }
            examples:
              - { message: profiles/examples/a01.hl7, ack: AE, findings: [{ location: PID-18, code: 101 }] }
              - { message: profiles/examples/a01.hl7, ack: AE }
              - { message: profiles/examples/a01.hl7, ack: AA }
              - { message: profiles/examples/a01.hl7, ack: AE, findings: [{ location: PID-19, code: 101 }] }
              - { message: profiles/examples/a01.hl7, ack: AE, findings: [] }
              - { message: profiles/examples/a02.hl7, ack: AA }
            """, to: "profiles/p.yaml")
        let findings = InterfaceFolder.check(folder.path, environment: .withoutMaps { _ in true }).findings
        #expect(
            findings.map(\.description) == [
                "profiles/p.yaml:8: examples/a01.hl7 is answered AE, and the example says AA; it has 101 at PID-18",
                "profiles/p.yaml:9: examples/a01.hl7 lacks 101 at PID-19 and has 101 at PID-18 too; correct findings: "
                    + "or the profile",
                "profiles/p.yaml:10: examples/a01.hl7 has 101 at PID-18 too; correct findings: or the profile",
                "profiles/p.yaml:11: examples/a02.hl7 is not there; write the path of a message, as "
                    + "profiles/examples/a01.hl7",
            ])
    }

    @Test func `a profile can be read by itself, with those that it extends`() throws {
        let folder = try TemporaryFolder(files: [:])
        try folder.write(
            "profile: base\nversion: \"2.5.1\"\nmessages: [ADT^A01]\nelements: { PID-18: R }", to: "profiles/base.yaml")
        try folder.write("profile: site\nextends: base\nelements: { PID-19: R }", to: "profiles/site.yaml")
        try folder.write("profile: broken\nextends: bse", to: "profiles/broken.yaml")
        let site = InterfaceFolder.profile(at: folder.path + "/profiles/site.yaml")
        #expect(site.findings == [])
        #expect(try Self.summary(site.profile, Self.admission) == ["101 PID-18", "101 PID-19"])
        let broken = InterfaceFolder.profile(at: folder.path + "/profiles/broken.yaml")
        #expect(broken.profile == nil)
        #expect(
            broken.findings.map(\.description) == [
                "profiles/broken.yaml:2: there is no profile bse; write profiles/bse.yaml"
            ])
        let absent = InterfaceFolder.profile(at: folder.path + "/profiles/none.yaml")
        #expect(absent.findings.map(\.severity) == [.error])
    }

    @Test(arguments: ["hospital-adt", "laboratory-reporting"])
    func `a shipped profile has examples that pass and examples that fail`(name: String) throws {
        let configuration = try #require(InterfaceFolder.load(InterfaceFolderTests.shipped).configuration)
        let profile = try #require(configuration.profiles[name])
        #expect(InterfaceFolder.failures(of: profile, bytesMax: 1 << 20) == [])
        #expect(profile.examples.contains { $0.verdict == .accept })
        #expect(profile.examples.contains { $0.verdict == .error && $0.errors?.isEmpty == false })
    }

    private static func readme() throws -> String {
        let bytes = try FolderFiles.contents(of: InterfaceFolderTests.shipped + "/README.md", bytesMax: 1 << 20).get()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `the profile in the README is one`() throws {
        let blocks = try Self.readme().split(separator: "```").filter { $0.hasPrefix("yaml\nprofile: north-adt") }
        let text = try #require(blocks.first).dropFirst(5)
        let configuration = try SampleFolder.configuration(["profiles/north-adt.yaml": String(text)])
        #expect(configuration.profiles["north-adt"]?.examples.count == 1)
    }

    @Test(arguments: Rule.allCases)
    func `the README names every rule`(rule: Rule) throws {
        #expect(try Self.readme().contains("`\(rule.rawValue)`"))
    }
}
