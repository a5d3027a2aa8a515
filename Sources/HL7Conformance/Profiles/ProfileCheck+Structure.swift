import HL7

/// How often segments and groups occur, and the conditions on several elements.
extension ProfileCheck {
    mutating func checkCounts() {
        for (index, frame) in grouped.frames.enumerated() {
            scope.frame = index
            for (slot, count) in plan.counted[frame.group].enumerated() {
                check(count, found: grouped.counts[frame.counts + slot], in: index)
            }
        }
        scope.frame = 0
        for count in plan.countedInMessage {
            guard case .segment(let code) = count.subject else { continue }
            check(count, found: grouped.names.count { $0 == code }, in: 0)
        }
    }

    private mutating func check(_ plan: CountPlan, found: Int, in frame: Int) {
        var outcome: ProfileUsage.Plain?
        var reason = ""
        if let usage = plan.usage {
            let holds = plan.condition?.evaluate(on: scope) ?? true
            outcome = holds ? usage.usage : usage.otherwise ?? usage.usage
            reason = Self.reason(plan.condition, holds)
        }
        switch outcome {
        case .required where found == 0:
            add(
                plan, occurrence: 1, in: frame,
                "\(plan.label) is required by the profile \(profile.name)\(reason) and missing")
        case .notAllowed where found > 0:
            add(
                plan, occurrence: 1, in: frame,
                "\(plan.label) must not be sent by the profile \(profile.name)\(reason.isEmpty ? "" : reason)")
        default: checkCardinality(plan, found: found, in: frame)
        }
    }

    private mutating func checkCardinality(_ plan: CountPlan, found: Int, in frame: Int) {
        guard let cardinality = plan.cardinality, found > 0 else { return }
        if let maximum = cardinality.maximum, found > maximum {
            add(plan, occurrence: maximum + 1, in: frame, text(plan.label, found, "allows \(maximum)"))
        } else if found < cardinality.minimum {
            add(
                plan, occurrence: found + 1, in: frame,
                text(plan.label, found, "asks for at least \(cardinality.minimum)"))
        }
    }

    /// Adds a finding at one occurrence of what is counted, or where the next would be.
    private mutating func add(_ plan: CountPlan, occurrence: Int, in frame: Int, _ text: String) {
        let (grouped, location) = (grouped, plan.location)
        report.add(
            .profileSegment, Self.location(of: plan.subject, location, occurrence, in: frame, grouped), text)
    }

    private static func location(
        of subject: CountPlan.Subject, _ name: String, _ occurrence: Int, in frame: Int, _ grouped: GroupedMessage
    ) -> Location {
        var position: Int?
        switch subject {
        case .segment(let code):
            var remaining = occurrence
            let range = grouped.frames[frame].start..<grouped.frames[frame].end
            position = range.first { index in
                guard grouped.names[index] == code, frame == 0 || grouped.frameOf[index] == frame else { return false }
                remaining -= 1
                return remaining == 0
            }
        case .group(let group):
            let instances = grouped.frames.filter { $0.parent == frame && $0.group == group }
            if occurrence <= instances.count { position = instances[occurrence - 1].start }
        }
        if let position { return grouped.message[position: position].location() }
        let code = DefinitionLoader.code(name.utf8)
        let before = grouped.names[..<grouped.frames[frame].end].count { $0 == code }
        return Location(segment: name, occurrence: before + 1)
    }

    // MARK: Conditions on several elements

    mutating func checkConstraints() {
        for plan in plan.constraints {
            switch plan.scope {
            case .message:
                scope.frame = 0
                check(plan)
            case .groups(let groups):
                for (index, frame) in grouped.frames.enumerated() where groups.contains(frame.group) {
                    scope.frame = index
                    check(plan)
                }
            case .segment(let code, let places):
                for (position, name) in grouped.names.enumerated() where name == code {
                    if let places, !places.contains(grouped.places[position]) { continue }
                    scope.segment = position
                    scope.frame = grouped.frameOf[position]
                    check(plan)
                }
                scope.segment = -1
            }
        }
    }

    private mutating func check(_ plan: ConstraintPlan) {
        let constraint = plan.constraint
        if let condition = constraint.condition, !condition.evaluate(on: scope) { return }
        if constraint.requirement.evaluate(on: scope) { return }
        let scope = scope
        report.add(
            .profileConstraint, plan.location.map { scope.location(of: $0) }, atMost: constraint.severity,
            "\(constraint.text) (profile \(profile.name), \(constraint.name))")
    }
}
