/// How much of a message may be lost when it becomes FHIR.
package enum LossBudget: Hashable, Sendable, CustomStringConvertible {
    /// So many values.
    case values(Int)
    /// So many of a hundred values.
    case percent(Double)

    /// `12`, or `2.5%`; nil if the text is neither.
    package init?(_ text: String) {
        if text.hasSuffix("%") {
            guard let share = Double(text.dropLast()), (0...100).contains(share) else { return nil }
            self = .percent(share)
        } else {
            guard let count = Int(text), count >= 0 else { return nil }
            self = .values(count)
        }
    }

    package func allows(_ lost: Int, of leaves: Int) -> Bool {
        switch self {
        case .values(let count): lost <= count
        case .percent(let share): Double(lost) * 100 <= share * Double(leaves)
        }
    }

    package var description: String {
        switch self {
        case .values(let count): "\(count)"
        case .percent(let share): "\(share.formatted)%"
        }
    }
}

extension Double {
    /// Without a fraction where it has none.
    fileprivate var formatted: String { self == rounded() ? "\(Int(self))" : "\(self)" }
}
