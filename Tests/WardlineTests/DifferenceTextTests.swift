import Testing

@testable import Console
@testable import wardline

struct DifferenceTextTests {
    private func text(_ changes: [AdminAPI.Difference.Change], form: String = "hl7") -> [String] {
        DifferenceText(
            difference: AdminAPI.Difference(
                seq: 7, endpoint: "clinic.inbox", state: "delivered", form: form, origin: "kept",
                asSent: true,
                unchanged: false, changes: changes)
        ).lines(width: 80, isColoured: false)
    }

    @Test func `what was and what is stand below the name`() {
        #expect(
            text([.init(location: "MSH-5", name: "Receiving Application", received: "HUB", sent: "LAB")])
                == [
                    "#7 as sent to clinic.inbox: 1 place differs", "", "  MSH-5  Receiving Application",
                    "    - HUB",
                    "    + LAB",
                ])
    }

    @Test func `for FHIR each value says which elements carry it, or that it is lost`() {
        let changes: [AdminAPI.Difference.Change] = [
            .init(location: "PID-8", name: "Sex", received: "F", elements: ["Patient[1].gender"]),
            .init(location: "PID-15.1", name: "Identifier", received: "en", lost: true),
        ]
        #expect(
            text(changes, form: "fhir") == [
                "#7 as sent to clinic.inbox: 2 values, 1 of them lost", "", "  PID-8  Sex", "    = F",
                "    > Patient[1].gender", "", "  PID-15.1  Identifier  lost", "    - en",
            ])
    }
}
