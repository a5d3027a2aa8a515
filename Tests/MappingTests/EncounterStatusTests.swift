import FHIR
import HL7
import Mapping
import Testing

/// How far a visit is after each event of ADT: cancels set it back.
struct EncounterStatusTests {
    private func visit(_ event: String, discharge: String) throws -> Resource? {
        let visit = "PV1|1|I|W^1^1||||||||||||||||V1^^^GH" + String(repeating: "|", count: 25) + "20240301|" + discharge
        let message = try Message(
            parsing: Array(
                [#"MSH|^~\&|A|F|||20240305101500+0000||ADT^\#(event)|1|P|2.5.1"#, "PID|||P1^^^GH^MR", visit]
                    .joined(separator: "\r").utf8))
        let bundle = try Mapper(try SampleMaps.builtIn.get()).bundle(from: message, receivedAt: SampleMaps.received)
        return bundle.resources.first { $0.type == "Encounter" }
    }

    @Test(arguments: [
        ("A01", "in-progress", "finished"), ("A02", "in-progress", "finished"), ("A03", "finished", "finished"),
        ("A05", "planned", "finished"), ("A14", "planned", "finished"), ("A21", "onleave", "finished"),
        // Of an admission, a pending admission and a pre-admission: there is no visit.
        ("A11", "cancelled", "cancelled"), ("A27", "cancelled", "cancelled"), ("A38", "cancelled", "cancelled"),
        // Of a discharge: whatever time it says, the patient is still there.
        ("A13", "in-progress", "in-progress"),
        // Of a transfer, a pending discharge, a pending transfer, a departure, a leave and a change of doctors.
        ("A12", "in-progress", "finished"), ("A25", "in-progress", "finished"), ("A26", "in-progress", "finished"),
        ("A33", "in-progress", "finished"), ("A52", "in-progress", "finished"), ("A55", "in-progress", "finished"),
        // Of a return from leave: the leave goes on.
        ("A53", "onleave", "finished"), ("A23", "entered-in-error", "entered-in-error"),
    ])
    func `an event leaves a visit where it says`(row: (event: String, open: String, discharged: String)) throws {
        #expect(try visit(row.event, discharge: "")?["status"]?.string == row.open)
        #expect(try visit(row.event, discharge: "20240302")?["status"]?.string == row.discharged)
    }

    @Test func `a cancelled discharge takes the time of the discharge back`() throws {
        #expect(try visit("A03", discharge: "20240302")?["period"]?["end"] == "2024-03-02")
        let visit = try #require(try visit("A13", discharge: "20240302"))
        #expect(visit["period"]?["end"] == nil)
        #expect(visit["period"]?["start"] == "2024-03-01")
        #expect(visit["location"]?[0]?["status"] == "active")
    }
}
