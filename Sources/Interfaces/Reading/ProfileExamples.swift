internal import HL7
internal import HL7Conformance

/// The examples that profiles carry: `wardline check` runs them.
extension InterfaceFolder {
    /// The examples that do not come out as their profile says.
    package static func failures(inExamplesOf configuration: Configuration) -> [InterfaceFinding] {
        configuration.profiles.sorted { $0.key < $1.key }.flatMap { _, profile in
            failures(of: profile, bytesMax: configuration.broker.limits.frameBytesMax)
        }
    }

    static func failures(of profile: ConformanceProfile, bytesMax: Int) -> [InterfaceFinding] {
        let validator = Validator(profile: profile.profile)
        return profile.examples.compactMap { example in
            failure(of: example, validator, bytesMax).map {
                InterfaceFinding(severity: .error, file: example.file, line: example.line, text: $0)
            }
        }
    }

    private static func failure(of example: ProfileExample, _ validator: Validator, _ bytesMax: Int) -> String? {
        let name = example.message.split(separator: "/").suffix(2).joined(separator: "/")
        let message: Message
        switch storedMessage(example.message, name, hint: "profiles/examples/a01.hl7", bytesMax: bytesMax) {
        case .success(let read): message = read
        case .failure(let reason): return reason.text
        }
        let errors = validator.findings(in: message).filter { $0.severity == .error }
        let found = errors.map {
            ProfileExample.Expected(location: $0.location.map(String.init(describing:)) ?? "", code: $0.code)
        }
        let list = found.isEmpty ? "no errors" : found.map(\.description).joined(separator: ", ")
        let verdict = Verdict(errors)
        if verdict != example.verdict {
            return "\(name) is answered \(verdict.rawValue), and the example says \(example.verdict.rawValue); "
                + "it has \(list)"
        }
        guard let expected = example.errors else { return nil }
        var surplus = found
        var absent: [ProfileExample.Expected] = []
        for error in expected {
            if let index = surplus.firstIndex(of: error) { surplus.remove(at: index) } else { absent.append(error) }
        }
        if absent.isEmpty, surplus.isEmpty { return nil }
        let said = absent.isEmpty ? "" : "lacks \(absent.map(\.description).joined(separator: ", "))"
        let more = surplus.isEmpty ? "" : "has \(surplus.map(\.description).joined(separator: ", ")) too"
        return "\(name) \([said, more].filter { !$0.isEmpty }.joined(separator: " and ")); correct findings: "
            + "or the profile"
    }
}
