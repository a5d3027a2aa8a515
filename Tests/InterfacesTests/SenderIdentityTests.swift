import Testing

@testable import Interfaces

struct SenderIdentityTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var listener = "hospitals"
        var certificates: [String] = []
        var application: String
        var facility = "GH"
        /// The provider and its rule's strictness, which marks the rules here; `?` unknown, `!` mismatch.
        var expected: String

        var testDescription: String { "\(application)|\(facility) \(certificates) on \(listener): \(expected)" }
    }

    static let rows: [Row] = [
        // A certificate binds the connection to its provider.
        Row(certificates: ["hospital.example"], application: "HIS", expected: "hospital lenient"),
        Row(certificates: ["HOSPITAL.example"], application: "HIS", expected: "hospital lenient"),
        Row(certificates: ["other.example", "hospital.example"], application: "HIS", expected: "hospital lenient"),
        Row(certificates: ["hospital.example"], application: "LIS", expected: "hospital strict"),
        Row(certificates: ["hospital.example"], application: "LAB", facility: "LL", expected: "!"),
        Row(certificates: ["hospital.example"], application: "XXX", expected: "!"),
        Row(certificates: ["hospital.example"], application: "his", expected: "!"),
        Row(listener: "bench", certificates: ["hospital.example"], application: "HIS", expected: "!"),
        // Without it, its rules do not exist.
        Row(application: "HIS", expected: "?"),
        Row(listener: "bench", application: "HIS", expected: "?"),
        Row(certificates: ["stranger.example"], application: "HIS", expected: "?"),
        // Rules without a certificate: the most specific one.
        Row(application: "LIS", expected: "hospital strict"),
        Row(application: "LAB", facility: "LL", expected: "lab strict"),
        Row(application: "LAB", facility: "XX", expected: "lab standard"),
        Row(listener: "bench", application: "LAB", facility: "XX", expected: "lab lenient"),
        Row(listener: "bench", application: "LAB", facility: "LL", expected: "lab strict"),
        Row(certificates: ["stranger.example"], application: "LAB", facility: "LL", expected: "lab strict"),
        Row(application: "", facility: "", expected: "?"),
        // A rule that names only a listener takes what is left on it.
        Row(listener: "lab", application: "ANY", facility: "THING", expected: "analyser standard"),
        Row(listener: "lab", application: "LAB", facility: "LL", expected: "lab strict"),
        // One certificate that two providers claim is nobody's.
        Row(certificates: ["hospital.example", "shared.example"], application: "HIS", expected: "!"),
    ]

    static func configuration() throws -> Configuration {
        try SampleFolder.configuration([
            "providers/hospital.yaml": """
            provider: hospital
            sends:
              - as: { application: HIS }
                certificate: hospital.example
                listener: hospitals
                strictness: lenient
              - { as: { application: LIS }, strictness: strict }
            """,
            "providers/lab.yaml": """
            provider: lab
            sends:
              - { as: { application: LAB } }
              - { as: { application: LAB }, listener: bench, strictness: lenient }
              - { as: { application: LAB, facility: LL }, strictness: strict }
            """,
            "providers/analyser.yaml": "provider: analyser\nsends: { listener: lab }",
            "providers/shared.yaml": """
            provider: shared
            sends: { certificate: Shared.example, as: { application: HIS }, listener: hospitals }
            """,
        ])
    }

    @Test(arguments: rows)
    func `a sender is recognised by certificate, then MSH-3 and MSH-4, then listener`(row: Row) throws {
        let identity = try Self.configuration().identify(
            listener: row.listener, certificateNames: row.certificates, application: row.application,
            facility: row.facility)
        let text =
            switch identity {
            case .known(let provider, let rule): "\(provider.name) \(rule.strictness)"
            case .unknown: "?"
            case .mismatch: "!"
            }
        #expect(text == row.expected)
    }

    @Test func `a mismatch names the provider, not the message`() throws {
        let identity = try Self.configuration().identify(
            listener: "hospitals", certificateNames: ["hospital.example"], application: "SECRET", facility: "GH")
        #expect(
            identity == .mismatch("the client certificate is that of hospital, which sends nothing like this here"))
    }
}
