import HL7

/// What each byte means in a message with given separators, as flags that are or-ed over a value.
enum ByteClasses {
    static let content: UInt8 = 0x01
    static let component: UInt8 = 0x02
    static let repetition: UInt8 = 0x04
    static let subcomponent: UInt8 = 0x08
    static let escape: UInt8 = 0x10
    /// Below 0x20, and 0x7F.
    static let control: UInt8 = 0x20
    static let high: UInt8 = 0x40
    static let field: UInt8 = 0x80

    /// Something in the value must be looked at byte by byte.
    static let special = escape | control | high

    /// The flags of all 256 bytes.
    static func table(_ delimiters: Delimiters) -> [UInt8] {
        delimiters == .standard ? standard : made(delimiters)
    }

    private static let standard = made(.standard)

    private static func made(_ delimiters: Delimiters) -> [UInt8] {
        var classes = (0...255).map { byte -> UInt8 in
            if byte < 0x20 || byte == 0x7F { return control | content }
            return byte < 0x80 ? content : high | content
        }
        func set(_ byte: UInt8, _ flags: UInt8) {
            if byte != Delimiters.absent { classes[Int(byte)] = flags }
        }
        set(delimiters.escape, escape | content)
        set(delimiters.subcomponent, subcomponent)
        set(delimiters.repetition, repetition)
        set(delimiters.component, component)
        set(delimiters.field, field)
        return classes
    }
}
