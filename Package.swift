// swift-tools-version: 6.2
import PackageDescription

// Libmicrohttpd comes from Debian: apt-get install libmicrohttpd-dev.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

// The hot path's classes belong to one actor each, which the compiler proves; the checks at run time that they are
// not accessed twice at once cost about 2,500 instructions a request (Tests/Peers measures it).
let hotPath: [SwiftSetting] =
    strict + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"])
    ],
    dependencies: [
        // The command line: parsing, help and completions.
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        // Queues of waiting requests (Deque); in the standard library one day.
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        // The log that the rest of the Swift world can read.
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        // Unix signals as an asynchronous sequence.
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        // The configuration file; its nodes carry line and column for our errors.
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .executableTarget(
            name: "sluice",
            dependencies: [
                "Admin", "Bench", "CPage", "CTLSClient", "Control", "DataPlane", "Locks", "MicroHTTPD",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ],
            swiftSettings: strict),
        .target(name: "Bench", dependencies: ["Control", "DataPlane", "Locks"], swiftSettings: strict),
        .target(
            name: "Admin", dependencies: ["CPage", "Control", "Insight", "Locks", "MicroHTTPD", "Prometheus"],
            swiftSettings: strict),
        .target(name: "MicroHTTPD", dependencies: ["CMicroHTTPD", "Locks"], swiftSettings: strict),
        .target(
            name: "DataPlane",
            dependencies: [
                "Control", "CReactor", "Locks", .product(name: "DequeModule", package: "swift-collections"),
            ],
            swiftSettings: hotPath),
        .target(name: "Control", dependencies: ["Locks"], swiftSettings: strict),
        // The comparison of both modes, and advice: statistics over what Control counts.
        .target(name: "Insight", dependencies: ["Control"], swiftSettings: strict),
        // A mutex that ThreadSanitizer understands when asked to (-DTSAN).
        .target(name: "Locks", swiftSettings: strict),
        .target(name: "Prometheus", swiftSettings: strict + [.strictMemorySafety()]),
        .systemLibrary(
            name: "CLibMicroHTTPD", path: "Sources/CMicroHTTPD/library", pkgConfig: "libmicrohttpd",
            providers: [.apt(["libmicrohttpd-dev"])]),
        .target(name: "CPage"),
        // GnuTLS is what libmicrohttpd speaks TLS by; its headers come along with libmicrohttpd-dev.
        .target(
            name: "CMicroHTTPD", dependencies: ["CLibMicroHTTPD"], exclude: ["library"],
            linkerSettings: [.linkedLibrary("gnutls")]),
        .target(name: "CTLSClient", linkerSettings: [.linkedLibrary("gnutls")]),
        .target(name: "CReactor"),

        .target(name: "TestSupport", path: "Tests/Support", swiftSettings: strict),
        .testTarget(
            name: "DataPlaneTests", dependencies: ["DataPlane", "Control", "Locks", "TestSupport"],
            path: "Tests/DataPlane", swiftSettings: strict),
        .testTarget(
            name: "ControlTests", dependencies: ["Control", "TestSupport"], path: "Tests/Control",
            swiftSettings: strict),
        .testTarget(
            name: "InsightTests", dependencies: ["Insight", "Control", "TestSupport"], path: "Tests/Insight",
            swiftSettings: strict),
        .testTarget(
            name: "PrometheusTests", dependencies: ["Prometheus", "TestSupport"], path: "Tests/Prometheus",
            exclude: ["rules"], swiftSettings: strict),
        .testTarget(
            name: "MicroHTTPDTests", dependencies: ["Locks", "MicroHTTPD", "TestSupport"], path: "Tests/MicroHTTPD",
            swiftSettings: strict),
        .testTarget(
            name: "AdminTests", dependencies: ["Admin", "Control", "MicroHTTPD", "Prometheus", "TestSupport"],
            path: "Tests/Admin", swiftSettings: strict),
        .testTarget(
            name: "BenchTests", dependencies: ["Bench", "TestSupport"], path: "Tests/Bench", swiftSettings: strict),
        .testTarget(
            name: "SluiceTests", dependencies: ["sluice", "Admin", "Control", "TestSupport"], path: "Tests/Sluice",
            swiftSettings: strict),
        .testTarget(name: "SystemTests", dependencies: ["TestSupport"], path: "Tests/System", swiftSettings: strict),
        .testTarget(
            name: "FuzzTests", dependencies: ["DataPlane", "Control", "TestSupport"], path: "Tests/Fuzz",
            exclude: ["Main", "corpus", "differential.py", "run"], swiftSettings: strict),
    ]
)

// A sanitizer looks at what handles memory and threads by hand, and is spared the building of all else (Tests/run).
if Context.environment["SLUICE_SANITIZED"] != nil {
    let needed: Set = [
        "MicroHTTPD", "CMicroHTTPD", "CLibMicroHTTPD", "DataPlane", "CReactor", "Control", "Locks", "TestSupport",
        "MicroHTTPDTests", "DataPlaneTests",
    ]
    package.products = []
    package.targets.removeAll { !needed.contains($0.name) }
}

// Tests/Fuzz/run builds the sources of FuzzTests as a program, with nothing but what they need: what is fuzzed is
// built with instruments, apart from all else.
if Context.environment["SLUICE_FUZZ"] != nil {
    let needed: Set = ["DataPlane", "Control", "Locks", "CReactor", "TestSupport"]
    package.products = [.executable(name: "fuzz", targets: ["fuzz"])]
    package.targets.removeAll { !needed.contains($0.name) }
    package.targets.append(
        .executableTarget(
            name: "fuzz", dependencies: ["DataPlane", "Control", "TestSupport"], path: "Tests/Fuzz",
            exclude: ["Tests", "corpus", "differential.py", "run"], swiftSettings: strict))
}
