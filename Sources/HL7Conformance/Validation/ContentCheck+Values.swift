import HL7

extension ContentCheck {
    /// Checks a value that has no parts.
    mutating func checkValue(_ format: ValueFormat, table: UInt16, _ range: Range<Int>, _ flags: UInt8) {
        if range.isEmpty { return }
        if format == .text && flags & ByteClasses.special == 0 || isNull(range) { return }
        if flags & ByteClasses.special != 0 {
            checkCharacters(range, flags, allowsWhitespace: format == .text && place.name == SegmentName.obx)
        }
        switch format {
        case .text, .unknown, .varies, .composite, .structuredNumeric, .identifier, .telephone, .coded: break
        case .number:
            if !NumberFormat.isNumber(bytes, range) {
                add(numberRule, "not a number: digits with an optional sign and one decimal point expected")
            }
        case .sequence:
            if !NumberFormat.isDigits(bytes, range) {
                add(.sequence, "not a sequence number: digits expected")
            }
        case .date: checkDate(range)
        case .time: checkTime(range)
        case .dateTime: checkDateTime(range)
        case .code:
            if table != 0 { checkCode(rows.tables[Int(table) - 1], range) }
        }
    }

    // MARK: Dates and times

    // Up to 2.2 a date has all its eight digits, up to 2.4 an hour has its minutes (HL7 2.2 §2.8.10, 2.4 §2.9.47).

    private mutating func checkDate(_ range: Range<Int>) {
        if !TemporalFormat.isDate(bytes, range) {
            let reason = range.count > 8 ? "more than a day" : reason(range)
            add(.date, "not a date: \(reason); YYYY[MM[DD]] expected")
        } else if range.count != 8, set.version <= .v2_2 {
            add(.date, "not a whole date: \(set.version) expects YYYYMMDD")
        }
    }

    private mutating func checkTime(_ range: Range<Int>) {
        if !TemporalFormat.isTime(bytes, range) {
            add(.time, "not a time: HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ] expected")
        } else if set.version < .v2_5, TemporalFormat.digits(bytes, range) == 2 {
            add(.time, "not a whole time: \(set.version) expects minutes after the hour")
        }
    }

    private mutating func checkDateTime(_ range: Range<Int>) {
        if !TemporalFormat.isDateTime(bytes, range) {
            add(
                .dateTime,
                "not a time stamp: \(reason(range)); YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ] expected")
        } else if set.version < .v2_5 {
            let digits = TemporalFormat.digits(bytes, range)
            if digits < 8, set.version <= .v2_2 {
                add(.dateTime, "not a whole date: \(set.version) expects at least YYYYMMDD")
            } else if digits == 10 {
                add(.dateTime, "not a whole time: \(set.version) expects minutes after the hour")
            }
        }
    }

    /// Which part of a time stamp is wrong, in words.
    private func reason(_ range: Range<Int>) -> String {
        do throws(TimestampError) {
            _ = try Timestamp(slice(range))
            return "wrong form"
        } catch {
            return error.rawValue
        }
    }

    // MARK: Tables

    mutating func checkCode(_ table: DefinitionSet.TableRow, _ range: Range<Int>) {
        // 0191 and 0291 are MIME types, which others register.
        if table.codeCount == 0 || table.isOpen || table.number == 191 || table.number == 291 { return }
        if rows.table(table, contains: UnsafeBufferPointer(rebasing: bytes[range])) { return }
        let number = CodeTable.text(ofNumber: table.number) ?? ""
        let name = table.name.string(in: DefinitionTables.tables)
        let text = "the code is not one of table \(number)\(name.isEmpty ? "" : " (\(name))")"
        if set.hasBorrowedTables {
            add(.userTable, atMost: .warning, text)
        } else if Self.isEnforced(table.number) {
            add(.enforcedTable, text)
        } else {
            switch table.kind {
            case .hl7: add(.hl7Table, text)
            case .user: add(.userTable, text)
            case .extensible: break
            }
        }
    }

    /// Tables whose codes decide how a message is processed. 0076, 0003, 0103, 0104 and 0155 are for the header rules,
    /// 0125 is for OBX-2.
    private static func isEnforced(_ number: UInt16) -> Bool {
        switch number {
        case 3, 76, 85, 103, 104, 136, 155: true
        default: false
        }
    }

    // MARK: Length

    mutating func checkLength(_ row: DefinitionSet.FieldRow, _ range: Range<Int>, _ flags: UInt8) {
        // 2.7 and later: a value that was cut off ends with the truncation character (§2.5.5.2).
        let truncation = delimiters.truncation ?? UInt8(ascii: "#")
        if set.version >= .v2_7, bytes[range.upperBound - 1] == truncation { return }
        let count = flags & ByteClasses.special == 0 ? range.count : message.text(in: range).count
        guard count > Int(row.length) else { return }
        add(.fieldLength, "\(fieldName(row)) has \(count) characters; \(set.version) allows \(row.length)")
    }

    // MARK: Characters

    /// Looks at escape sequences, control characters and bytes over 7F of one value.
    mutating func checkCharacters(_ range: Range<Int>, _ flags: UInt8, allowsWhitespace: Bool) {
        var control = false
        var whitespace = false
        var isHigh = false
        var escape: Int?
        for at in range {
            let byte = bytes[at]
            let byteClass = classes[Int(byte)]
            if byteClass & ByteClasses.special == 0 { continue }
            if byteClass & ByteClasses.high != 0 {
                isHigh = true
            } else if byteClass & ByteClasses.control != 0 {
                if byte >= 0x09 && byte <= 0x0C && byte != 0x0B { whitespace = true } else { control = true }
            } else if escape == nil {
                escape = at
            }
        }
        if control { add(.controlCharacter, "a control character inside a value") }
        if whitespace, !allowsWhitespace {
            add(.whitespace, "a tabulator or line feed inside a value; use \\.br\\ for a line break")
        }
        if let escape { checkEscapes(from: escape, to: range.upperBound) }
        if isHigh, hasUndecodable, undecodableCount < Self.undecodableMax { checkDecodable(range) }
    }

    private mutating func checkEscapes(from start: Int, to end: Int) {
        let text = slice(start..<end)
        var at = start
        while let open = text[at...].firstIndex(of: delimiters.escape) {
            guard let close = text[(open + 1)...].firstIndex(of: delimiters.escape) else {
                add(.escape, "an escape sequence is not closed; the escape character itself is \\E\\")
                return
            }
            let body = text[(open + 1)..<close]
            if !EscapeFormat.isKnown(body) {
                add(.escape, "an escape sequence is not known; it is kept as it stands")
                return
            }
            if set.version < .v2_7, delimiters.truncation == nil, body.elementsEqual("P".utf8) {
                add(.escape, "\\P\\ stands for the truncation character, which \(set.version) does not have")
                return
            }
            at = close + 1
        }
    }

    private mutating func checkDecodable(_ range: Range<Int>) {
        guard let offset = message.firstUndecodableOffset(in: range) else { return }
        undecodableCount += 1
        add(.undecodable, "byte \(offset) of the message is not valid in \(message.charset.name)")
    }
}

/// Escape sequences by form (HL7 2.5.1 §2.7).
enum EscapeFormat {
    /// Whether the text between two escape characters is a sequence of the standard, or a local one (`Z…`).
    static func isKnown(_ body: ArraySlice<UInt8>) -> Bool {
        guard let first = body.first else { return false }
        let rest = body.dropFirst()
        switch first {
        case UInt8(ascii: "F"), UInt8(ascii: "S"), UInt8(ascii: "T"), UInt8(ascii: "R"), UInt8(ascii: "E"),
            UInt8(ascii: "P"), UInt8(ascii: "H"), UInt8(ascii: "N"):
            return rest.isEmpty
        case UInt8(ascii: "X"): return !rest.isEmpty && rest.count.isMultiple(of: 2) && rest.allSatisfy(isHexadecimal)
        case UInt8(ascii: "C"): return rest.count == 4 && rest.allSatisfy(isHexadecimal)
        case UInt8(ascii: "M"): return (rest.count == 4 || rest.count == 6) && rest.allSatisfy(isHexadecimal)
        case UInt8(ascii: "Z"): return true
        case UInt8(ascii: "."): return isLayout(rest)
        default: return false
        }
    }

    private static func isLayout(_ command: ArraySlice<UInt8>) -> Bool {
        let names = ["sp", "br", "fi", "nf", "in", "ti", "sk", "ce"]
        guard command.count >= 2, names.contains(where: { command.prefix(2).elementsEqual($0.utf8) }) else {
            return false
        }
        return command.dropFirst(2).allSatisfy { $0 >= 0x30 && $0 <= 0x39 || [0x20, 0x2B, 0x2D].contains($0) }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        byte >= 0x30 && byte <= 0x39 || byte >= 0x41 && byte <= 0x46 || byte >= 0x61 && byte <= 0x66
    }
}
