import HL7

/// HL7 dates and times as people read them: `20240305101500-0600` as `2024-03-05 10:15:00 -06:00`.
package enum ShownTime {
    /// - Parameters:
    ///   - type: the data type: DT, TM, TS or DTM.
    ///   - zone: of times without an offset; nil if it is not known, and then none is named.
    /// - Returns: nil for a text that is no time, and for one that cannot be made more readable.
    package static func text(_ text: String, type: String, zone: String?) -> String? {
        // What is no time is shown as it is; the validator says what is wrong with it.
        switch type {
        case "DT", "TS", "DTM": (try? Timestamp(text)).flatMap { date($0, zone) }
        case "TM": (try? Timestamp("20000101" + text)).flatMap { clock($0, zone) }
        default: nil
        }
    }

    private static func date(_ time: Timestamp, _ zone: String?) -> String? {
        guard let month = time.month else { return nil }
        var text = "\(padded(time.year, 4))-\(padded(month, 2))"
        if let day = time.day { text += "-\(padded(day, 2))" }
        return [text, clock(time, zone)].compactMap { $0 }.joined(separator: " ")
    }

    /// The time of day with its offset; nil if there is none.
    private static func clock(_ time: Timestamp, _ zone: String?) -> String? {
        guard let hour = time.hour else { return nil }
        var text = padded(hour, 2) + ":" + padded(time.minute ?? 0, 2)
        if time.minute == nil { text = padded(hour, 2) + " h" }
        if let second = time.second { text += ":" + padded(second, 2) }
        if let fraction = time.fraction { text += "." + fraction }
        if let offset = time.offsetMinutes {
            let minutes = abs(offset)
            text += " \(offset < 0 ? "-" : "+")\(padded(minutes / 60, 2)):\(padded(minutes % 60, 2))"
        } else if let zone {
            text += " \(zone)"
        }
        return text
    }

    private static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
