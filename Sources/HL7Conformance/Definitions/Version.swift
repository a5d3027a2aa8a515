/// A version of HL7 v2 whose definitions are built in.
// The dots of a version can only be written as underscores.
// swift-format-ignore: AlwaysUseLowerCamelCase
public enum Version: String, CaseIterable, Hashable, Sendable, Comparable, CustomStringConvertible {
    case v2_1 = "2.1"
    case v2_2 = "2.2"
    case v2_3 = "2.3"
    case v2_3_1 = "2.3.1"
    case v2_4 = "2.4"
    case v2_5 = "2.5"
    case v2_5_1 = "2.5.1"
    case v2_6 = "2.6"
    case v2_7 = "2.7"
    case v2_7_1 = "2.7.1"
    case v2_8 = "2.8"
    case v2_8_1 = "2.8.1"
    case v2_8_2 = "2.8.2"

    /// What the text of MSH-12.1 stands for.
    public enum Reading: Hashable, Sendable {
        case exact(Version)
        /// 2.9 and its corrections, which are read as 2.8.2.
        case newer(Version)
    }

    /// Reads MSH-12.1; nil for a text that names no version that can be read.
    public static func reading(_ text: String) -> Reading? {
        if let version = Version(rawValue: text) { return .exact(version) }
        return text == "2.9" || text.hasPrefix("2.9.") ? .newer(.v2_8_2) : nil
    }

    public var description: String { rawValue }

    public static func < (left: Version, right: Version) -> Bool { left.index < right.index }

    /// Its bit in the version masks of the definition tables.
    var index: Int {
        switch self {
        case .v2_1: 0
        case .v2_2: 1
        case .v2_3: 2
        case .v2_3_1: 3
        case .v2_4: 4
        case .v2_5: 5
        case .v2_5_1: 6
        case .v2_6: 7
        case .v2_7: 8
        case .v2_7_1: 9
        case .v2_8: 10
        case .v2_8_1: 11
        case .v2_8_2: 12
        }
    }
}
