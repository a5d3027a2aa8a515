import HL7
import HL7Conformance
import Testing

@Suite struct BatchRulesTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var testDescription: String
        var segments: [String]
        var expected: [String]
    }

    static let file = #"FHS|^~\&|LAB7|NORTH"#
    static let batch = #"BHS|^~\&|LAB7|NORTH"#
    static let message = Samples.header

    static let cases = [
        Case(testDescription: "a message alone has no envelope", segments: [message], expected: []),
        Case(
            testDescription: "a sound file", segments: [file, batch, message, message, "BTS|2", "FTS|1"], expected: []),
        Case(
            testDescription: "a sound file of two batches",
            segments: [file, batch, message, "BTS|1", batch, message, message, "BTS|2", "FTS|2"], expected: []),
        Case(
            testDescription: "lines of no message, said once",
            segments: [batch, "one", message, "BTS|1", "two", "three"], expected: ["warning 100 BHS batch.order"]),
        Case(testDescription: "an empty batch", segments: [batch, "BTS|0"], expected: []),
        Case(testDescription: "a trailer that states no count", segments: [batch, message, "BTS"], expected: []),
        Case(
            testDescription: "fewer messages than announced", segments: [batch, message, "BTS|2"],
            expected: ["error 207 BTS-1 batch.count"]),
        Case(
            testDescription: "more messages than announced, in the second batch",
            segments: [batch, message, "BTS|1", batch, message, message, "BTS|1"],
            expected: ["error 207 BTS[2]-1 batch.count"]),
        Case(
            testDescription: "a count that is no number", segments: [batch, message, "BTS|one"],
            expected: ["error 207 BTS-1 batch.count"]),
        Case(
            testDescription: "a wrong count of batches",
            segments: [file, batch, message, "BTS|1", "FTS|3"], expected: ["error 207 FTS-1 batch.count"]),
        Case(
            testDescription: "no trailers", segments: [file, batch, message],
            expected: ["warning 100 BTS batch.trailerMissing", "warning 100 FTS batch.trailerMissing"]),
        Case(
            testDescription: "no headers", segments: [message, "BTS|1", "FTS|1"],
            expected: ["warning 100 BHS batch.headerMissing", "warning 100 FHS batch.headerMissing"]),
        Case(
            testDescription: "a file header inside the file",
            segments: [batch, message, "BTS|1", file, batch, message, "BTS|1", "FTS|2"],
            expected: ["warning 100 FHS batch.order"]),
        Case(
            testDescription: "a message after the end of the file",
            segments: [file, batch, message, "BTS|1", "FTS|1", message], expected: ["warning 100 FTS batch.order"]),
        Case(
            testDescription: "a header whose separators are alike", segments: [#"BHS|^^\&|LAB7"#, message, "BTS|1"],
            expected: ["warning 102 BHS-2 batch.separators"]),
    ]

    @Test(arguments: cases)
    func `an envelope has exactly these findings`(test: Case) {
        let bytes = Array(test.segments.map { $0 + "\r" }.joined().utf8)
        let findings = Validator().findings(in: Batch(bytes), of: bytes)
        #expect(ValidatorCase.summary(findings) == test.expected)
    }

    @Test func `a wrong count rejects the batch, unless the site says otherwise`() {
        let bytes = Array("BHS|^~\\&\rBTS|5\r".utf8)
        #expect(Verdict(Validator().findings(in: Batch(bytes), of: bytes)) == .reject)
        var rules = RuleSettings()
        rules[.batchCount] = .warning
        #expect(Verdict(Validator(rules: rules).findings(in: Batch(bytes), of: bytes)) == .accept)
    }
}
