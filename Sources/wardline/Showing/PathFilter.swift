internal import ArgumentParser
internal import Console
internal import HL7

/// The part of a message that is to be shown: a segment, a field, or a part of one. Unlike elsewhere, what has no index
/// means all of them: `OBX-5` is that of every OBX.
struct PathFilter: Hashable, Sendable, ExpressibleByArgument {
    let path: Path
    /// As it was written.
    let text: String

    init?(argument: String) {
        // Which character is wrong is of less use here than the examples in the help.
        guard var path = try? Path(argument) else { return nil }
        path.occurrence = path.occurrence ?? .any
        if path.field != nil { path.repetition = path.repetition ?? .any }
        self.path = path
        text = argument
    }

    func includes(_ line: ShownLine) -> Bool {
        func fits(_ index: Path.Index?, _ number: Int) -> Bool {
            if case .number(let wanted) = index { return wanted == number }
            return true
        }
        /// A value that is not divided is its own first part.
        func fits(_ wanted: Int?, _ part: Int?) -> Bool {
            wanted == nil || wanted == part || (part == nil && line.value != nil && wanted == 1)
        }
        let place = line.location
        guard place.segment == path.segment, fits(path.occurrence, place.occurrence) else { return false }
        guard let field = path.field else { return true }
        return place.field == field && fits(path.repetition, place.repetition ?? 1)
            && fits(path.component, place.component) && fits(path.subcomponent, place.subcomponent)
    }
}
