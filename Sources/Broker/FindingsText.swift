import FHIR
import HL7

/// Findings as they are journaled with an entry: a JSON array in the shape that `wardline validate` prints.
enum FindingsText {
    static func encoded(_ problems: [Acknowledgment.Problem]) -> [UInt8]? {
        guard !problems.isEmpty else { return nil }
        let values = problems.map { problem -> JSONValue in
            let severity =
                switch problem.severity {
                case .error: "error"
                case .warning: "warning"
                case .information: "information"
                }
            var object: JSONObject = ["severity": .string(severity), "code": .string("\(problem.code)")]
            if let location = problem.location { object["location"] = .string("\(location)") }
            object["text"] = .string(problem.text)
            return .object(object)
        }
        return JSONValue.array(values).bytes()
    }
}
