import HL7
import Testing

@testable import wardline

struct RawViewTests {
    @Test func `segments stand on lines of their own, with what ends them`() {
        let bytes = Array("MSH|^~\\&|A\rPID|1 \r\nNTE|\u{7}x\nZZZ".utf8)
        #expect(RawView.lines(bytes, charset: .ascii) == ["MSH|^~\\&|A␍", "PID|1 ␍␊", "NTE|␇x␊", "ZZZ"])
    }

    @Test func `text is shown in its character set, and what is not valid in it as numbers`() throws {
        let latin: [UInt8] = [0x63, 0xE9, 0x0D]
        #expect(RawView.lines(latin, charset: .latin1) == ["cé␍"])
        #expect(RawView.lines(latin, charset: .utf8) == ["c<E9>␍"])
    }

    @Test func `each segment begins a line of hexadecimal`() {
        let lines = RawView.hexLines(Array("MSH|^~\\&|LAB7|NORTH\rPID|\r".utf8), isColoured: false)
        #expect(
            lines == [
                "MSH  byte 0, 20 bytes",
                "00000000  4d 53 48 7c 5e 7e 5c 26  7c 4c 41 42 37 7c 4e 4f  |MSH|^~\\&|LAB7|NO|",
                "00000010  52 54 48 0d                                       |RTH.|",
                "PID  byte 20, 5 bytes",
                "00000014  50 49 44 7c 0d                                    |PID|.|",
            ])
    }

    @Test func `the lines hold every byte once`() {
        let bytes = (0..<1_000).map { UInt8(truncatingIfNeeded: $0) }
        let ranges = RawView.segments(bytes)
        #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == bytes.count)
        #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
        #expect(RawView.segments([]) == [])
    }
}
