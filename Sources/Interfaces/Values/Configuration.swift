package import Mapping

/// Everything that an interfaces folder says, checked.
package struct Configuration: Sendable {
    /// A file that was read.
    package struct File: Hashable, Sendable {
        /// Path below the interfaces folder: `routes/admissions.yaml`.
        package var name: String
        package var bytes: [UInt8]

        package init(name: String, bytes: [UInt8]) {
            self.name = name
            self.bytes = bytes
        }
    }

    /// A file of a certificate, key or secret that is named and not there: a warning of `check`, fatal at `serve`.
    package struct MissingFile: Hashable, Sendable {
        /// Absolute.
        package var path: String
        package var finding: InterfaceFinding

        package init(path: String, finding: InterfaceFinding) {
            self.path = path
            self.finding = finding
        }
    }

    /// SHA-256 over the names and bytes of ``files``, as 64 hexadecimal digits.
    package let hash: String
    /// The same as 32 bytes.
    package let hashBytes: [UInt8]
    /// The absolute path of the folder, to which the paths in the files are relative.
    package var folder: String
    /// What was read, by name: what the hash covers.
    package var files: [File]
    package var broker: BrokerSettings
    package var listeners: [ListenerSettings]
    /// nil: only the Unix socket.
    package var admin: AdminSettings?
    package var providers: [Provider]
    /// By the names of their files.
    package var routes: [Route]
    package var maps: ResourceMaps
    package var tables: [String: TranslationTable]
    package var profiles: [String: ConformanceProfile]
    package var missingFiles: [MissingFile]

    package init(
        hash: String = "", folder: String = "", files: [File] = [], broker: BrokerSettings,
        listeners: [ListenerSettings] = [],
        admin: AdminSettings? = nil, providers: [Provider] = [], routes: [Route] = [], maps: ResourceMaps,
        tables: [String: TranslationTable] = [:], profiles: [String: ConformanceProfile] = [:],
        missingFiles: [MissingFile] = []
    ) {
        self.hash = hash
        hashBytes = Self.bytes(ofHexadecimal: hash)
        self.folder = folder
        self.files = files
        self.broker = broker
        self.listeners = listeners
        self.admin = admin
        self.providers = providers
        self.routes = routes
        self.maps = maps
        self.tables = tables
        self.profiles = profiles
        self.missingFiles = missingFiles
    }

    /// Nothing if `text` is not pairs of hexadecimal digits.
    private static func bytes(ofHexadecimal text: String) -> [UInt8] {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.utf8.count, digits.count.isMultiple(of: 2) else { return [] }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    package func endpoint(_ name: String) -> Endpoint? {
        guard let dot = name.firstIndex(of: ".") else { return nil }
        return provider(String(name[..<dot]))?.endpoints.first { $0.name == name }
    }

    package func provider(_ name: String) -> Provider? { providers.first { $0.name == name } }
    package func listener(_ name: String) -> ListenerSettings? { listeners.first { $0.name == name } }
}
