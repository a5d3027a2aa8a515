import FHIR
import Interfaces
import Journaling
import Testing

@testable import Broker

/// Updates of a FHIR server that keeps what it knows.
@Suite(.timeLimit(.minutes(2))) struct UpdateDeliveryTests {
    private let store = TestFHIRStore()

    private func deliver(_ messages: [[UInt8]], ids: String, zone: String = "UTC") async throws -> [DeliveryState?] {
        let store = store
        let server = TestFHIRServer { request, _ in store.answer(request) }
        return try await delivered(messages, to: server, ids: ids, zone: zone) { test, seq in
            try await test.journal.delivery(seq, endpoint: "clinic.inbox")?.state
        }
    }

    private func delivered<Result: Sendable>(
        _ messages: [[UInt8]], to server: TestFHIRServer, ids: String = "theirs", zone: String = "UTC",
        sender: String = "", _ read: (TestBroker, Int64) async throws -> Result
    ) async throws -> [Result] {
        var results: [Result] = []
        try await server.run { port in
            let files = [
                "providers/hospital.yaml": """
                provider: hospital
                sends:
                  - { as: { application: HIS, facility: GH }, timezone: \(zone)\(sender) }
                """,
                "providers/clinic.yaml": """
                provider: clinic
                receives:
                  inbox: { fhir: "http://127.0.0.1:\(port)/fhir", ids: \(ids), updates: patch, keepSent: true }
                """,
            ]
            results = try await withBroker(try TestFolder.configuration(files, withMaps: true)) { test in
                var results: [Result] = []
                for (index, message) in messages.enumerated() {
                    _ = try await test.send([message])
                    let seq = Int64(index + 1)
                    try await test.eventually("delivery \(seq) has an end") {
                        let state = try await test.journal.delivery(seq, endpoint: "clinic.inbox")?.state
                        return state == .delivered || state == .held
                    }
                    results.append(try await read(test, seq))
                }
                return results
            }
        }
        return results
    }

    private static func message(_ id: String, _ event: String, _ segments: String...) -> [UInt8] {
        let lines = ["MSH|^~\\&|HIS|GH|WL|EX|20260301120000+0000||ADT^\(event)^ADT_A01|\(id)|P|2.5.1"] + segments
        return lines.flatMap { Array($0.utf8) + [0x0D] }
    }

    private static let known = message(
        "M1", "A01", "EVN||20260301120000+0000",
        "PID|1||P1^^^GH^MR||EVERYWOMAN^EVE||19700101|F|||1 Old St^^Ames^IA||555-1^PRN^PH|555-2|EN|M|||123-45-6789",
        "PV1|1|I|W^1^1||||7^Doctor^Dora^^^^^^GH||||||||||||V1^^^GH|||||||||||||||||||||||||20260301110000+0000")

    private func without(_ keys: [String], _ resource: JSONObject) -> JSONObject {
        JSONObject(resource.members.filter { !keys.contains($0.key) }.map { ($0.key, $0.value) })
    }

    /// Telecoms and such, in any order.
    private func elements(_ key: String, _ resource: JSONObject) -> Set<String> {
        Set((resource[key]?.array ?? []).map { $0.json() })
    }

    @Test(arguments: ["ours", "theirs"])
    func `A08 with another address and a null telephone changes these and nothing else`(ids: String) async throws {
        let update = Self.message(
            "M2", "A08", "EVN||20260302120000+0000", #"PID|1||P1^^^GH^MR||||||||9 New St^^Boone^IA||"""#)
        // First the admission alone, to know what was there.
        #expect(try await deliver([Self.known], ids: ids) == [.delivered])
        let before = try #require(store.all("Patient").first)
        let visits = store.all("Encounter")
        #expect(try await deliver([update], ids: ids) == [.delivered])
        let after = try #require(store.all("Patient").first)
        #expect(store.all("Patient").count == 1)
        #expect(after["address"]?.array?.count == 1)
        #expect(after["address"]?[0]?["city"] == "Boone")
        #expect(after["telecom"]?.array?.map { $0["value"] } == ["555-2"])
        let changed = ["address", "telecom", "identifier"]
        #expect(Set(without(changed, after).members) == Set(without(changed, before).members))
        #expect(elements("identifier", after) == elements("identifier", before))
        #expect(store.all("Encounter") == visits)
    }

    @Test(arguments: ["ours", "theirs"])
    func `A08 of a patient whom the server does not know creates the patient`(ids: String) async throws {
        let update = Self.message(
            "M1", "A08", "EVN||20260302120000+0000", "PID|1||P1^^^GH^MR||EVERYWOMAN^EVE||19700101|F")
        #expect(
            try await deliver([update, Self.known.replacing("|M1|", "|M2|")], ids: ids) == [.delivered, .delivered])
        let patients = store.all("Patient")
        #expect(patients.count == 1)
        #expect(patients.first?["maritalStatus"] != nil)
    }

    @Test func `HL7 nulls delete, and only what they stand for`() async throws {
        let update = Self.message(
            "M2", "A31", "EVN||20260302120000+0000", #"PID|1||P1^^^GH^MR|||||||||||""||"""#)
        #expect(try await deliver([Self.known], ids: "theirs") == [.delivered])
        let before = try #require(store.all("Patient").first)
        #expect(try await deliver([update], ids: "theirs") == [.delivered])
        let after = try #require(store.all("Patient").first)
        #expect(after["maritalStatus"] == nil)
        #expect(after["telecom"]?.array?.map { $0["value"] } == ["555-1"])
        let changed = ["maritalStatus", "telecom", "identifier"]
        #expect(Set(without(changed, after).members) == Set(without(changed, before).members))
    }

    @Test func `an update takes the place of the attending doctor and leaves the doctor's own record`() async throws {
        let update = Self.message(
            "M2", "A08", "EVN||20260302120000+0000", "PID|1||P1^^^GH^MR",
            "PV1|1|I|||||8^Second^Sam^^^^^^GH||||||||||||V1^^^GH")
        #expect(try await deliver([Self.known], ids: "theirs") == [.delivered])
        // Somebody else knows more of the second doctor.
        let doctors = store.all("Practitioner")
        #expect(doctors.count == 1)
        var second = try #require(doctors.first)
        second["identifier"] = [["system": "urn:wardline:hospital:GH", "value": "8"]]
        second["birthDate"] = "1960-01-01"
        store.put(second, at: "Practitioner/second")
        #expect(try await deliver([update], ids: "theirs") == [.delivered])
        let visit = try #require(store.all("Encounter").first)
        let references = visit["participant"]?.array?.compactMap { $0["individual"]?["reference"]?.string } ?? []
        #expect(references == ["Practitioner/second"])
        #expect(store.all("Practitioner") == doctors + [second])
        // What the update did not say.
        #expect(visit["period"] != nil && visit["location"] != nil)
    }

    @Test func `what was sent of an update is both bundles`() async throws {
        let store = store
        let server = TestFHIRServer { request, _ in store.answer(request) }
        let update = Self.message("M1", "A08", "EVN||20260302120000+0000", "PID|1||P1^^^GH^MR||||19700101|F")
        let sent = try await delivered([update], to: server) { test, seq in
            try await test.journal.delivery(seq, endpoint: "clinic.inbox")?.sentBytes
        }
        let requests = server.requests
        #expect(requests.count == 2)
        var both: [UInt8] = requests.first?.body ?? []
        both.append(0x0A)
        both += requests.last?.body ?? []
        #expect(sent.first == both)
    }

    @Test func `a booked appointment without a zone is held, naming the provider and the key`() async throws {
        let server = TestFHIRServer { _, _ in TestFHIRServer.Response(status: 500) }
        let lines = [
            "MSH|^~\\&|HIS|GH|WL|EX|20260301120000||SIU^S12^SIU_S12|M1|P|2.5.1",
            "SCH|A1^GH||||||R^Routine||30|min^min|^^30^20260401090000^20260401093000||||||||||||||Booked",
            "PID|1||P1^^^GH^MR||EVERYWOMAN^EVE", "RGS|1", "AIS|1||X^Exam|20260401090000",
        ]
        let booking: [UInt8] = lines.flatMap { Array($0.utf8) + [0x0D] }
        let reasons = try await delivered([booking], to: server, zone: "none") { test, seq in
            try await test.journal.delivery(seq, endpoint: "clinic.inbox")?.reason
        }
        let reason = try #require(reasons.first ?? nil)
        #expect(reason.contains("timezone needed: SCH-11"))
        #expect(reason.contains("hospital") && reason.contains("timezone"))
        #expect(server.requests.isEmpty)
    }

    @Test func `the sender says which identifier identifies a patient, in whatever order they come`() async throws {
        let server = TestFHIRServer { [store] request, _ in store.answer(request) }
        let one = Self.message("M1", "A31", "EVN||20260302120000+0000", "PID|1||1^^^GH^MR~9^^^GH^PI||A")
        let other = Self.message("M2", "A31", "EVN||20260302120000+0000", "PID|1||9^^^GH^PI~2^^^GH^MR||B")
        _ = try await delivered([one, other], to: server, sender: ", identifiers: [PI, MR]") { _, _ in true }
        #expect(store.all("Patient").count == 1)
    }
}
