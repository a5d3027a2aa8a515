internal import Yams

/// A file of the folder, read as YAML.
enum YAMLDocument {
    /// The top mapping of a file; nil, with the reason noted, if there is none.
    static func node(of file: Configuration.File, findings: FindingList) -> Node? {
        let top = Place(file: file.name, line: 1)
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            findings.error(top, "not UTF-8; save the file as UTF-8")
            return nil
        }
        do {
            guard let node = try Yams.compose(yaml: text), !isEmpty(node) else {
                findings.error(top, "the file is empty; delete it or fill it in")
                return nil
            }
            return node
        } catch let error as YamlError {
            let (line, problem) = explain(error)
            findings.error(Place(file: file.name, line: max(line, 1)), problem)
        } catch {
            findings.error(top, "not YAML; look for an unbalanced quote or bracket")
        }
        return nil
    }

    private static func isEmpty(_ node: Node) -> Bool { node.scalar?.string.isEmpty ?? false }

    private static func explain(_ error: YamlError) -> (line: Int, text: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let hint = problem.contains("tab") ? "indent with spaces" : "look at the indentation, quotes and brackets"
            return (mark.line, "not YAML: \(problem); \(hint) here and on the line before")
        case .duplicatedKeysInMapping(let duplicates, let context):
            let keys = duplicates.sorted().map { "\"\($0)\"" }.joined(separator: " and ")
            return (context.mark.line, "the key \(keys) is there twice; keep one")
        default:
            return (1, "not YAML; look for an unbalanced quote or bracket")
        }
    }
}
