extension AdminAPI {
    /// `GET messages/{seq}/view`: a message beside what its maps make of it.
    package struct View: Codable, Sendable {
        package var lines: [ViewLine]
        /// Left out, with `links`, `lost` and `counts`, where no map was there: then `problem` says why.
        package var resources: [ViewResource]?
        package var links: [ViewLink]?
        /// Places whose values no element carries.
        package var lost: [String]?
        package var counts: ViewCounts?
        package var problem: String?
    }

    package struct ViewLine: Codable, Sendable {
        package var location: String
        /// `segment`, `field`, …
        package var depth: String
        package var name: String
        package var type: String
        package var value: String?
        package var meaning: String?
        package var findings: [ViewFinding]?
    }

    package struct ViewFinding: Codable, Sendable {
        package var severity: String
        package var code: String
        package var text: String
    }

    /// A FHIR resource.
    package struct ViewResource: Codable, Sendable, SchemaOfAnything {}

    package struct ViewLink: Codable, Sendable {
        package var source: String
        package var target: String
    }

    package struct ViewCounts: Codable, Sendable {
        package var leaves: Int
        package var mapped: Int
        package var condition: Int
        package var dropped: Int
        package var lost: Int
    }
}
