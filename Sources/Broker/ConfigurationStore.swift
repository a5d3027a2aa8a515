package import Interfaces
package import Journaling
import Synchronization

/// The configuration in use, and earlier ones by hash: a delivery is edited and mapped by the one that routed it.
package final class ConfigurationStore: Sendable {
    private struct State {
        var current: Configuration
        var earlier: [[UInt8]: Configuration] = [:]

        mutating func keep(_ configuration: Configuration, as hash: [UInt8]) {
            // The journal has them all.
            if earlier.count >= ConfigurationStore.earlierMax { earlier.removeAll() }
            earlier[hash] = configuration
        }
    }

    /// Earlier configurations in memory, with their maps.
    private static let earlierMax = 8

    private let state: Mutex<State>
    private let journal: any Journal
    /// The absolute path of the interfaces folder, which the paths in its files are relative to.
    private let folder: String

    package init(_ configuration: Configuration, folder: String, journal: any Journal) {
        self.folder = folder
        state = Mutex(State(current: configuration))
        self.journal = journal
    }

    package var current: Configuration { state.withLock(\.current) }

    /// Keeps a configuration in the journal and makes it the current one.
    package func use(_ configuration: Configuration) async throws(JournalError) {
        try await journal.storeConfiguration(
            hash: configuration.hashBytes, bytes: ConfigurationArchive.encoded(configuration.files))
        state.withLock { state in
            state.keep(state.current, as: state.current.hashBytes)
            state.current = configuration
        }
    }

    /// The configuration with a hash; the current one if it is not kept or can no longer be read.
    func configuration(hash: [UInt8]) async throws(JournalError) -> Configuration {
        let (current, known) = state.withLock { ($0.current, $0.earlier[hash]) }
        if hash == current.hashBytes || hash.isEmpty { return current }
        if let known { return known }
        guard let archive = try await journal.configuration(hash: hash),
            let files = ConfigurationArchive.files(in: archive),
            let configuration = await Self.load(files, folder)
        else { return current }
        state.withLock { $0.keep(configuration, as: hash) }
        return configuration
    }

    /// Off the actor: maps take their time.
    @concurrent
    private static func load(_ files: [Configuration.File], _ folder: String) async -> Configuration? {
        InterfaceFolder.load(files: files, base: folder).configuration
    }
}

/// The files of a configuration as one run of bytes.
///
///     name length (4, big endian) | name | byte length (4) | bytes | …
enum ConfigurationArchive {
    static func encoded(_ files: [Configuration.File]) -> [UInt8] {
        var bytes: [UInt8] = []
        func add(_ part: some Collection<UInt8>) {
            let count = UInt32(part.count)
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: count >> $0) }
            bytes += part
        }
        for file in files {
            add(file.name.utf8)
            add(file.bytes)
        }
        return bytes
    }

    /// nil if the bytes are not such an archive.
    static func files(in bytes: [UInt8]) -> [Configuration.File]? {
        var position = 0
        func part() -> ArraySlice<UInt8>? {
            guard position + 4 <= bytes.count else { return nil }
            let count = Int(bytes[position..<position + 4].reduce(0) { $0 << 8 | UInt32($1) })
            position += 4
            guard position + count <= bytes.count else { return nil }
            defer { position += count }
            return bytes[position..<position + count]
        }
        var files: [Configuration.File] = []
        while position < bytes.count {
            guard let name = part(), let content = part() else { return nil }
            files.append(Configuration.File(name: String(decoding: name, as: UTF8.self), bytes: Array(content)))
        }
        return files
    }
}
