internal import HL7
internal import HL7Conformance

/// Warns of paths that read the first of several, or that no version of HL7 defines.
enum PathAdvice {
    /// Segments that the standard lets repeat for one patient and visit. Those around them (PID, PV1) repeat only with
    /// the whole patient.
    private static let repeatingSegments: Set<String> = [
        "AL1", "IAM", "ARV", "CON", "CTD", "CTI", "DB1", "DG1", "DRG", "FT1", "GOL", "GT1", "IN1", "IN2", "IN3", "NK1",
        "NTE", "OBR", "OBX", "ORC", "PR1", "PRB", "PRD", "PRT", "ROL", "RXA", "RXC", "RXE", "RXR", "SAC", "SFT", "SPM",
        "TQ1", "TQ2", "AIG", "AIL", "AIP", "AIS", "RGS", "TXA",
    ]
    /// Looked up in this order: the version most used, then the newest.
    private static let versions: [Version] = [.v2_5_1, .v2_8_2, .v2_3]

    static func check(_ condition: Condition, _ place: Place, _ findings: FindingList) {
        let counted = counted(in: condition.description)
        for path in condition.paths where !counted.contains(path.description) { check(path, place, findings) }
    }

    /// - Parameter meansAll: no index means all of them here, so that nothing need be said.
    static func check(_ path: Path, _ place: Place, _ findings: FindingList, meansAll: Bool = false) {
        // Segments that begin with Z are the sites' own.
        guard !path.segment.hasPrefix("Z") else { return }
        let definitions = versions.compactMap { Definitions.version($0).segment(path.segment) }
        guard !definitions.isEmpty else {
            findings.warning(place, "no version of HL7 has a segment \(path.segment); look at \(path) again")
            return
        }
        guard let field = path.field else { return }
        let fields = definitions.compactMap { $0.field(field) }
        guard !fields.isEmpty else {
            findings.warning(place, "\(path.segment) has no field \(field) in any version; look at \(path) again")
            return
        }
        guard !meansAll else { return }
        if path.occurrence == nil, repeatingSegments.contains(path.segment) {
            findings.warning(place, advice(path, "\(path.segment) can repeat") { $0.occurrence = $1 })
        }
        if path.repetition == nil, fields[0].repetitionsMax != 1 {
            findings.warning(place, advice(path, "\(path.segment)-\(field) can repeat") { $0.repetition = $1 })
        }
    }

    private static func advice(_ path: Path, _ reason: String, _ change: (inout Path, Path.Index) -> Void) -> String {
        var first = path
        var any = path
        change(&first, .number(1))
        change(&any, .any)
        return "\(reason), and \(path) is the first; write \(first) for the first or \(any) for any"
    }

    /// The paths in `count(…)`, where no index means all of them.
    private static func counted(in text: String) -> Set<String> {
        var paths: Set<String> = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "(") {
            let isCount = rest[..<open].reversed().drop { $0 == " " }.starts(with: "tnuoc")
            rest = rest[rest.index(after: open)...]
            if isCount, let close = rest.firstIndex(of: ")") {
                paths.insert(String(rest[..<close].filter { $0 != " " }))
            }
        }
        return paths
    }
}
