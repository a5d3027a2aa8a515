import HL7
import Testing

@testable import Broker

@Suite struct LaneKeysTests {
    private func keys(_ segments: String..., version: String = "2.5.1") throws -> [UInt64] {
        let header = "MSH|^~\\&|HIS|GH|WL|EX|20260301||ADT^A01|M1|P|\(version)"
        let bytes = ([header] + segments).flatMap { (segment: String) -> [UInt8] in Array(segment.utf8) + [0x0D] }
        return LaneKeys(of: try Message(parsing: bytes), secret: Array(repeating: 7, count: 32)).hashes
    }

    @Test func `every identifier of PID-3 and MRG-1 is a key, each once`() throws {
        #expect(try keys("PID|1||A^^^X~B^^^X~A^^^X").count == 2)
        let merge = try keys("PID|1||A^^^X", "MRG|B^^^X")
        #expect(try merge == keys("PID|1||A^^^X") + keys("PID|1||B^^^X"))
        #expect(try keys("PID|1||", "EVN|").isEmpty)
    }

    @Test func `an empty authority means the sending facility`() throws {
        #expect(try keys("PID|1||A") == keys("PID|1||A^^^GH"))
        #expect(try keys("PID|1||A") != keys("PID|1||A^^^OTHER"))
    }

    @Test func `case and spaces around make no other identity`() throws {
        #expect(try keys("PID|1|| a1 ^^^gh") == keys("PID|1||A1^^^GH"))
    }

    @Test func `an escape and an accent count as what they mean`() throws {
        #expect(try keys("PID|1||A\\E\\1^^^GH") != keys("PID|1||A1^^^GH"))
        #expect(try keys("PID|1||A\\X42\\1^^^GH") == keys("PID|1||AB1^^^GH"))
        let (small, large) = ("PID|1||ä1^^^GH", "PID|1||Ä1^^^GH")
        #expect(try keys(small) == keys(large))
    }

    @Test func `many identifiers are told apart, each once`() throws {
        let all = (0..<100).flatMap { ["A\($0)^^^X", "A\($0 / 2)^^^X"] }.joined(separator: "~")
        #expect(try keys("PID|1||\(all)").count == 100)
    }

    @Test func `an HL7 null and an empty identifier are no identity`() throws {
        #expect(try keys("PID|1||\"\"^^^GH~^^^GH").isEmpty)
    }

    @Test(arguments: [("2.2", 3), ("2.3", 3), ("2.3.1", 1), ("2.5.1", 1)])
    func `PID-2 and PID-4 count up to 2.3`(version: String, count: Int) throws {
        #expect(try keys("PID|1|A|B|C", version: version).count == count)
    }
}
