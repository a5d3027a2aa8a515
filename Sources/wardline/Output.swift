internal import FHIR
internal import Foundation
internal import Synchronization

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// What the commands print: whole lines, each written at once, so that a reader at a pipe sees it without delay.
enum Output {
    private static let lock = Mutex(())

    static let isTerminal = isatty(STDOUT_FILENO) == 1

    /// Whether colours may be used: on a terminal that can show them, unless `NO_COLOR` is set (no-color.org).
    static let isColoured: Bool = {
        let environment = ProcessInfo.processInfo.environment
        return isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }()

    /// The width of the terminal in columns; 80 where standard output is none.
    static let columns: Int = {
        var size = winsize()
        guard isTerminal, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }()

    /// Where lines are to be broken: at the width of the terminal, and nowhere for a file or another program.
    static let width = isTerminal ? columns : .max

    static func line(_ text: String) { write(Array(text.utf8) + [0x0A], to: STDOUT_FILENO) }

    /// A text for people, wrapped to the terminal with its lines but the first indented twice.
    static func lines(_ text: String, indent: Int) {
        let margin = String(repeating: " ", count: indent)
        let lines = isTerminal ? text.wrapped(to: columns - indent * 2) : [text]
        line(margin + lines.joined(separator: "\n" + margin + margin))
    }

    /// One object a line.
    static func json(_ object: JSONObject) { write(JSONValue.object(object).bytes() + [0x0A], to: STDOUT_FILENO) }

    /// For people only: progress and errors.
    static func error(_ text: String) { write(Array(text.utf8) + [0x0A], to: STDERR_FILENO) }

    static func write(_ bytes: [UInt8], to descriptor: Int32) {
        lock.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { posixWrite(descriptor, $0.baseAddress, $0.count) }
                if count > 0 {
                    rest = rest.dropFirst(count)
                } else if errno != EINTR {
                    return  // nobody reads any more
                }
            }
        }
    }
}

/// `write(2)`, which the methods above shadow.
private func posixWrite(_ descriptor: Int32, _ base: UnsafeRawPointer?, _ count: Int) -> Int {
    write(descriptor, base, count)
}
