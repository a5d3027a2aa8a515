/// A mistake in a map file: where it is and what to write instead.
public struct MapMistake: Hashable, Sendable, CustomStringConvertible {
    /// The file's path below the folder of maps, such as `segments/PID-Patient.yaml`.
    public var file: String
    /// Counted from 1.
    public var line: Int
    /// What is wrong, and what to write instead.
    public var text: String

    public init(file: String, line: Int, text: String) {
        self.file = file
        self.line = line
        self.text = text
    }

    public var description: String { "\(file):\(line): \(text)" }
}

/// Why maps cannot be used, or a message cannot be mapped. Holds no text of a message but its type.
public struct MapError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// The map files have mistakes; ``MapError/mistakes`` has all of them.
        case mistakes
        /// A folder or file could not be read.
        case unreadable
        /// No map is meant for messages of this type.
        case noMap
        /// The message needs an exact time, and nobody knows its zone.
        case timeZoneNeeded
        /// The message would become more resources than ``MappingOptions/resourcesMax``.
        case tooManyResources
    }

    public var code: Code
    public var text: String
    /// In the order of files and lines.
    public var mistakes: [MapMistake]

    init(_ code: Code, _ text: String, mistakes: [MapMistake] = []) {
        self.code = code
        self.text = text
        self.mistakes = mistakes
    }

    public var description: String {
        mistakes.isEmpty ? text : mistakes.map(\.description).joined(separator: "\n")
    }
}

/// Collects the mistakes of all files, so that all can be reported at once.
final class MistakeList {
    private(set) var mistakes: [MapMistake] = []

    func add(_ place: MapPlace, _ text: String) {
        add(MapMistake(file: place.file, line: place.line, text: text))
    }

    func add(_ mistake: MapMistake) {
        if !mistakes.contains(mistake) { mistakes.append(mistake) }
    }

    var sorted: [MapMistake] { mistakes.sorted { ($0.file, $0.line) < ($1.file, $1.line) } }
}

/// A line of a map file.
struct MapPlace: Hashable, Sendable {
    var file: String
    var line: Int
}
