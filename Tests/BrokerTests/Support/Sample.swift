import HL7

/// Messages of nobody real.
enum Sample {
    /// An admission by the hospital of ``TestFolder``.
    static func admission(
        _ id: String, patient: String = "P1", header: String = "HIS|GH", type: String = "ADT^A01^ADT_A01",
        processing: String = "P", version: String = "2.5.1", ack: String = "", charset: String = "",
        family: String = "EVERYWOMAN", class: String = "I"
    ) -> [UInt8] {
        let end = charset.isEmpty ? (ack.isEmpty ? "" : "|||\(ack)") : "|||\(ack.isEmpty ? "|" : ack)||\(charset)"
        return bytes(
            "MSH|^~\\&|\(header)|WL|EX|20260301120000+0000||\(type)|\(id)|\(processing)|\(version)\(end)",
            "EVN||20260301120000+0000", "PID|1||\(patient)^^^GH^MR||\(family)^EVE||19700101|F", "PV1|1|\(`class`)")
    }

    /// A merge of two patients.
    static func merge(_ id: String, into survivor: String, from old: String) -> [UInt8] {
        bytes(
            "MSH|^~\\&|HIS|GH|WL|EX|20260301120000+0000||ADT^A40^ADT_A39|\(id)|P|2.5.1", "EVN||20260301120000+0000",
            "PID|1||\(survivor)^^^GH^MR||EVERYWOMAN^EVE", "MRG|\(old)^^^GH^MR")
    }

    /// A question about a patient.
    static func query(_ id: String, type: String = "QBP^Q22^QBP_Q21", ack: String = "") -> [UInt8] {
        bytes(
            "MSH|^~\\&|HIS|GH|WL|EX|20260301120000+0000||\(type)|\(id)|P|2.5.1\(ack.isEmpty ? "" : "|||\(ack)")",
            "QPD|Q22^Find Candidates^HL7|T\(id)|@PID.5.1^EVERYWOMAN", "RCP|I")
    }

    /// What a receiver says to a question.
    static func response(_ code: String = "AA", to id: String) -> [UInt8] {
        bytes(
            "MSH|^~\\&|EX|C|HIS|GH|20260301120001+0000||RSP^K22^RSP_K22|R\(id)|P|2.5.1", "MSA|\(code)|\(id)",
            "QAK|T\(id)|OK", "QPD|Q22^Find Candidates^HL7|T\(id)|@PID.5.1^EVERYWOMAN",
            "PID|||P1^^^GH^MR||EVERYWOMAN^EVE")
    }

    /// A laboratory's response to an order.
    static func orderResponse(_ id: String, to order: String, header: String = "HIS|GH") -> [UInt8] {
        bytes(
            "MSH|^~\\&|\(header)|WL|EX|20260301120000+0000||ORL^O22^ORL_O22|\(id)|P|2.5.1", "MSA|AA|\(order)",
            "PID|1||P1^^^GH^MR||EVERYWOMAN^EVE")
    }

    static func bytes(_ segments: String...) -> [UInt8] { segments.flatMap { Array($0.utf8) + [0x0D] } }

    static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    /// The answer that a receiver gives to a message.
    static func answer(_ code: String, to id: String, _ errors: String...) -> [UInt8] {
        let segments = ["MSH|^~\\&|EX|C|WL|EX|20260301120001+0000||ACK|R\(id)|P|2.5.1", "MSA|\(code)|\(id)"] + errors
        return segments.flatMap { Array($0.utf8) + [0x0D] }
    }
}

/// Pseudo-random numbers that a seed repeats (SplitMix64).
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
