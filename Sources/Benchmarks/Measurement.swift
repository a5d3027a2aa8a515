internal import FHIR
internal import Foundation

/// One line of output.
struct Measurement {
    var name: String
    var value: Double
    var unit = "messages/s"
    /// What `value` is compared with, in the same unit.
    var baseline: Double
    var detail: JSONObject

    /// - Parameter against: what the baseline is.
    init(_ name: String, _ value: Double, unit: String = "messages/s", baseline: Double, against: String) {
        self.name = name
        self.value = value
        self.unit = unit
        self.baseline = baseline
        detail = ["baseline": .string(against)]
    }

    /// The same with more to read in `detail`.
    func with(_ key: String, _ value: JSONValue) -> Measurement {
        var copy = self
        copy.detail[key] = value
        return copy
    }

    var json: String {
        let object: JSONObject = [
            "name": .string(name), "value": .rounded(value), "unit": .string(unit), "baseline": .rounded(baseline),
            "ratio": .rounded(baseline > 0 ? value / baseline : 0), "detail": .object(detail),
        ]
        return JSONValue.object(object).json()
    }
}

extension JSONValue {
    /// A number with four significant digits at least.
    static func rounded(_ value: Double) -> JSONValue {
        let decimals = value >= 1_000 ? 0 : value >= 10 ? 1 : value >= 1 ? 3 : 5
        // What a format with a fixed count of decimals writes is a JSON number, unless it is infinite.
        return (try? JSONNumber(String(format: "%.\(decimals)f", value))).map(JSONValue.number) ?? .null
    }

    /// The value of a number.
    var double: Double? { number.flatMap { Double($0.text) } }
}
