import Foundation
import HL7
import Journaling

/// What a message can be found by: keyed hashes, so that the index holds nothing about anybody.
struct FindKeys: Sendable {
    /// What a key is about. The first byte of what is hashed, so that a visit is never taken for an order.
    enum Kind: UInt8, Sendable {
        case patient = 1
        case patientOfAuthority = 2
        case name = 3
        case birth = 4
        case nameAndBirth = 5
        case visit = 6
        case order = 7
        case accession = 8
        case provider = 9
        case type = 10
        case disposition = 11
    }

    /// In no order, without repetition.
    private(set) var hashes: Set<UInt64> = []
    private let secret: [UInt8]

    /// Keys that a message may have. An answer with thousands of results is found by the first of them.
    static let keysMax = 4_096

    /// The key of a journal's index that differs from any other's: see ``FindStore/Place/fingerprint``.
    static func fingerprint(secret: [UInt8]) -> UInt64 {
        LaneKey.hash(authority: [0], identifier: Array("find.sqlite".utf8), key: secret)
    }

    static func hash(_ kind: Kind, _ text: String, authority: String = "", secret: [UInt8]) -> UInt64 {
        LaneKey.hash(authority: [kind.rawValue] + authority.utf8, identifier: Array(text.utf8), key: secret)
    }

    /// Keys that many messages share: they are made once.
    struct Shared: Sendable {
        private struct Key: Hashable {
            var kind: Kind
            var text: String
        }
        private var hashes: [Key: UInt64] = [:]

        mutating func hash(_ kind: Kind, _ text: String, secret: [UInt8]) -> UInt64 {
            let key = Key(kind: kind, text: text)
            if let hash = hashes[key] { return hash }
            let hash = FindKeys.hash(kind, text, secret: secret)
            // A sender of made-up message types does not fill the memory.
            if hashes.count < 10_000 { hashes[key] = hash }
            return hash
        }
    }

    /// - Parameters:
    ///   - entry: with its message, nil if the bytes are none, or no longer kept.
    ///   - secret: ``Journal/laneSecret``.
    init(_ entry: FreshEntries.Item, secret: [UInt8], shared: inout Shared) {
        self.secret = secret
        hashes.reserveCapacity(16)
        if let provider = entry.provider { hashes.insert(shared.hash(.provider, provider, secret: secret)) }
        if !entry.type.isEmpty {
            hashes.insert(shared.hash(.type, entry.type, secret: secret))
            if let end = entry.type.utf8.firstIndex(of: UInt8(ascii: "^")) {
                hashes.insert(shared.hash(.type, String(entry.type[..<end]), secret: secret))
            }
        }
        // Nearly all are accepted: that is not worth a key.
        if entry.disposition != .accepted {
            hashes.insert(shared.hash(.disposition, "\(entry.disposition)", secret: secret))
        }
        if let message = entry.message { add(message) }
    }

    private mutating func add(_ message: Message) {
        addPatients(message)
        for visit in message.segments("PV1") { add(.visit, visit, 19) }
        for order in message.segments("ORC") {
            add(.order, order, 2)
            add(.order, order, 3)
        }
        for request in message.segments("OBR") {
            add(.order, request, 2)
            add(.order, request, 3)
            add(.accession, request, 18)
            add(.accession, request, 20)
        }
        for specimen in message.segments("SPM") { add(.accession, specimen, 30) }
        for imaging in message.segments("IPC") { add(.accession, imaging, 1) }
    }

    private mutating func addPatients(_ message: Message) {
        for field in LaneKeys.fields(of: message) {
            for repetition in field.repetitions {
                guard let identifier = repetition.component(1), identifier.presence == .value else { continue }
                let text = FindText.identifier(identifier.text)
                add(.patient, text)
                let assigner = repetition.component(4)
                let authorities = [assigner?.subcomponent(1), assigner?.subcomponent(2)].compactMap { $0 }
                    .filter { $0.presence == .value }
                // As for the order of deliveries: without an authority it is the sender's own number.
                for authority in authorities.isEmpty ? [message.header.sendingFacility] : authorities.map(\.text) {
                    add(.patientOfAuthority, text, authority: FindText.identifier(authority))
                }
            }
        }
        for person in message.segments("PID") {
            let birth = person[7].flatMap(FindText.date)
            if let birth { add(.birth, birth) }
            for name in person.field(5)?.repetitions ?? [] {
                guard let family = name.component(1)?.subcomponent(1), family.presence == .value else { continue }
                let text = FindText.name(family.text)
                add(.name, text)
                if let birth { add(.nameAndBirth, text, authority: birth) }
            }
        }
    }

    /// The identifiers in a field.
    private mutating func add(_ kind: Kind, _ segment: Segment, _ number: Int) {
        for repetition in segment.field(number)?.repetitions ?? [] {
            guard let identifier = repetition.component(1)?.subcomponent(1), identifier.presence == .value else {
                continue
            }
            add(kind, FindText.identifier(identifier.text))
        }
    }

    private mutating func add(_ kind: Kind, _ text: String, authority: String = "") {
        guard !text.isEmpty, hashes.count < Self.keysMax else { return }
        hashes.insert(Self.hash(kind, text, authority: authority, secret: secret))
    }
}

/// What makes no difference to somebody who searches.
enum FindText {
    /// Capital letters, without the spaces around.
    static func identifier(_ text: String) -> String {
        let bytes = Array(text.utf8)
        guard bytes.allSatisfy({ $0 < 0x80 }) else { return text.uppercased().trimmingCharacters(in: .whitespaces) }
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 }
        let first = bytes.firstIndex { !isBlank($0) } ?? bytes.endIndex
        let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? first
        return String(decoding: bytes[first..<end].map(capital), as: UTF8.self)
    }

    private static func capital(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) ? byte & 0xDF : byte
    }

    /// Capital letters without accents and without what stands between them: `O'Brien-Müller` is `OBRIENMULLER`.
    static func name(_ text: String) -> String {
        if text.utf8.allSatisfy({ $0 < 0x80 }) {
            return String(decoding: text.utf8.map(capital).filter(isLetterOrDigit), as: UTF8.self)
        }
        let letters = text.uppercased().decomposedStringWithCanonicalMapping.unicodeScalars.filter {
            $0.properties.isAlphabetic || $0.properties.numericType != nil
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: letters)
        return String(text)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
    }

    /// The day of a time stamp as `YYYYMMDD`, hyphens or not; nil if it names none.
    static func date(_ text: String) -> String? {
        let digits = text.utf8.filter { $0 != UInt8(ascii: "-") }.prefix(8)
        guard digits.count == 8, digits.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return String(decoding: digits, as: UTF8.self)
    }
}
