package import HL7Conformance

/// A profile of `profiles/NAME.yaml`, compiled, with its stored examples.
package struct ConformanceProfile: Sendable {
    package var profile: Profile
    /// For people; the name where the file gives none.
    package var title: String
    package var examples: [ProfileExample]

    package init(profile: Profile, title: String, examples: [ProfileExample] = []) {
        self.profile = profile
        self.title = title
        self.examples = examples
    }
}

/// A message with the verdict that its profile should give it. `wardline check` runs them.
package struct ProfileExample: Hashable, Sendable {
    /// An error that is expected.
    package struct Expected: Hashable, Sendable, CustomStringConvertible {
        /// As findings are written: `PID-3.1`; empty for one without a place.
        package var location: String
        /// Of HL7 table 0357.
        package var code: Int

        package init(location: String, code: Int) {
            self.location = location
            self.code = code
        }

        package var description: String { location.isEmpty ? "\(code)" : "\(code) at \(location)" }
    }

    /// Absolute path.
    package var message: String
    package var verdict: Verdict
    /// Exactly the errors of the message; nil: nothing is said of them.
    package var errors: [Expected]?
    /// The file of the profile, below the interfaces folder, and the line of the example, counted from 1.
    package var file: String
    package var line: Int

    package init(message: String, verdict: Verdict, errors: [Expected]?, file: String, line: Int) {
        self.message = message
        self.verdict = verdict
        self.errors = errors
        self.file = file
        self.line = line
    }
}

extension Configuration {
    /// The validator that judges the messages of a sender.
    package func validator(for rule: SenderRule) -> Validator {
        Validator(
            strictness: rule.strictness, processingIDs: Set(rule.processing ?? broker.processing),
            assumedVersion: rule.assume.version.flatMap { Version(rawValue: $0) },
            assumedProcessingID: rule.assume.processingID, rules: rule.rules,
            profile: rule.profile.flatMap { profiles[$0]?.profile })
    }
}
