/// What a check of the audit log found.
package struct AuditReport: Hashable, Sendable {
    /// The first bad event, or the range it lies in.
    package struct Damage: Hashable, Sendable {
        package var first: Int64
        /// Equal to ``first`` if the event is named exactly.
        package var last: Int64
        /// Completes "event 7 is …" or "events 7 to 9 are …".
        package var what: String

        package init(first: Int64, last: Int64, what: String) {
            self.first = first
            self.last = last
            self.what = what
        }

        /// `event 7` or `events 7 to 9`.
        package var span: String { first == last ? "event \(first)" : "events \(first) to \(last)" }
    }
    /// Nil if every event is as it was written.
    package var damage: Damage?
    /// Damage to heads and tree rows, one line each.
    package var problems: [String] = []
    /// Events read.
    package var events: Int64 = 0
    /// Events that the last signed head covers.
    package var signed: Int64 = 0
    package var heads = 0
    /// Of ``events``, those that are no longer kept, up to this number; a signed head proves them.
    package var removed: Int64 = 0
    /// Whether a head kept elsewhere was compared. Without one, events and heads taken back together
    /// to an earlier state cannot be told from a log that ended there.
    package var excludesRollback = false

    package init() {}

    package var isGood: Bool { damage == nil && problems.isEmpty }
    /// Events after the last signed head. Not damage.
    package var unsigned: Int64 { max(0, events - signed) }

    /// The report as lines for a person.
    package var lines: [String] {
        var lines: [String] = []
        if let damage {
            lines.append("first bad event: \(damage.first)")
            lines.append("\(damage.span): \(damage.what)")
        }
        lines += problems
        if isGood { lines.append("ok: \(events) events, \(heads) signed heads") }
        if damage == nil, removed > 0 { lines.append("removed: events 1 to \(removed), under a signed head") }
        if damage == nil, unsigned > 0 { lines.append("unsigned: \(unsigned)") }
        if !excludesRollback {
            lines.append(
                "a roll-back of events and heads together is not excluded: compare a head kept elsewhere with --head FILE"
            )
        }
        return lines
    }
}
