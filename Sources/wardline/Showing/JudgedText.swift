internal import HL7
internal import HL7Conformance

/// The verdicts of `wardline validate` for people: a line for each message, its findings below, worst first; what is
/// found at several places is told once.
///
///     AE  a.hl7 #1  ADT^A01  2.5.1  GHH00001
///       PID-5  error   101  PID-5 (Patient Name) is required in 2.5.1 and empty
///       OBX-8  warning 103  not in table 0078
///                           also at OBX[2]-8, OBX[4]-8
struct JudgedText {
    /// Columns of the screen.
    var width: Int
    var isColoured: Bool

    /// Places named for a finding that occurs often.
    private static let placesMax = 12

    func lines(_ judged: JudgedMessage) -> [String] {
        let header = judged.message?.header
        let title = [
            "\(judged.item.file) #\(judged.item.index)", header?.type ?? "", header?.version ?? "", judged.controlID,
        ].filter { !$0.isEmpty }.joined(separator: "  ").visible
        let verdict = judged.verdict.style.paint(judged.verdict.rawValue, isColoured)
        let heading = title.wrapped(to: width - 4).enumerated().map { ($0 == 0 ? verdict + "  " : "    ") + $1 }
        let lines = heading + self.lines(judged.findings)
        let guess = judged.message == nil ? MessageFiles.guess(judged.item.bytes) : ""
        return guess.isEmpty ? lines : lines + guess.wrapped(to: width - 2).map { "  " + $0 }
    }

    /// What is wrong around the messages of a batch file; nothing if all is well.
    func lines(_ batch: MessageFiles.BatchFile, file: String, _ findings: [Finding]) -> [String] {
        guard !findings.isEmpty else { return [] }
        let names = batch.envelope.map { String(decoding: $0.prefix(3), as: UTF8.self) }
        return "\(file)  batch file with \(names.joined(separator: ", "))".visible.wrapped(to: width) + lines(findings)
    }

    // MARK: Findings

    /// A finding with every place that it was found at.
    private struct Group {
        var finding: Finding
        var places: [String]
    }

    private func lines(_ findings: [Finding]) -> [String] {
        let groups = groups(findings)
        let placeWidth = min(max(groups.map { $0.places.first?.count ?? 0 }.max() ?? 0, 5), 16)
        return groups.flatMap { lines($0, placeWidth) }
    }

    private func groups(_ findings: [Finding]) -> [Group] {
        var positions: [[String]: Int] = [:]
        var groups: [Group] = []
        for finding in findings {
            let key = [finding.severity.rawValue, finding.rule.rawValue, finding.text]
            let place = finding.location.map { "\($0)" } ?? ""
            if let position = positions[key] {
                groups[position].places.append(place)
            } else {
                positions[key] = groups.count
                groups.append(Group(finding: finding, places: [place]))
            }
        }
        return Severity.allCases.reversed().flatMap { severity in groups.filter { $0.finding.severity == severity } }
    }

    private func lines(_ group: Group, _ placeWidth: Int) -> [String] {
        let severity = group.finding.severity
        let name = (severity == .information ? "note" : severity.rawValue).padded(to: 7)
        let place = group.places.first?.visible ?? ""
        let label = "\(severity.style.paint(name, isColoured)) \(group.finding.code)"
        let start = 2 + placeWidth + 2 + 7 + 1 + 3 + 2
        var text = group.finding.text.visible.wrapped(to: max(width - start, 20))
        let others = group.places.dropFirst()
        if !others.isEmpty {
            let rest = others.count - Self.placesMax
            let named = others.prefix(Self.placesMax).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
            text += "also at \(named)".wrapped(to: max(width - start, 20))
        }
        let margin = String(repeating: " ", count: start)
        var lines: [String] = []
        // A place that is too long for its column has a line of its own.
        if place.count > placeWidth { lines.append("  " + place) }
        let head = place.count > placeWidth ? "" : place
        return lines
            + text.enumerated().map { number, line in
                number == 0 ? "  \(head.padded(to: placeWidth))  \(label)  \(line)" : margin + line
            }
    }
}

/// What a run over several messages amounts to: `3 messages: 2 AA, 1 AE; 1 error, 2 warnings`.
struct JudgedTotals: CustomStringConvertible {
    private(set) var messages = 0
    private var verdicts: [Verdict: Int] = [:]
    private var findings = FindingCounts([])

    var isClean: Bool { verdicts[.accept, default: 0] == messages }

    mutating func add(_ judged: JudgedMessage) {
        messages += 1
        verdicts[judged.verdict, default: 0] += 1
        for finding in judged.findings { findings.add(finding.severity) }
    }

    var description: String {
        let counts = [Verdict.accept, .error, .reject].compactMap { verdict in
            verdicts[verdict].map { "\($0) \(verdict.rawValue)" }
        }
        return "\(messages) messages: \(counts.joined(separator: ", ")); \(findings)"
    }
}

extension Verdict {
    var style: TextStyle {
        switch self {
        case .accept: .green
        case .error, .reject: .red
        }
    }
}
