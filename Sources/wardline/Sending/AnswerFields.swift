/// What a sender needs of an answer: MSA-1 and MSA-2, found without parsing the rest.
struct AnswerFields: Hashable, Sendable {
    /// `AA`, `AE`, …; empty if there is no MSA.
    var code: ArraySlice<UInt8>
    var controlID: ArraySlice<UInt8>

    var isAccept: Bool { code.elementsEqual("AA".utf8) || code.elementsEqual("CA".utf8) }

    init(_ bytes: [UInt8]) {
        code = []
        controlID = []
        guard bytes.count > 8 else { return }
        let separator = bytes[3]
        let name: [UInt8] = [0x4D, 0x53, 0x41, separator]
        var start = 0
        while let end = bytes[start...].firstIndex(where: { $0 == 0x0D || $0 == 0x0A }) {
            start = end + 1
            guard bytes[start...].starts(with: name) else { continue }
            let line = bytes[(start + 4)...].prefix { $0 != 0x0D && $0 != 0x0A }
            code = line.prefix { $0 != separator }
            controlID = line.dropFirst(code.count + 1).prefix { $0 != separator }
            return
        }
    }
}
