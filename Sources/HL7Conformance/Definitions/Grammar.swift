/// A structure's grammar as a tree.
indirect enum Grammar {
    case segment(UInt32)
    case sequence([Grammar])
    case choice([Grammar])
    case optional(Grammar)
    case oneOrMore(Grammar)
    /// Segments that belong together, under the standard's name for them (`PATIENT_RESULT`).
    case group(String, Grammar)
    /// `ANYHL7SEGMENT` and the like: whatever the site agrees on.
    case anything

    /// Parses the notation of ``Structure/grammar``. It is our own data, checked by a test for every structure, so
    /// what cannot be read is passed over.
    init(_ text: some Collection<UInt8>) {
        var parser = Parser(text: Array(text))
        self = parser.sequence(until: [])
    }

    private struct Parser {
        let text: [UInt8]
        var position = 0

        mutating func sequence(until ends: [UInt8]) -> Grammar {
            var items: [Grammar] = []
            while position < text.count, !ends.contains(text[position]) {
                if text[position] == UInt8(ascii: " ") {
                    position += 1
                } else {
                    items.append(item())
                }
            }
            return .sequence(items)
        }

        private mutating func item() -> Grammar {
            let node: Grammar
            switch text[position] {
            case UInt8(ascii: "("):
                let name = groupName()
                node = .group(name, sequence(until: [UInt8(ascii: ")")]))
                position += 1
            case UInt8(ascii: "<"):
                _ = groupName()
                node = choice()
            default:
                node = segment()
            }
            return suffixed(node)
        }

        private mutating func choice() -> Grammar {
            var alternatives: [Grammar] = []
            repeat {
                alternatives.append(sequence(until: [UInt8(ascii: "|"), UInt8(ascii: ">")]))
                position += 1
            } while position <= text.count && text[position - 1] == UInt8(ascii: "|")
            return .choice(alternatives)
        }

        private mutating func segment() -> Grammar {
            let start = position
            position += 1
            while position < text.count, !" ()<>|?*+".utf8.contains(text[position]) { position += 1 }
            let name = text[start..<position]
            let isSegment = name.count == 3 && name.allSatisfy { $0 < 0x60 }
            return isSegment ? .segment(DefinitionLoader.code(name)) : .anything
        }

        /// What stands between the bracket and the colon.
        private mutating func groupName() -> String {
            let start = position + 1
            while position < text.count, text[position] != UInt8(ascii: ":") { position += 1 }
            defer { position += 1 }
            return String(decoding: text[min(start, position)..<position], as: UTF8.self)
        }

        private mutating func suffixed(_ node: Grammar) -> Grammar {
            guard position < text.count else { return node }
            switch text[position] {
            case UInt8(ascii: "?"):
                position += 1
                return .optional(node)
            case UInt8(ascii: "*"):
                position += 1
                return .optional(.oneOrMore(node))
            case UInt8(ascii: "+"):
                position += 1
                return .oneOrMore(node)
            default: return node
            }
        }
    }

    /// How often a segment can occur; nil = any number of times.
    func maximum(of code: UInt32) -> Int? {
        switch self {
        case .segment(let own): return own == code ? 1 : 0
        case .anything: return 0
        case .optional(let node), .group(_, let node): return node.maximum(of: code)
        case .oneOrMore(let node): return node.maximum(of: code) == 0 ? 0 : nil
        case .choice(let nodes):
            var most = 0
            for node in nodes {
                guard let count = node.maximum(of: code) else { return nil }
                most = max(most, count)
            }
            return most
        case .sequence(let nodes):
            var sum = 0
            for node in nodes {
                guard let count = node.maximum(of: code) else { return nil }
                sum += count
            }
            return sum
        }
    }

    var containsAnything: Bool {
        switch self {
        case .segment: false
        case .anything: true
        case .optional(let node), .oneOrMore(let node), .group(_, let node): node.containsAnything
        case .choice(let nodes), .sequence(let nodes): nodes.contains(where: \.containsAnything)
        }
    }
}
