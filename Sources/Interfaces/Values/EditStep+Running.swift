package import HL7

extension Message {
    /// A copy with steps run in order: what an endpoint is sent.
    ///
    /// - Throws: ``EditFailure`` with the step that could not be run; the delivery is then held.
    package func edited(by steps: [EditStep]) throws(EditFailure) -> Message {
        var editor = MessageEditor(message: self)
        for (index, step) in steps.enumerated() where step.condition?.evaluate(on: editor.message) ?? true {
            var problem: String?
            do throws(EditError) {
                problem = try step.change.run(on: &editor)
            } catch {
                problem = error.description
            }
            if let problem { throw EditFailure(step: index + 1, text: problem) }
        }
        return editor.message
    }
}

/// Why an outgoing copy could not be made. Holds no text of the message.
package struct EditFailure: Error, Hashable, Sendable, CustomStringConvertible {
    /// Counted from 1.
    package var step: Int
    package var text: String

    package var description: String { "edit \(step): \(text)" }
}

extension EditStep.Change {
    /// Makes the change.
    ///
    /// - Returns: why a translation is not possible; nil if all went well.
    fileprivate func run(on editor: inout MessageEditor) throws(EditError) -> String? {
        switch self {
        case .set(let assignments):
            for assignment in assignments { try editor.set(assignment.text, at: assignment.path) }
        case .copy(let source, let target):
            try editor.copy(from: source, to: target)
        case .remove(let paths):
            for path in paths { try editor.remove(path) }
        case .translate(let path, let table):
            for place in path.places(in: editor.message) {
                guard let value = editor.message.value(at: place), value.presence == .value else { continue }
                switch (table.codes[value.text], table.otherwise) {
                case (let code?, _): try editor.set(code, at: place)
                case (nil, .text(let text)): try editor.set(text, at: place)
                case (nil, .keep): break
                case (nil, .hold): return "the table \(table.name) lacks the code at \(place)"
                }
            }
        }
        return nil
    }
}

extension Path {
    /// The single codes that a path names: every `[*]` counted out, and the first component where it names none.
    fileprivate func places(in message: Message) -> [Path] {
        var base = self
        base.component = component ?? 1
        var places = [base]
        if occurrence == .any {
            places = message.segments(segment).map { found in
                var place = base
                place.occurrence = .number(found.occurrence)
                return place
            }
        }
        guard repetition == .any, let field else { return places }
        return places.flatMap { place in
            var whole = Path(segment: place.segment, occurrence: place.occurrence, field: field)
            whole.repetition = .any
            let count = message.values(at: whole).count
            return (0..<count).map { index in
                var single = place
                single.repetition = .number(index + 1)
                return single
            }
        }
    }
}
