import FHIR

/// A text of a map file with its place.
struct Placed<Content: Sendable>: Sendable {
    var content: Content
    var place: MapPlace
}

/// `tables/*.yaml` as written.
struct TableDeclaration: Sendable {
    struct Code: Hashable, Sendable {
        var code: String
        var system: String?
        var display: String?
    }

    struct Entry: Sendable {
        /// One text for each input.
        var inputs: [String]
        var code: Code
        var place: MapPlace
    }

    var name: String
    var place: MapPlace
    var v2: String?
    var system: String?
    var ignoreCase = false
    /// `codes`: one input each.
    var codes: [Entry] = []
    /// `rows`: several inputs.
    var rows: [Entry] = []
}

/// One row of a segment or datatype map as written.
struct RowDeclaration: Sendable {
    struct Alternative: Sendable {
        var to: String
        var conversion: String?
        var table: String?
        var place: MapPlace
    }

    var id: String
    var place: MapPlace
    var from: [Placed<String>] = []
    var to: Placed<String>?
    var conversion: Placed<String>?
    var table: Placed<String>?
    var v2: String?
    var when: Placed<String>?
    var pick: [Placed<String>] = []
    var join: String?
    var prefix: String?
    var set: Placed<JSONValue>?
    var value: Placed<JSONValue>?
    var ref: Placed<String>?
    var make: Placed<String>?
    var with: Placed<String>?
    var otherwise: Alternative?
    var onUnmapped: Placed<String>?
    /// Without a time zone for its value the message is not mapped at all.
    var isNeeded = false
    var drop: String?
    var guideRow: String?
}

/// A recipe of `key` as written.
struct KeyDeclaration: Sendable {
    enum Recipe: Sendable {
        case identifier(path: String, type: String, except: String?)
        case parts([String])
    }

    var recipe: Recipe
    var place: MapPlace

    /// Paths and names, without the question marks.
    var paths: [String] {
        switch recipe {
        case .identifier(let path, _, let except): [path] + (except.map { [$0] } ?? [])
        case .parts(let parts): parts.map { $0.hasSuffix("?") ? String($0.dropLast()) : $0 }
        }
    }
}

/// A rule of `together` as written.
struct TogetherDeclaration: Sendable {
    var names: [Placed<String>]
    var status: String
    /// `*` is all others.
    var codes: [String: String]
    var place: MapPlace
}

/// `segments/*.yaml` and `datatypes/*.yaml` as written.
struct ResourceMapDeclaration: Sendable {
    enum Kind: Sendable { case segment, datatype }

    var name: String
    var kind: Kind
    var place: MapPlace
    var target: Placed<String>
    var when: Placed<String>?
    var key: [KeyDeclaration] = []
    var required: [(path: Placed<String>, value: JSONValue)] = []
    var together: [TogetherDeclaration] = []
    var rows: [RowDeclaration] = []

    /// The part of the name before the first `-`: the segment or data type.
    var source: String { String(name.prefix { $0 != "-" }) }
}

/// `messages/*.yaml` as written.
struct MessageMapDeclaration: Sendable {
    struct Action: Sendable {
        enum Kind: Sendable { case make, extend }
        var kind: Kind
        var name: String
        var with: Placed<String>
        /// The map instead of `with` for every further segment of the same resource.
        var again: Placed<String>?
        var when: Placed<String>?
        var orMake = false
        var bundle: Placed<String>?
        var refs: [(path: Placed<String>, name: String)] = []
        var links: [(name: Placed<String>, path: String)] = []
        var place: MapPlace
    }

    struct Content: Sendable {
        var segment: String?
        var group: String?
        var starts: [String] = []
        var actions: [Action] = []
        var content: [Content] = []
        var drop: String?
        var place: MapPlace
    }

    var name: String
    var place: MapPlace
    var isOfficial: Bool
    var events: [Placed<String>] = []
    var content: [Content] = []
}

/// `site/*.yaml` as written.
struct OverlayDeclaration: Sendable {
    struct MapChange: Sendable {
        var name: Placed<String>
        var add: [RowDeclaration] = []
        var replace: [RowDeclaration] = []
        var drop: [Placed<String>] = []
    }

    var name: String
    var place: MapPlace
    var selector: MapSelector?
    var maps: [MapChange] = []
    var tables: [TableDeclaration] = []
    var messages: [(name: Placed<String>, content: [MessageMapDeclaration.Content])] = []
    var new: [ResourceMapDeclaration] = []
}

/// Which senders' messages an overlay is for. A part that is nil fits all.
struct MapSelector: Hashable, Sendable {
    var application: String?
    var facility: String?
    var version: String?

    var weight: Int { [application, facility, version].count { $0 != nil } }
}

/// All files, read.
struct MapDeclarations: Sendable {
    var messages: [String: MessageMapDeclaration] = [:]
    var segments: [String: ResourceMapDeclaration] = [:]
    var datatypes: [String: ResourceMapDeclaration] = [:]
    var tables: [String: TableDeclaration] = [:]
    var overlays: [OverlayDeclaration] = []
}
