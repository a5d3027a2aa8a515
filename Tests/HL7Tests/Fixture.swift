import Foundation
import HL7

/// Messages of `Tests/Fixtures/messages`; every name in them is invented.
enum Fixture {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Fixtures/messages").standardizedFileURL

    static var names: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".hl7") }.sorted()
        }
    }

    static func bytes(_ name: String) throws -> [UInt8] { try Array(Data(contentsOf: folder.appending(path: name))) }
    static func message(_ name: String) throws -> Message { try Message(parsing: bytes(name)) }
}

/// A message of a header and other segments, each ended by a carriage return.
func message(_ segments: String..., header: String = #"MSH|^~\&|GHH_ADT|GHH|HUB|RIVERSIDE|2024||ADT^A01|1|P|2.5.1"#)
    throws -> Message
{
    try Message(parsing: Array(([header] + segments).map { $0 + "\r" }.joined().utf8))
}

extension Message {
    /// The bytes as text with line breaks between segments, for expectations that can be read.
    var lines: String { String(decoding: bytes.map { $0 == 0x0D ? 0x0A : $0 }, as: UTF8.self) }
}
