internal import Broker
internal import Console
internal import FHIR
internal import Logging

/// Writes the log as JSON lines on standard error.
///
///     {"time":"2026-03-05T10:15:00.123Z","level":"warning","message":"delivery held","endpoint":"lakeside-clinic.inbox"}
struct JSONLogHandler: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var object: JSONObject = [
            "time": .string(isoTime(Clock.system.now())), "level": .string(event.level.rawValue),
            "message": .string("\(event.message)"),
        ]
        let merged = metadata.merging(event.metadata ?? [:]) { _, new in new }
        for (key, value) in merged.sorted(by: { $0.key < $1.key }) { object[key] = .string("\(value)") }
        Output.error(JSONValue.object(object).json())
    }
}
