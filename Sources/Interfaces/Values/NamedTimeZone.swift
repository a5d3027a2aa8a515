internal import Foundation
internal import Mapping

/// A time zone of the tz database: `America/Chicago`.
///
/// A local time that occurs twice, when clocks are set back, has the offset of its first occurrence; one that clocks
/// skip has the offset before the change.
package struct NamedTimeZone: Hashable, Sendable, TimeZoneRule {
    package let name: String
    private let zone: TimeZone

    /// - Returns: nil if the system knows no zone of that name. Abbreviations (`CST`) and bare offsets are no names.
    package init?(_ name: String) {
        guard name == "UTC" || name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        self.name = name
        self.zone = zone
    }

    /// The `Area/Place` names that the system lists; it knows older ones too.
    static let names = Set(TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") })

    package func offsetMinutes(year: Int, month: Int, day: Int, hour: Int, minute: Int) -> Int? {
        let local = Self.days(year, month, day) * 86_400 + hour * 3_600 + minute * 60
        let before = offset(at: local - 86_400)
        let after = offset(at: local + 86_400)
        let offset = offset(at: local - before) == before || offset(at: local - after) != after ? before : after
        // Local mean times of the nineteenth century have seconds, which no HL7 or FHIR offset can say.
        return offset % 60 == 0 ? offset / 60 : nil
    }

    /// Seconds east of UTC at a number of seconds after 1970 in UTC.
    package func secondsEast(at seconds: Int64) -> Int { offset(at: Int(seconds)) }

    private func offset(at seconds: Int) -> Int {
        zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    }

    /// Days from 1970-01-01 to a day of the Gregorian calendar.
    private static func days(_ year: Int, _ month: Int, _ day: Int) -> Int {
        // Years begin in March here, so that the leap day is the last of its year.
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
