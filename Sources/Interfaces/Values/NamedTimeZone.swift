internal import Foundation

/// A time zone of the tz database: `America/Chicago`.
package struct NamedTimeZone: Hashable, Sendable {
    package let name: String
    private let zone: TimeZone

    /// - Returns: nil if the system knows no zone of that name. Abbreviations (`CST`) and bare offsets are no names.
    package init?(_ name: String) {
        guard name == "UTC" || name.contains("/"), let zone = TimeZone(identifier: name) else { return nil }
        self.name = name
        self.zone = zone
    }
}
