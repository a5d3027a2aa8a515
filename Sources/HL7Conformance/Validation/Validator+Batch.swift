public import HL7

extension Validator {
    /// What is wrong with the envelope of a batch file (HL7 2.5.1 §2.10.3): counts, trailers, headers, their order.
    ///
    /// The messages are judged one by one with ``findings(in:)``. Bytes without FHS, BHS, BTS and FTS have no envelope,
    /// and no findings. Locations count the segments of a name in the whole file: the second BTS is `BTS[2]`.
    public func findings(in batch: Batch, of bytes: [UInt8]) -> [Finding] {
        guard batch.isBatch else { return [] }
        var rules = BatchRules(batch: batch, bytes: bytes, validator: self)
        rules.check()
        return rules.findings
    }
}

/// The segments around messages, in the order in which they must stand:
///
///     FHS? ( BHS? MSH… BTS? )* FTS?
private struct BatchRules {
    let batch: Batch
    let bytes: [UInt8]
    let validator: Validator
    private(set) var findings: [Finding] = []

    init(batch: Batch, bytes: [UInt8], validator: Validator) {
        self.batch = batch
        self.bytes = bytes
        self.validator = validator
    }

    mutating func check() {
        checkSeparators()
        checkOrder()
        checkPairs()
        // Said once, however many there are.
        if let line = batch.strayLines.first {
            add(
                .batchOrder, strayPlace(line),
                "the line at byte \(line.lowerBound) is no segment of a message, and \(batch.strayLines.count - 1) more"
            )
        }
        for mismatch in batch.countMismatches(in: bytes) { add(.batchCount, mismatch.location, mismatch.text) }
    }

    private mutating func add(_ rule: Rule, _ location: Location, _ text: String) {
        guard findings.count < Validator.findingsMax else { return }
        let severity = validator.rules[rule].map(\.severity) ?? rule.severity(at: validator.strictness)
        guard let severity else { return }
        findings.append(Finding(severity: severity, rule: rule, location: location, text: text))
    }

    /// The segment of the envelope after which a line stands.
    private func strayPlace(_ line: Range<Int>) -> Location {
        let before = batch.envelope.filter { $0.lowerBound < line.lowerBound }
        let name = before.last.map(name) ?? "BHS"
        return Location(segment: name, occurrence: max(1, before.count { self.name($0) == name }))
    }

    private func name(_ line: Range<Int>) -> String { String(decoding: bytes[line].prefix(3), as: UTF8.self) }

    /// FHS and BHS begin like MSH: with a separator and the encoding characters.
    private mutating func checkSeparators() {
        var occurrences: [String: Int] = [:]
        for line in batch.envelope {
            let name = name(line)
            occurrences[name, default: 0] += 1
            guard name == "FHS" || name == "BHS" else { continue }
            let separator = bytes[line.lowerBound + 3]
            let encoding = Array(bytes[line].dropFirst(4).prefix { $0 != separator })
            let all = [separator] + encoding
            if encoding.isEmpty || Set(all).count != all.count {
                add(
                    .batchSeparators, Location(segment: name, occurrence: occurrences[name] ?? 1, field: 2),
                    "\(name)-2 must hold the encoding characters, all different, as MSH-2 does")
            }
        }
    }

    private mutating func checkOrder() {
        let files = batch.envelope.filter { name($0) == "FHS" }
        let ends = batch.envelope.filter { name($0) == "FTS" }
        for index in files.indices.dropFirst() {
            add(.batchOrder, Location(segment: "FHS", occurrence: index + 1), "a second FHS: a file has one header")
        }
        for index in ends.indices.dropFirst() {
            add(.batchOrder, Location(segment: "FTS", occurrence: index + 1), "a second FTS: a file has one trailer")
        }
        let firstContent = (batch.envelope.map(\.lowerBound) + batch.messages.prefix(1).map(\.lowerBound)).min()
        if let file = files.first, let firstContent, file.lowerBound > firstContent {
            add(.batchOrder, Location(segment: "FHS"), "FHS is not the first segment of the file")
        }
        let last = max(batch.envelope.last?.lowerBound ?? 0, batch.messages.last?.lowerBound ?? 0)
        if let end = ends.first, end.lowerBound < last {
            add(.batchOrder, Location(segment: "FTS"), "FTS is not the last segment of the file")
        }
    }

    /// A header without trailer, and a trailer without header: the end, or the beginning, may be lost.
    private mutating func checkPairs() {
        var headers = 0
        var trailers = 0
        for part in batch.parts {
            if part.header != nil { headers += 1 }
            if part.trailer != nil { trailers += 1 }
            if part.header != nil, part.trailer == nil {
                add(
                    .batchTrailerMissing, Location(segment: "BTS", occurrence: trailers + 1),
                    "BHS[\(headers)] has no BTS: whether the batch is whole cannot be told")
            }
            if part.header == nil, part.trailer != nil {
                add(
                    .batchHeaderMissing, Location(segment: "BHS", occurrence: headers + 1),
                    "BTS[\(trailers)] has no BHS before it")
            }
        }
        if batch.fileHeader != nil, batch.fileTrailer == nil {
            add(
                .batchTrailerMissing, Location(segment: "FTS"),
                "the file has an FHS and no FTS: whether it is whole cannot be told")
        }
        if batch.fileHeader == nil, batch.fileTrailer != nil {
            add(.batchHeaderMissing, Location(segment: "FHS"), "the file has an FTS and no FHS")
        }
    }
}
