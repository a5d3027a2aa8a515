import Testing

@testable import HL7Conformance

@Suite struct StructureAutomatonTests {
    /// Whether an automaton accepts a sequence of three-letter names.
    static func accepts(_ automaton: StructureAutomaton, _ names: String) -> Bool {
        var state = 0
        for name in names.split(separator: " ") {
            guard let symbol = automaton.symbol(DefinitionLoader.code(name.utf8)),
                let next = automaton.next(state, symbol)
            else { return false }
            state = next
        }
        return automaton.isAccepting(state)
    }

    @Test(arguments: [
        ("AAA BBB? CCC*", "AAA", true), ("AAA BBB? CCC*", "AAA BBB CCC CCC", true),
        ("AAA BBB? CCC*", "AAA BBB BBB", false),
        ("AAA (G: BBB CCC?)+", "AAA", false), ("AAA (G: BBB CCC?)+", "AAA BBB BBB CCC", true),
        ("AAA (G: BBB CCC?)+", "AAA CCC", false), ("AAA <C: BBB | CCC DDD>? EEE", "AAA CCC DDD EEE", true),
        ("AAA <C: BBB | CCC DDD>? EEE", "AAA BBB CCC DDD EEE", false), ("AAA <C: BBB | CCC DDD>? EEE", "AAA EEE", true),
        ("(G: AAA? BBB?)? CCC", "CCC", true), ("(G: AAA? BBB?)* CCC", "BBB AAA BBB CCC", true), ("AAA", "", false),
    ])
    func `an automaton accepts what its grammar says`(grammar: String, names: String, isAccepted: Bool) {
        #expect(Self.accepts(StructureAutomaton(grammar: grammar.utf8), names) == isAccepted)
    }

    @Test(arguments: Version.allCases)
    func `every structure of a version has an automaton that can be passed through`(version: Version) {
        let set = Definitions.set(version)
        for (hash, structure) in set.structures {
            let name = structure.name.string(in: DefinitionTables.structures)
            let built = Structure(
                data: set, hash: hash, nameText: structure.name, grammarText: structure.grammar
            ).automaton
            #expect(built.symbols.first == SegmentName.msh, "\(name)")
            #expect(built.missing(from: 0, before: nil)?.first == 0, "\(name)")
            for symbol in built.symbols.indices {
                #expect(
                    built.missing(from: 0, before: symbol) != nil, "\(name) \(SegmentName.text(built.symbols[symbol]))")
            }
        }
    }

    @Test func `an admission has about thirty states and room for one patient`() throws {
        let automaton = try #require(Definitions.version(.v2_5_1).structure("ADT_A01")).automaton
        #expect((25...35).contains(automaton.stateCount))
        #expect(automaton.allowsOnePatientOnly)
    }

    @Test func `a result has room for many patients, an exchange of beds for two`() throws {
        #expect(try #require(Definitions.version(.v2_5_1).structure("ORU_R01")).automaton.allowsOnePatientOnly == false)
        #expect(try #require(Definitions.version(.v2_5_1).structure("ADT_A17")).automaton.allowsOnePatientOnly == false)
    }

    @Test func `what is missing is named in the order of the grammar`() {
        let automaton = StructureAutomaton(grammar: "AAA BBB CCC? DDD EEE".utf8)
        let start = automaton.next(0, 0) ?? 0
        #expect(automaton.missing(from: start, before: 4) == [1, 3])
        #expect(automaton.missing(from: start, before: nil) == [1, 3, 4])
        #expect(automaton.missing(from: start, before: 0) == nil)
    }
}
