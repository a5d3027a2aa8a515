import HL7
import Testing

@testable import Console
@testable import wardline

struct PathFilterTests {
    private let message = """
        MSH|^~\\&|A|B|C|D|2024||ORU^R01|C1|P|2.5.1\r\
        PID|||7^^^GHH&1.2~8||Vale^Iris\r\
        OBX|1|NM|A||1\r\
        OBX|2|CE|B||X^Y~Z\r
        """

    @Test(arguments: [
        ("OBX-5", ["OBX-5", "OBX[2]-5", "OBX[2]-5.1", "OBX[2]-5.2", "OBX[2]-5[2]"]),
        ("OBX[2]-5[2]", ["OBX[2]-5[2]"]), ("OBX[*]-1", ["OBX-1", "OBX[2]-1"]),
        ("OBX[1]", ["OBX", "OBX-1", "OBX-2", "OBX-3", "OBX-5"]),
        // A value that is not divided is its own first component.
        ("OBX-5.1", ["OBX-5", "OBX[2]-5.1", "OBX[2]-5[2]"]),
        ("PID-3.4.2", ["PID-3.4.2"]), ("PID-5.2", ["PID-5.2"]), ("PID-6", []), ("PV1", []),
    ])
    func `what has no index means all of them`(path: String, places: [String]) throws {
        let filter = try #require(PathFilter(argument: path))
        let view = MessageView(try Message(parsing: Array(message.utf8)))
        #expect(view.lines.filter(filter.includes).map(\.place) == places)
    }

    @Test(arguments: ["", "pid", "PID-", "PID-0", "PID.3", "PID-3[x]"])
    func `what is no path is refused`(text: String) { #expect(PathFilter(argument: text) == nil) }
}
