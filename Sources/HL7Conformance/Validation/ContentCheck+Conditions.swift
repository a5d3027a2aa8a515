import HL7

/// Conditions between fields that the standard states in words: where one is valued, another must be (usage C).
///
/// OBX-2 is in `+Varying`, MSH-15 and MSH-16 in ``HeaderRules``. Conditions that rest on what people agreed on
/// (ORC-2, OBR-25, …) cannot be checked.
extension ContentCheck {
    mutating func checkConditions(_ segment: DefinitionSet.SegmentRow) {
        switch place.name {
        case SegmentName.pid: checkSpecies(segment)
        case SegmentName.rxa: checkAdministration()
        case SegmentName.err: checkErrorLocations()
        case SegmentName.mfi: readResponseLevel()
        case SegmentName.mfe: checkRecordControlID(segment)
        case SegmentName.rdf: readColumns()
        default: break
        }
    }

    private func isValued(_ field: Int) -> Bool { valued & 1 << UInt64(field) != 0 }

    private mutating func require(_ field: Int, as rule: Rule = .fieldConditional, _ text: String) {
        place.field = field
        add(rule, text)
    }

    /// PID-35 is required with PID-36 or PID-38, PID-36 with PID-37 (HL7 2.5.1 §3.4.2.35, §3.4.2.36).
    private mutating func checkSpecies(_ segment: DefinitionSet.SegmentRow) {
        let animal: UInt64 = 1 << 36 | 1 << 37 | 1 << 38
        guard valued & animal != 0, segment.fieldCount >= 36,
            rows.fields[Int(segment.firstField) + 34].usage == .conditional
        else { return }
        if isValued(37), !isValued(36) {
            require(36, "PID-36 (Breed Code) is required where PID-37 (Strain) has a value")
        }
        if isValued(36) || isValued(38), !isValued(35) {
            require(35, "PID-35 (Species Code) is required where PID-36 (Breed Code) or PID-38 has a value")
        }
    }

    /// RXA-7 says what the number in RXA-6 counts; 0 is "none given", 999 "not known" (HL7 2.5.1 §4.14.7.6, 4.14.7.7).
    private mutating func checkAdministration() {
        guard isValued(6), !isValued(7), let amount = message[position: place.segment].field(6)?.bytes,
            !amount.elementsEqual("999".utf8), !amount.allSatisfy({ $0 == 0x30 || $0 == 0x2E })
        else { return }
        require(
            7, as: .fieldConditionalUncertain,
            "RXA-7 (Administered Units) is required unless the code in RXA-5 implies what RXA-6 counts")
    }

    /// A part of an error location stands within the part before it (ERL, HL7 2.5.1 §2.A.28).
    private mutating func checkErrorLocations() {
        guard set.version >= .v2_5, isValued(2) else { return }
        let locations = message[position: place.segment].field(2)?.repetitions ?? []
        place.field = 2
        for (index, location) in locations.enumerated() {
            let parts = location.components.map { !$0.isEmpty && !$0.isNull }
            for (part, within) in [(3, 2), (4, 3), (5, 3), (6, 5)]
            where part <= parts.count && parts[part - 1] && !parts[within - 1] {
                place.repetition = index + 1
                place.component = within
                add(
                    .componentConditional,
                    "component \(within) of an error location is required where component \(part) has a value")
            }
        }
        place.repetition = nil
        place.component = nil
    }

    // MARK: Master files

    /// MFI-6 (table 0179): every level but NE asks for answers to single records.
    private mutating func readResponseLevel() {
        guard isValued(6), let level = message[position: place.segment].field(6)?.bytes else {
            varying.answersRecords = false
            return
        }
        varying.answersRecords = ["AL", "ER", "SU"].contains { level.elementsEqual($0.utf8) }
    }

    /// MFE-2 is what an answer to a record names it by (HL7 2.5.1 §8.5.2.2).
    private mutating func checkRecordControlID(_ segment: DefinitionSet.SegmentRow) {
        guard varying.answersRecords, !isValued(2), segment.fieldCount >= 2,
            rows.fields[Int(segment.firstField) + 1].usage == .conditional
        else { return }
        require(2, "MFE-2 (MFN Control ID) is required where MFI-6 asks for answers to single records")
    }
}
