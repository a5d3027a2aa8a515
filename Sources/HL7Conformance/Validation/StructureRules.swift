import HL7

/// Holds a message's segments against the automaton of its structure: order, groups, missing and unexpected segments.
///
/// Where a segment cannot stand, either something before it is missing or it is out of place. It is out of place if
/// what is missing comes later in the message; then it is passed over.
struct StructureRules {
    private let structure: Structure
    private let automaton: StructureAutomaton
    private let set: DefinitionSet
    private var state = 0
    /// Segments passed over.
    private var misplaced: [Misplaced] = []
    /// By symbol, those of them whose own place was not reached yet: indices in `misplaced`.
    private var waiting: [Int: [Int]] = [:]
    /// The last position of each symbol in the message; made when first needed.
    private var lastPositions: [Int] = []
    /// What is missing, by state and symbol, so that a long message is judged in linear time.
    private var knownGaps: [Int: [Int]?] = [:]

    private struct Misplaced {
        var position: Int
        var symbol: Int
        /// It is missing where it should stand.
        var isRequired = false
    }

    init(structure: Structure, set: DefinitionSet) {
        self.structure = structure
        self.set = set
        automaton = structure.automaton
    }

    /// - Parameter names: the segments' names as numbers, 0 for one that cannot be read.
    mutating func check(_ names: [UInt32], _ report: inout Report) {
        for (position, name) in names.enumerated() where name != 0 && !SegmentName.isLocal(name) {
            // A second MSH was reported as such.
            if name == SegmentName.msh, position > 0 { continue }
            guard let symbol = automaton.symbol(name) else {
                // May end any message (§2.10.2.2); one that does go on elsewhere is not held against a structure.
                if name == SegmentName.dsc { continue }
                reportUnexpected(name, position, &report)
                continue
            }
            if let next = automaton.next(state, symbol) {
                state = next
            } else {
                checkGap(symbol, position, names, &report)
            }
        }
        checkEnd(names, &report)
        checkPatients(names, &report)
    }

    private mutating func checkGap(_ symbol: Int, _ position: Int, _ names: [UInt32], _ report: inout Report) {
        if lastPositions.isEmpty { lastPositions = automaton.symbols.map { names.lastIndex(of: $0) ?? -1 } }
        guard let missing = gap(before: symbol), !missing.contains(where: { lastPositions[$0] > position }) else {
            waiting[symbol, default: []].append(misplaced.count)
            misplaced.append(Misplaced(position: position, symbol: symbol))
            return
        }
        // What must come in any case is missing; the head of a group that need not be there is a lesser matter.
        let mandatory = gap(before: nil) ?? []
        for absent in missing where !stoodElsewhere(absent) {
            reportMissing(absent, isMandatory: mandatory.contains(absent), before: symbol, position, names, &report)
        }
        for step in missing + [symbol] { state = automaton.next(state, step) ?? state }
    }

    private mutating func gap(before symbol: Int?) -> [Int]? {
        let key = state * (automaton.symbols.count + 1) + (symbol ?? automaton.symbols.count)
        if let known = knownGaps[key] { return known }
        let missing = automaton.missing(from: state, before: symbol)
        knownGaps[key] = .some(missing)
        return missing
    }

    /// Whether a segment that is missing here was passed over before, so that one finding says both.
    private mutating func stoodElsewhere(_ symbol: Int) -> Bool {
        guard let index = waiting[symbol]?.popLast() else { return false }
        misplaced[index].isRequired = true
        return true
    }

    private mutating func checkEnd(_ names: [UInt32], _ report: inout Report) {
        let absent = automaton.isAccepting(state) ? [] : gap(before: nil) ?? []
        for symbol in absent where !stoodElsewhere(symbol) {
            reportMissing(symbol, isMandatory: true, before: nil, names.count, names, &report)
        }
        for item in misplaced {
            let name = automaton.symbols[item.symbol]
            let segment = report.message[position: item.position]
            let text = "\(SegmentName.text(name)) cannot stand here in \(structure.name)"
            if item.isRequired, !Self.isContext(name) {
                report.add(.requiredSegmentMisplaced, segment.location(), "\(text), and is required in its place")
            } else {
                report.add(.segmentMisplaced, segment.location(), text)
            }
        }
    }

    private func reportMissing(
        _ symbol: Int, isMandatory: Bool, before: Int?, _ position: Int, _ names: [UInt32], _ report: inout Report
    ) {
        let name = automaton.symbols[symbol]
        let rule: Rule =
            Self.isContext(name) ? .contextSegmentMissing : isMandatory ? .segmentMissing : .groupSegmentMissing
        let place = before.map { " before \(SegmentName.text(automaton.symbols[$0]))" } ?? " before the end"
        report.add(
            rule,
            Location(segment: SegmentName.text(name), occurrence: names[..<position].count { $0 == name } + 1),
            "\(SegmentName.text(name)) is required\(place) in \(structure.name) and missing")
    }

    private func reportUnexpected(_ name: UInt32, _ position: Int, _ report: inout Report) {
        // What the version does not define was reported as unknown; an open structure leaves room for more.
        if automaton.isOpen || set.segment(name) == nil { return }
        let segment = report.message[position: position]
        report.add(
            .segmentUnexpected, segment.location(),
            "\(SegmentName.text(name)) is not in \(structure.name); it is ignored")
    }

    private func checkPatients(_ names: [UInt32], _ report: inout Report) {
        guard automaton.allowsOnePatientOnly, names.count(where: { $0 == SegmentName.pid }) > 1 else { return }
        report.add(
            .secondPatient, Location(segment: "PID", occurrence: 2),
            "a second PID: \(structure.name) is about one patient, and it cannot be told which is meant")
    }

    /// EVN and PV1 are left out by feeds that are otherwise sound.
    private static func isContext(_ name: UInt32) -> Bool { name == SegmentName.evn || name == SegmentName.pv1 }
}
