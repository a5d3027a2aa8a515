// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioEmbedded: Target.Dependency = .product(name: "NIOEmbedded", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1: Target.Dependency = .product(name: "NIOHTTP1", package: "swift-nio")
let nioSSL: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let sqlite: Target.Dependency = .product(name: "GRDBSQLite", package: "GRDB.swift")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let cryptoExtras: Target.Dependency = .product(name: "CryptoExtras", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let httpClient: Target.Dependency = .product(name: "AsyncHTTPClient", package: "async-http-client")
let coreMetrics: Target.Dependency = .product(name: "CoreMetrics", package: "swift-metrics")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let httpTypes: Target.Dependency = .product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let serviceLifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let unixSignals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")

func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

// The order is the architecture, bottom up: a target imports only what stands above it here and
// is named in its own list. Sources/README.md draws it.
let package = Package(
    name: "wardline",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "HL7", targets: ["HL7"]),
        .library(name: "HL7Conformance", targets: ["HL7Conformance"]),
        .library(name: "FHIR", targets: ["FHIR"]),
        .library(name: "Mapping", targets: ["Mapping"]),
        .library(name: "MLLP", targets: ["MLLP"]),
        .executable(name: "wardline", targets: ["wardline"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        library("HL7"),
        library("HL7Conformance", ["HL7"]),
        library("FHIR"),
        library("Mapping", ["HL7", "FHIR", "Yams", crypto]),
        library("Auditing", [crypto]),
        library("MLLP", [nioCore, nioPosix, nioSSL, .product(name: "NIOTLS", package: "swift-nio")]),
        library("Journaling", ["Auditing", grdb, sqlite, crypto]),
        library("Interfaces", ["HL7", "HL7Conformance", "Mapping", "Yams", crypto]),
        .target(name: "CLinux"),
        .target(name: "CAllocations"),
        library(
            "Broker",
            [
                "CLinux", "HL7", "HL7Conformance", "FHIR", "Mapping", "Auditing", "MLLP", "Journaling", "Interfaces",
                coreMetrics, httpClient, logging, crypto, cryptoExtras, nioCore, nioPosix, nioHTTP1, nioSSL, deque,
                heap, serviceLifecycle, asn1, x509,
            ]),
        .target(
            name: "Console",
            dependencies: [
                "Auditing", "Broker", "CLinux", "FHIR", "HL7", "HL7Conformance", "Interfaces", "Journaling", "MLLP",
                "Mapping", coreMetrics, crypto,
                cryptoExtras,
                httpClient, hummingbird, hummingbirdTLS, httpTypes, logging, nioCore, nioHTTP1, nioSSL,
                serviceLifecycle,
            ], exclude: ["Monitoring", "Web"], swiftSettings: settings),
        .executableTarget(
            name: "wardline",
            dependencies: [
                "Auditing", "Broker", "CLinux", "Console", "FHIR", "HL7", "HL7Conformance", "Interfaces", "Journaling",
                "MLLP",
                "Mapping", arguments, asn1, coreMetrics, crypto, httpClient, httpTypes, hummingbird, hummingbirdTLS,
                logging,
                nioCore,
                nioPosix, nioSSL, serviceLifecycle, unixSignals, x509,
            ],
            swiftSettings: settings),
        .executableTarget(
            name: "Benchmarks",
            dependencies: [
                "Auditing", "CAllocations", "FHIR", "HL7", "HL7Conformance", "Journaling", "Mapping", "wardline",
            ],
            swiftSettings: settings),
        tests("HL7Tests", ["HL7"]),
        tests("FuzzTests", ["HL7", "HL7Conformance"]),
        tests("HL7ConformanceTests", ["HL7", "HL7Conformance"]),
        tests("FHIRTests", ["FHIR"]),
        tests("MappingTests", ["HL7", "FHIR", "Mapping"]),
        tests("AuditingTests", ["Auditing", crypto]),
        tests("MLLPTests", ["MLLP", nioCore, nioEmbedded, nioPosix, nioSSL]),
        tests("JournalingTests", ["Auditing", "Journaling", grdb, crypto]),
        tests("InterfacesTests", ["HL7", "HL7Conformance", "Interfaces", "Mapping"]),
        tests(
            "BrokerTests",
            [
                "Auditing", "Broker", "FHIR", "HL7", "HL7Conformance", "Interfaces", "Journaling", "MLLP", "Mapping",
                logging, crypto, cryptoExtras, nioCore, nioHTTP1, nioPosix, serviceLifecycle,
            ]),
        tests("ConsoleTests", ["Console", "FHIR", "HL7", "HL7Conformance"]),
        tests("WardlineTests", ["Console", "HL7", "wardline"]),
        .target(name: "CPowerCut", path: "Tests/CPowerCut"),
        tests(
            "EndToEndTests", ["CPowerCut", "HL7", "MLLP", "wardline", httpClient, nioCore, nioHTTP1, nioPosix, nioSSL]),
    ]
)
