import HL7

/// Holds a message against a profile: the elements of its segments, then how often segments and groups occur, then the
/// conditions on several elements.
///
/// This file: segments and fields; `+Values` repetitions and single values; `+Structure` counts and conditions.
struct ProfileCheck {
    let profile: Profile
    let plan: ProfilePlan
    let grouped: GroupedMessage
    let bytes: [UInt8]
    let delimiters: Delimiters
    var report: Report
    var scope: ProfileScope
    /// The component and sub-component that are looked at; nil: the field or repetition as a whole.
    var component: Int?
    var subcomponent: Int?

    init(_ profile: Profile, _ grouped: GroupedMessage, _ report: Report) {
        self.profile = profile
        plan = grouped.plan
        self.grouped = grouped
        bytes = grouped.message.indexedBytes
        delimiters = grouped.message.delimiters
        self.report = report
        scope = ProfileScope(grouped: grouped)
    }

    mutating func check() {
        for (position, name) in grouped.names.enumerated() {
            guard name != 0 else { continue }
            let place = grouped.places[position]
            let index = place >= 0 ? plan.planOfPlace[place] : plan.planOfCode[name] ?? -1
            let checksObservation = name == SegmentName.obx && !profile.observations.isEmpty
            guard index >= 0 || checksObservation else { continue }
            scope.segment = position
            scope.frame = grouped.frameOf[position]
            let segment = grouped.message[position: position]
            if index >= 0 { check(segment, plan.segments[index]) }
            if checksObservation { checkObservation(segment) }
        }
        scope.segment = -1
        scope.field = 0
        checkCounts()
        checkConstraints()
    }

    private mutating func check(_ segment: Segment, _ plan: SegmentPlan) {
        for field in plan.fields { check(segment, field) }
        if plan.lastField > 0, segment.fieldCount > plan.lastField {
            for number in (plan.lastField + 1)...segment.fieldCount {
                guard let range = segment.field(number)?.range, isValued(range) else { continue }
                scope.field = number
                add(.profileUnexpected, "the profile \(profile.name) ends this segment with field \(plan.lastField)")
            }
        }
        scope.field = 0
    }

    private mutating func check(_ segment: Segment, _ plan: FieldPlan) {
        let range = segment.field(plan.number)?.range ?? 0..<0
        scope.field = plan.number
        scope.repetition = 0
        let isNull = isNull(range)
        let isValued = !isNull && isValued(range)
        if let element = plan.element, !checkUsage(element, isValued: isValued, isNull: isNull) { return }
        guard isValued else { return }
        if isSeparators(plan.number) {
            if let element = plan.element { checkValue(element, range) }
            return
        }
        checkRepetitions(plan, range)
        scope.repetition = 0
    }

    /// MSH-1 and MSH-2 hold the separators themselves and are not divided by them.
    private func isSeparators(_ field: Int) -> Bool { field <= 2 && grouped.names[scope.segment] == SegmentName.msh }

    // MARK: Usage

    /// - Returns: false if nothing more is to be said of the element.
    mutating func checkUsage(_ element: ElementPlan, isValued: Bool, isNull: Bool) -> Bool {
        guard let usage = element.usage else { return true }
        if !usage.isConditional, usage.usage == .required ? isValued : usage.usage != .notAllowed { return true }
        let holds = element.condition?.evaluate(on: scope) ?? true
        let outcome = holds ? usage.usage : usage.otherwise ?? usage.usage
        switch outcome {
        case .required where !isValued:
            let found = isNull ? "and cannot be deleted" : "and empty"
            add(
                .profileRequired,
                "\(element.label) is required by the profile \(profile.name)\(Self.reason(element, holds)) \(found)")
            return false
        case .notAllowed where isValued || isNull:
            add(
                .profileNotAllowed,
                "\(element.label) must be empty by the profile \(profile.name)\(Self.reason(element, holds))")
            return false
        default: return true
        }
    }

    /// ` where PV1-2 = "I"`, for a usage with a condition.
    static func reason(_ condition: Condition?, _ holds: Bool) -> String {
        condition.map { holds ? " where \($0)," : " unless \($0)," } ?? ""
    }

    private static func reason(_ element: ElementPlan, _ holds: Bool) -> String { reason(element.condition, holds) }

    // MARK: Places

    /// Some byte is neither a separator nor part of the null value.
    func isValued(_ range: Range<Int>) -> Bool {
        for at in range {
            let byte = bytes[at]
            if byte != delimiters.component, byte != delimiters.repetition, byte != delimiters.subcomponent {
                return true
            }
        }
        return false
    }

    func isNull(_ range: Range<Int>) -> Bool {
        range.count == 2 && bytes[range.lowerBound] == 0x22 && bytes[range.lowerBound + 1] == 0x22
    }

    /// Adds a finding at the place that is looked at.
    mutating func add(_ rule: Rule, atMost most: Severity = .error, _ text: String) {
        let (scope, component, subcomponent) = (scope, component, subcomponent)
        report.add(
            rule,
            grouped.message[position: scope.segment].location(
                field: scope.field == 0 ? nil : scope.field,
                repetition: scope.repetition > 0 ? scope.repetition : component == nil ? nil : 1,
                component: component, subcomponent: subcomponent), atMost: most, text)
    }
}
