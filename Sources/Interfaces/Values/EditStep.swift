package import HL7

/// One change to the outgoing copy of a message.
package struct EditStep: Hashable, Sendable {
    package enum Change: Hashable, Sendable {
        /// Literal texts, in the order written.
        case set([Assignment])
        case copy(from: Path, to: Path)
        case translate(Path, TranslationTable)
        /// Segments, or values that are emptied.
        case remove([Path])
    }

    package struct Assignment: Hashable, Sendable {
        package var path: Path
        package var text: String

        package init(path: Path, text: String) {
            self.path = path
            self.text = text
        }
    }

    package var change: Change
    /// Left out where it is false; asked of the copy as the steps before left it.
    package var condition: Condition?

    package init(_ change: Change, when condition: Condition? = nil) {
        self.change = change
        self.condition = condition
    }
}

/// Codes of the sender and what a receiver calls them: `tables/NAME.yaml`.
package struct TranslationTable: Hashable, Sendable {
    /// What a code that the table lacks becomes.
    package enum Otherwise: Hashable, Sendable {
        case keep
        /// The delivery is held for a person.
        case hold
        case text(String)
    }

    package var name: String
    package var codes: [String: String]
    package var otherwise: Otherwise

    package init(name: String, codes: [String: String], otherwise: Otherwise = .keep) {
        self.name = name
        self.codes = codes
        self.otherwise = otherwise
    }
}
