import Testing

@testable import Interfaces

/// What `wardline check` says about one wrong file of a folder that is right otherwise.
struct Mistake: CustomTestStringConvertible, Sendable {
    var file: String
    var text: String
    var findings: [String]

    init(in file: String, _ text: String, is findings: [String]) {
        self.file = file
        self.text = text
        self.findings = findings
    }

    var testDescription: String { findings.first ?? text }
}

extension Mistake {
    static let all: [Mistake] = [inBroker, inAlerts, inSenders, inEndpoints, inDelivery, inRoutes, inProfiles].flatMap(
        \.self)
}

struct MistakesTests {
    @Test(arguments: Mistake.all)
    func `a mistake is reported with its file, its line and what to write instead`(mistake: Mistake) {
        let (configuration, findings) = SampleFolder.load([mistake.file: mistake.text])
        #expect(findings.map(\.description) == mistake.findings)
        #expect((configuration == nil) == findings.contains { $0.severity == .error })
    }

    @Test(arguments: [
        ("messages: [SIU]", true), ("messages: [ADT, SIU^S12]", true), ("onError: forward", true),
        ("messages: [ADT]", false),
    ])
    func `a sender of appointments for FHIR without a time zone is warned about`(keys: String, isWarned: Bool) {
        let (configuration, findings) = SampleFolder.load([
            "providers/hospital.yaml": """
            provider: hospital
            sends:
              - as: { application: HIS, facility: GH }
                timezone: none
                \(keys)
            """,
            "routes/all.yaml": """
            route: all
            to: [clinic.fhir]
            """,
        ])
        #expect(configuration != nil)
        let warning = "providers/hospital.yaml:3: without a time zone its booked appointments (SIU) are held for "
        #expect(findings.contains { $0.severity == .warning && $0.description.hasPrefix(warning) } == isWarned)
        #expect(findings.contains { "\($0)".contains("SIU") } == isWarned)
    }
}
