/// A deterministic automaton over segment names that accepts exactly one message structure.
///
/// Built by Glushkov's construction (one position for each segment of the grammar) and the subset construction:
/// ADT_A01 has about 30 states, the largest structure 833. Z segments are no symbols: they may stand anywhere.
final class StructureAutomaton: Sendable {
    /// Segment codes in the order of the grammar.
    let symbols: [UInt32]
    /// The state after `symbol` in `state` at `state * symbols.count + symbol`; 0 = none (state 0 is the start, to
    /// which nothing leads).
    private let transitions: [UInt16]
    private let accepting: [Bool]
    /// The grammar leaves places to the site, so that a segment that is not a symbol may still be right.
    let isOpen: Bool
    /// The structure has room for one PID only.
    let allowsOnePatientOnly: Bool

    var stateCount: Int { accepting.count }

    init(grammar text: some Collection<UInt8>) {
        let grammar = Grammar(text)
        isOpen = grammar.containsAnything
        allowsOnePatientOnly = grammar.maximum(of: SegmentName.pid) == 1
        var positions = Positions()
        let root = positions.add(grammar)
        var symbols: [UInt32] = []
        var symbolOf: [Int] = []
        for code in positions.codes {
            let known = symbols.firstIndex(of: code)
            if known == nil { symbols.append(code) }
            symbolOf.append(known ?? symbols.count - 1)
        }
        self.symbols = symbols
        (transitions, accepting) = Self.determinised(positions, root, symbolOf, symbols.count)
    }

    func symbol(_ code: UInt32) -> Int? { symbols.firstIndex(of: code) }

    func next(_ state: Int, _ symbol: Int) -> Int? {
        let next = transitions[state * symbols.count + symbol]
        return next == 0 ? nil : Int(next)
    }

    func isAccepting(_ state: Int) -> Bool { accepting[state] }

    /// The fewest symbols that must come after `state` before `symbol` can stand, or before the message may end if
    /// `symbol` is nil; nil if it cannot. Breadth first, so the symbols named are those that are missing.
    func missing(from state: Int, before symbol: Int?) -> [Int]? {
        var origin: [Int: (state: Int, symbol: Int)] = [:]
        var queue = [state]
        var head = 0
        while head < queue.count {
            let current = queue[head]
            head += 1
            let isGoal = symbol.map { next(current, $0) != nil } ?? accepting[current]
            if isGoal {
                var path: [Int] = []
                var at = current
                while at != state, let step = origin[at] {
                    path.append(step.symbol)
                    at = step.state
                }
                return path.reversed()
            }
            for candidate in symbols.indices {
                guard let reached = next(current, candidate), reached != state, origin[reached] == nil else { continue }
                origin[reached] = (current, candidate)
                queue.append(reached)
            }
        }
        return nil
    }

    // MARK: Construction

    private static func determinised(
        _ positions: Positions, _ root: Positions.Fragment, _ symbolOf: [Int], _ symbolCount: Int
    ) -> ([UInt16], [Bool]) {
        var states: [Set<Int>: Int] = [:]
        var queue: [Set<Int>] = [[]]
        var transitions: [UInt16] = []
        var accepting: [Bool] = []
        let last = Set(root.last)
        var head = 0
        while head < queue.count {
            let state = queue[head]
            accepting.append(head == 0 ? root.isNullable : !state.isDisjoint(with: last))
            var targets = [Set<Int>](repeating: [], count: symbolCount)
            let reachable =
                head == 0 ? Set(root.first) : state.reduce(into: Set()) { $0.formUnion(positions.follow[$1]) }
            for position in reachable { targets[symbolOf[position]].insert(position) }
            for target in targets {
                guard !target.isEmpty else {
                    transitions.append(0)
                    continue
                }
                let number = states[target] ?? queue.count
                if number == queue.count {
                    states[target] = number
                    queue.append(target)
                }
                transitions.append(UInt16(number))
            }
            head += 1
        }
        return (transitions, accepting)
    }

    /// Glushkov's sets of a grammar.
    private struct Positions {
        struct Fragment {
            var first: [Int] = []
            var last: [Int] = []
            var isNullable = true
        }

        var codes: [UInt32] = []
        var follow: [Set<Int>] = []

        mutating func add(_ grammar: Grammar) -> Fragment {
            switch grammar {
            case .segment(let code):
                codes.append(code)
                follow.append([])
                return Fragment(first: [codes.count - 1], last: [codes.count - 1], isNullable: false)
            case .anything:
                return Fragment()
            case .optional(let node):
                var fragment = add(node)
                fragment.isNullable = true
                return fragment
            case .group(_, let node):
                return add(node)
            case .oneOrMore(let node):
                let fragment = add(node)
                for position in fragment.last { follow[position].formUnion(fragment.first) }
                return fragment
            case .choice(let nodes):
                var all = Fragment(isNullable: false)
                for node in nodes {
                    let fragment = add(node)
                    all.first += fragment.first
                    all.last += fragment.last
                    all.isNullable = all.isNullable || fragment.isNullable
                }
                return all
            case .sequence(let nodes):
                return nodes.reduce(Fragment()) { joined, node in concatenated(joined, add(node)) }
            }
        }

        private mutating func concatenated(_ left: Fragment, _ right: Fragment) -> Fragment {
            for position in left.last { follow[position].formUnion(right.first) }
            return Fragment(
                first: left.isNullable ? left.first + right.first : left.first,
                last: right.isNullable ? left.last + right.last : right.last,
                isNullable: left.isNullable && right.isNullable)
        }
    }
}

/// Segment names as numbers: the three bytes, big-endian.
enum SegmentName {
    static let msh: UInt32 = 0x4D5348
    static let fhs: UInt32 = 0x464853
    static let bhs: UInt32 = 0x424853
    static let pid: UInt32 = 0x504944
    static let pv1: UInt32 = 0x505631
    static let evn: UInt32 = 0x45564E
    static let obx: UInt32 = 0x4F4258
    static let orc: UInt32 = 0x4F5243
    static let obr: UInt32 = 0x4F4252
    static let rxa: UInt32 = 0x525841
    static let err: UInt32 = 0x455252
    static let mfi: UInt32 = 0x4D4649
    static let mfe: UInt32 = 0x4D4645
    static let mfa: UInt32 = 0x4D4641
    static let rdf: UInt32 = 0x524446
    static let rdt: UInt32 = 0x524454
    static let qpd: UInt32 = 0x515044
    static let dsc: UInt32 = 0x445343

    /// A letter and two letters or digits, upper case.
    static func isWellFormed(_ code: UInt32) -> Bool {
        func isUpper(_ byte: UInt32) -> Bool { byte >= 0x41 && byte <= 0x5A }
        func isDigit(_ byte: UInt32) -> Bool { byte >= 0x30 && byte <= 0x39 }
        let (second, third) = (code >> 8 & 0xFF, code & 0xFF)
        return isUpper(code >> 16) && (isUpper(second) || isDigit(second)) && (isUpper(third) || isDigit(third))
    }

    static func isLocal(_ code: UInt32) -> Bool { code >> 16 == 0x5A }

    static func text(_ code: UInt32) -> String {
        String(decoding: [UInt8(code >> 16 & 0xFF), UInt8(code >> 8 & 0xFF), UInt8(code & 0xFF)], as: UTF8.self)
    }

    /// MSH, FHS and BHS: the first two fields are the separators.
    static func isHeader(_ name: UInt32) -> Bool { name == msh || name == fhs || name == bhs }
}
