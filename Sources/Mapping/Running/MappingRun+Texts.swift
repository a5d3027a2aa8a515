import HL7

/// What of a byte needs more than copying.
enum ByteKind {
    /// It begins an escape sequence, or only the message's character set says what it is.
    static let coded: UInt8 = 1
    /// FHIR allows it in no text, or a text must not end with it.
    static let control: UInt8 = 2
    static let beyondASCII: UInt8 = 4

    static func all(of message: Message) -> Buffer<UInt8> {
        var kinds = Buffer<UInt8>(capacity: 256)
        plain.withUnsafeBufferPointer { kinds.append(contentsOf: $0) }
        if message.delimiters.escape != Delimiters.absent { kinds[Int(message.delimiters.escape)] |= coded }
        let isUTF8 = message.layout.isASCII || message.charset == .utf8 && message.firstUndecodableOffset == nil
        if !isUTF8 { for byte in 0x80...0xFF { kinds[byte] |= coded } }
        return kinds
    }

    private static let plain: [UInt8] = (0..<256).map { byte in
        byte < 0x20 || byte == 0x7F ? control : byte >= 0x80 ? beyondASCII : 0
    }
}

extension MappingRun {
    func raw(_ hand: Hand) -> Text { Text(rebasing: bytes[hand.range]) }

    func isNull(_ hand: Hand) -> Bool {
        hand.end - hand.start == 2 && bytes[Int(hand.start)] == 0x22 && bytes[Int(hand.start) + 1] == 0x22
    }

    /// Neither empty nor the HL7 null.
    func isValued(_ hand: Hand) -> Bool { !hand.isEmpty && !isNull(hand) }

    private func kinds(_ text: Text) -> UInt8 {
        var all: UInt8 = 0
        for byte in text { all |= byteKinds[Int(byte)] }
        return all
    }

    /// A value's text: decoded and unescaped. Delimiters of lower levels stay as they are.
    mutating func text(_ hand: Hand) -> Text {
        let raw = raw(hand)
        if kinds(raw) & ByteKind.coded == 0 { return raw }
        return store.keep(LeafPlaces(message, table).value(of: hand)?.text ?? "")
    }

    /// A value's text as FHIR allows it: without control characters other than tab and line breaks, without blanks at
    /// the end.
    mutating func clean(_ hand: Hand, trimsStart: Bool = true) -> Text {
        let raw = raw(hand)
        let kinds = kinds(raw)
        guard kinds & ByteKind.coded == 0 else {
            return clean(LeafPlaces(message, table).value(of: hand)?.text ?? "", trimsStart: trimsStart)
        }
        return clean(raw, kinds, trimsStart: trimsStart)
    }

    private mutating func clean(_ text: Text, _ kinds: UInt8, trimsStart: Bool) -> Text {
        if kinds & ByteKind.control == 0 {
            guard text.last == 0x20 || trimsStart && text.first == 0x20 else { return text }
            if kinds & ByteKind.beyondASCII == 0 {
                var (start, end) = (0, text.count)
                while end > start, text[end - 1] == 0x20 { end -= 1 }
                while trimsStart, start < end, text[start] == 0x20 { start += 1 }
                return Text(rebasing: text[start..<end])
            }
        }
        return clean(text.string, trimsStart: trimsStart)
    }

    mutating func clean(_ text: String, trimsStart: Bool) -> Text {
        var isClean = true
        for byte in text.utf8 where byte < 0x20 || byte == 0x7F {
            isClean = false
            break
        }
        if isClean, text.utf8.last != 0x20, !(trimsStart && text.utf8.first == 0x20) { return store.keep(text) }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar.value >= 0x20 && scalar.value != 0x7F || scalar == "\t" || scalar == "\n" || scalar == "\r" {
                scalars.append(scalar)
            } else {
                controlCharacters += 1
            }
        }
        while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
        if trimsStart { while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() } }
        return scalars.contains { !$0.properties.isWhitespace }
            ? store.keep(String(scalars)) : Text(start: nil, count: 0)
    }

    /// A text as a code: no blanks around it, single ones inside.
    mutating func code(_ text: Text) -> Text {
        for byte in text where byte <= 0x20 || byte >= 0x80 { return store.keep(Primitive.code(text.string)) }
        return text
    }

    // MARK: Values at paths

    /// The value at a path, the first if there are several.
    func hand(at source: Int32, _ frame: Frame) -> Hand? { hand(at: plan.sources[Int(source)], frame) }

    func hand(at source: FlatSource, _ frame: Frame) -> Hand? {
        if source.segment < 0 {
            guard let hand = frame.hand else { return nil }
            return table.part(source.component, source.subcomponent, of: hand)
        }
        guard let field = field(at: source, frame) else { return nil }
        let number = max(source.repetition, 1)
        let index = table.fields[field].first + number - 1
        guard index < table.fields[field + 1].first else { return nil }
        return table.part(source.component, source.subcomponent, of: table.repetition(index))
    }

    /// The position of the field at a path if it is not empty.
    func field(at source: FlatSource, _ frame: Frame) -> Int? {
        let segment = segment(source.segment, frame)
        guard segment >= 0, let field = table.field(source.field, of: segment), !table.fields[Int(field)].isEmpty
        else { return nil }
        return Int(field)
    }

    /// The repetitions of the field at a path.
    func repetitions(at source: FlatSource, _ frame: Frame) -> Range<Int32> {
        guard let field = field(at: source, frame) else { return 0..<0 }
        return table.fields[field].first..<table.fields[field + 1].first
    }

    /// The values at a path that are there, one for each repetition with `[*]`.
    func hands(at source: FlatSource, _ frame: Frame) -> Hands {
        let isAll = source.segment >= 0 && source.repetition == FlatSource.all
        return Hands(
            table: table, source: source, single: isAll ? nil : hand(at: source, frame),
            repetitions: isAll ? repetitions(at: source, frame) : 0..<0)
    }
}
