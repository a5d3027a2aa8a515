/// Builds and reads the resource in which FHIR reports problems.
public struct OperationOutcome: Hashable, Sendable {
    /// Value set `issue-severity`.
    public enum Severity: String, Hashable, Sendable, CaseIterable {
        case fatal, error, warning, information
    }

    /// `OperationOutcome.issue`.
    public struct Issue: Hashable, Sendable {
        public var severity: Severity
        /// A code of the value set `issue-type`, such as `invalid`, `required` or `not-supported`.
        public var code: String
        /// What is wrong and what to do, for people.
        public var diagnostics: String?
        /// FHIRPath expressions of the elements concerned.
        public var expression: [String]

        public init(severity: Severity, code: String, diagnostics: String? = nil, expression: [String] = []) {
            self.severity = severity
            self.code = code
            self.diagnostics = diagnostics
            self.expression = expression
        }
    }

    /// At least one, by the standard.
    public var issues: [Issue]

    public init(issues: [Issue]) { self.issues = issues }

    /// One error.
    public init(error code: String, _ diagnostics: String) {
        issues = [Issue(severity: .error, code: code, diagnostics: diagnostics)]
    }

    public var resource: Resource {
        var resource = Resource(type: "OperationOutcome")
        for issue in issues {
            var object: JSONObject = ["severity": .string(issue.severity.rawValue), "code": .string(issue.code)]
            if let diagnostics = issue.diagnostics, !diagnostics.isEmpty {
                object["diagnostics"] = .string(diagnostics)
            }
            if !issue.expression.isEmpty { object["expression"] = .array(issue.expression.map(JSONValue.string)) }
            resource.append(.object(object), to: "issue")
        }
        return resource
    }

    /// What an OperationOutcome received says, its issues joined by `; `; nil if the value is no OperationOutcome or
    /// says nothing.
    ///
    /// - Parameter value: from outside, so at most 20 issues and 1,000 characters of it are used.
    public static func text(in value: JSONValue) -> String? {
        guard value["resourceType"]?.string == "OperationOutcome" else { return nil }
        let texts = (value["issue"]?.array ?? []).prefix(20).compactMap { issue -> String? in
            issue["diagnostics"]?.string ?? issue["details"]?["text"]?.string
                ?? issue["details"]?["coding"]?[0]?["display"]?.string ?? issue["code"]?.string
        }
        return texts.isEmpty ? nil : String(texts.joined(separator: "; ").prefix(1_000))
    }
}
