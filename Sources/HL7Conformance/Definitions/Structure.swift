import Synchronization

/// A message structure of a version: which segments, in which order, how often.
public struct Structure: Sendable {
    let data: DefinitionSet
    let hash: UInt64
    let nameText: TableText
    let grammarText: TableText

    /// `ADT_A01`.
    public var name: String { nameText.string(in: DefinitionTables.structures) }

    /// The structure in words of the standard's own notation, groups named:
    ///
    ///     MSH SFT* EVN PID PD1? (PROCEDURE: PR1 ROL*)* <CHOICE: OBR | RQD>?
    ///
    /// Suffix: none = exactly one, `?` = at most one, `*` = any number, `+` = at least one.
    public var grammar: String { grammarText.string(in: DefinitionTables.structures) }

    /// The automaton that accepts the structure's segment sequences; built on first use and kept.
    var automaton: StructureAutomaton {
        if let built = data.automata.withLock({ $0[hash] }) { return built }
        let automaton = StructureAutomaton(grammar: grammarText.bytes(in: DefinitionTables.structures))
        data.automata.withLock { $0[hash] = automaton }
        return automaton
    }
}
