import Auditing
import HL7
import Testing

@testable import Broker
@testable import Journaling

@Suite struct FindKeysTests {
    private static let secret = [UInt8](repeating: 7, count: 32)

    private static func keys(
        _ type: String, _ disposition: Disposition, _ message: Message?
    ) -> Set<UInt64> {
        var shared = FindKeys.Shared()
        let entry = FreshEntries.Item(
            seq: 1, receivedAt: 0, provider: "hospital", type: type, disposition: disposition, message: message)
        return FindKeys(entry, secret: secret, shared: &shared).hashes
    }

    private static func hashes(_ segments: [String], version: String = "2.5.1") throws -> Set<UInt64> {
        let header = "MSH|^~\\&|HIS|GH|WL|EX|20260301||ORU^R01|M1|P|\(version)"
        let bytes = ([header] + segments).flatMap { (segment: String) -> [UInt8] in Array(segment.utf8) + [0x0D] }
        return keys("ORU^R01", .accepted, try Message(parsing: bytes))
    }

    private static func query(_ change: (inout FindQuery) -> Void) -> [UInt64] {
        var query = FindQuery()
        change(&query)
        return query.keys(secret: secret)
    }

    /// A message, what somebody looks for, and whether the keys of the one are among those of the other.
    struct Case: Sendable, CustomTestStringConvertible {
        var segment: String
        var version = "2.5.1"
        var query: @Sendable (inout FindQuery) -> Void
        var isFound = true
        var testDescription: String { segment }
    }

    @Test(arguments: [
        Case(segment: "PID|||12345^^^GHH") { $0.patient = "12345" },
        Case(segment: "PID|||12345^^^GHH") { $0.patient = " 12345@ghh " },
        Case(segment: "PID|||12345^^^GHH", query: { $0.patient = "12345@OTHER" }, isFound: false),
        Case(segment: "PID|||12345^^^GHH&1.2.3&ISO") { $0.patient = "12345@1.2.3" },
        Case(segment: "PID|||1~ab7^^^GHH") { $0.patient = "AB7@GHH" },
        Case(segment: "PID|||12345") { $0.patient = "12345@GH" },
        Case(segment: "PID|||1\rMRG|999^^^GHH") { $0.patient = "999@GHH" },
        Case(segment: "PID||55", version: "2.3") { $0.patient = "55" },
        Case(segment: "PID||55", query: { $0.patient = "55" }, isFound: false),
        Case(segment: "PID|||1||O'Vale-Moor^Ada") { $0.name = "ovale moor" },
        Case(segment: "PID|||1||Müller^Ada") { $0.name = "MULLER" },
        Case(segment: "PID|||1||A^B~Maiden^B") { $0.name = "maiden" },
        Case(segment: "PID|||1||Vale^Ada||19700102030405") { $0.born = "1970-01-02" },
        Case(
            segment: "PID|||1||Vale^Ada||19700102",
            query: {
                $0.name = "Vale"
                $0.born = "19700102"
            }),
        Case(
            segment: "PID|||1||Vale^Ada||19700102",
            query: {
                $0.name = "Vale"
                $0.born = "19700103"
            }, isFound: false),
        Case(segment: "PV1||I|||||||||||||||||V77^^^GHH") { $0.visit = "v77" },
        Case(segment: "ORC|RE|P1^HIS|F1^LAB") { $0.order = "P1" },
        Case(segment: "ORC|RE|P1^HIS|F1^LAB") { $0.order = "F1" },
        Case(segment: "OBR|1|P2|F2") { $0.order = "F2" },
        Case(segment: "OBR|1|P2|F2|||||||||||||||ACC9") { $0.accession = "ACC9" },
        Case(segment: "OBR|1|P2|F2|||||||||||||||||ACC8") { $0.accession = "ACC8" },
        Case(segment: "SPM|1|||||||||||||||||||||||||||||S30") { $0.accession = "S30" },
        Case(segment: "IPC|I1^RIS") { $0.accession = "I1" },
        Case(segment: "OBR|1|P2|F2", query: { $0.visit = "F2" }, isFound: false),
        Case(segment: "EVN|") { $0.type = "ORU" },
        Case(segment: "EVN|") { $0.type = "ORU^R01" },
        Case(segment: "EVN|") { $0.provider = "hospital" },
        Case(segment: "EVN|", query: { $0.type = "ADT" }, isFound: false),
    ])
    func `a message is found by what is in it`(example: Case) throws {
        let hashes = try Self.hashes([example.segment], version: example.version)
        let wanted = Self.query(example.query)
        #expect(!wanted.isEmpty)
        #expect(hashes.isSuperset(of: wanted) == example.isFound)
    }

    @Test func `what is refused has a key for that, and what is accepted has none`() {
        let refused = Self.keys("ADT^A01", .refused, nil)
        #expect(refused.isSuperset(of: Self.query { $0.state = .disposition(.refused) }))
        #expect(Self.query { $0.state = .disposition(.accepted) }.isEmpty)
    }

    @Test func `nulls and empty fields are no keys`() throws {
        #expect(try Self.hashes(["PID|||\"\"||\"\"||\"\"", "PV1||"]) == Self.hashes([]))
    }

    @Test func `a message has no more keys than the limit`() throws {
        let requests = (0..<5_000).map { "OBR|\($0)|P\($0)|F\($0)" }
        #expect(try Self.hashes(requests).count == FindKeys.keysMax)
    }

    @Test func `a patient with an authority has the reference of audit events`() throws {
        var query = FindQuery()
        query.patient = "12345@ghh"
        let bytes = Array("MSH|^~\\&|HIS|GH|||||ADT^A01|1|P|2.5.1\rPID|||12345^^^GHH\r".utf8)
        let lanes = LaneKeys(of: try Message(parsing: bytes), secret: Self.secret)
        #expect(query.patientReference(secret: Self.secret) == lanes.hashes.first)
        query.patient = "12345"
        #expect(query.patientReference(secret: Self.secret) == nil)
    }

    @Test(arguments: [("wright", true), ("WRIGHT", true), ("müller", true), ("wrong", false)])
    func `a text is found in bytes as they came`(text: String, isFound: Bool) {
        let latin = Array("PID|||1||Wright^M".utf8) + [0xFC] + Array("ller".utf8)
        #expect(TextSearch(text).isFound(in: latin) == isFound)
        #expect(TextSearch(text).isFound(in: Array("PID|||1||Wright^Müller".utf8)) == isFound)
    }
}
