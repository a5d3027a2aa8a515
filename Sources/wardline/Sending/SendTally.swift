internal import FHIR

/// What came back: counted by each connection, added up at the end.
struct SendTally: Sendable {
    /// An answer that accepts nothing, for people to read.
    struct Refusal: Hashable, Sendable {
        var controlID: String
        var code: String
        /// ERR-2, ERR-3 and ERR-8 of each ERR, or ERR-1; MSA-3.
        var reasons: [String]
    }

    static let refusalsMax = 10
    static let errorsMax = 10

    var sent = 0
    var answered = 0
    /// Answers by MSA-1.
    var codes: [String: Int] = [:]
    /// Messages whose answer named another message, or none.
    var mismatched = 0
    /// Messages sent for which no answer has to come.
    var unanswerable = 0
    /// Further answers to a message that has its answer: application acknowledgements of enhanced mode.
    var followUps = 0
    /// Messages whose answer must come and did not.
    var missing = 0
    var reconnects = 0
    var latencies = LatencyHistogram()
    var refusals: [Refusal] = []
    /// What went wrong with connections.
    var errors: [String] = []

    mutating func add(_ other: SendTally) {
        sent += other.sent
        answered += other.answered
        codes.merge(other.codes, uniquingKeysWith: +)
        mismatched += other.mismatched
        unanswerable += other.unanswerable
        followUps += other.followUps
        missing += other.missing
        reconnects += other.reconnects
        latencies.add(other.latencies)
        refusals = Array((refusals + other.refusals).prefix(Self.refusalsMax))
        errors = Array((errors + other.errors).prefix(Self.errorsMax))
    }

    mutating func add(error: String) {
        if errors.count < Self.errorsMax, !errors.contains(error) { errors.append(error) }
    }

    /// Every message was sent and accepted.
    var isClean: Bool { missing == 0 && mismatched == 0 && codes.keys.allSatisfy { $0 == "AA" || $0 == "CA" } }

    func json(seconds: Double) -> JSONObject {
        func milliseconds(_ share: Double) -> JSONValue { .decimal(Double(latencies.percentile(share)) / 1e6, 3) }
        return [
            "sent": .count(sent), "answered": .count(answered), "seconds": .decimal(seconds, 3),
            "rate": .decimal(seconds > 0 ? Double(answered) / seconds : 0, 1),
            "codes": .object(JSONObject(codes.sorted { $0.key < $1.key }.map { ($0.key, JSONValue.count($0.value)) })),
            "missing": .count(missing), "mismatched": .count(mismatched), "followUps": .count(followUps),
            "reconnects": .count(reconnects),
            "latencyMs": [
                "p50": milliseconds(0.5), "p90": milliseconds(0.9), "p99": milliseconds(0.99),
                "p99.9": milliseconds(0.999), "max": .decimal(Double(latencies.maximum) / 1e6, 3),
            ],
            "refusals": .array(
                refusals.map { refusal in
                    [
                        "controlId": .string(refusal.controlID), "code": .string(refusal.code),
                        "reasons": .array(refusal.reasons.map(JSONValue.string)),
                    ]
                }),
            "errors": .array(errors.map(JSONValue.string)),
        ]
    }

    func text(seconds: Double) -> String {
        func time(_ nanoseconds: UInt64) -> String { Self.fixed(Double(nanoseconds) / 1e6, 2) + " ms" }
        let rate = seconds > 0 ? Self.fixed(Double(answered) / seconds, 0) : "0"
        var lines = ["sent \(sent), answered \(answered) in \(Self.fixed(seconds, 2)) s: \(rate) messages/s"]
        lines += codes.sorted { $0.key < $1.key }.map { "\($0.key.isEmpty ? "no MSA" : $0.key)  \($0.value)" }
        if missing > 0 { lines.append("no answer  \(missing)") }
        if mismatched > 0 { lines.append("answer to another message  \(mismatched)") }
        if followUps > 0 { lines.append("further answers  \(followUps)") }
        if reconnects > 0 { lines.append("reconnected  \(reconnects)") }
        if latencies.count > 0 {
            let shares = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)]
            let parts = shares.map { "\($0.0) \(time(latencies.percentile($0.1)))" }
            lines.append("latency  " + (parts + ["max \(time(latencies.maximum))"]).joined(separator: "  "))
        }
        for refusal in refusals {
            lines.append((["\(refusal.controlID): \(refusal.code)"] + refusal.reasons).joined(separator: "  "))
        }
        return (lines + errors.map { "error: \($0)" }).joined(separator: "\n")
    }

    /// A number with a fixed count of decimals.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((value * scale).rounded())
        guard decimals > 0 else { return "\(scaled)" }
        let fraction = String(scaled % Int(scale))
        return "\(scaled / Int(scale))." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }
}

extension JSONValue {
    static func count(_ number: Int) -> JSONValue { .number(JSONNumber(number)) }

    /// A number that is not negative, with a fixed count of decimals.
    static func decimal(_ value: Double, _ decimals: Int) -> JSONValue {
        // What `fixed` writes is a JSON number.
        (try? JSONNumber(SendTally.fixed(value, decimals))).map(JSONValue.number) ?? .null
    }
}
