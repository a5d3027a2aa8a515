internal import ArgumentParser

/// What a command prints: lines for people, or one JSON object a line.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case text, json
}
