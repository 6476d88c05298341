// swift-tools-version: 6.3
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// Without the standard library's regular expressions, which would make the worker 1.4 MB larger. The methods
/// `split`, `replacing` and `contains` for a text within a text belong to them; use `separated(by:)` of `Text` instead.
let workerSettings =
    settings + [
        .unsafeFlags(["-Xfrontend", "-disable-implicit-string-processing-module-import"])
    ]

/// A module of the worker, with its tests beside it.
func module(
    _ name: String, _ dependencies: [Target.Dependency] = [], testing extra: [Target.Dependency] = [],
    plugins: [Target.PluginUsage] = []
) -> [Target] {
    [
        .target(name: name, dependencies: dependencies, swiftSettings: workerSettings, plugins: plugins),
        .testTarget(
            name: name + "Tests", dependencies: [.byName(name: name)] + dependencies + extra,
            swiftSettings: settings),
    ]
}

let package = Package(
    name: "coffer",
    products: [
        .executable(name: "coffer.fcgi", targets: ["coffer.fcgi"]),
        .executable(name: "coffer", targets: ["coffer"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The C libraries, each imported by one wrapper only.
        .systemLibrary(name: "CCalendar"),
        .systemLibrary(name: "CSystem"),
        .systemLibrary(name: "CFastCGI", providers: [.apt(["libfcgi-dev"])]),
        .systemLibrary(name: "CPostgreSQL", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        // Not linked but loaded: see its shim.h. Needs libcurl4-openssl-dev to build.
        .target(name: "CCurl"),
    ]
        // The ground floor: one coder each of what texts are made of. All others may import it.
        + module("Text", ["CCalendar"], testing: ["TestSupport"])
        // ZIP archives as streams of bytes.
        + module("Archive", ["Text"], testing: ["POSIX", "TestSupport"])
        // The wrappers: no C type leaves them, and they know nothing of Coffer.
        + module("POSIX", ["CSystem"], testing: ["TestSupport"])
        + module("Cryptography", ["COpenSSL"])
        + module("Postgres", ["CPostgreSQL", "POSIX", "Text"], testing: ["TestSupport"])
        + module("Gateway", ["CFastCGI", "POSIX"])
        + module("HTTP", ["CCurl", "POSIX", "Text"], testing: ["TestSupport"])
        + module("BlobStore", ["POSIX", "Cryptography", "HTTP", "Text"], testing: ["CofferCore", "TestSupport"])
        // What Coffer is: the pure core, its description, and the service that does the work.
        + module("CofferCore", ["Text"], testing: ["POSIX", "TestSupport"])
        + module("CofferOpenAPI", ["CofferCore"])
        + module("Storage", ["CofferCore", "BlobStore", "Postgres", "Cryptography", "POSIX", "Text"])
        + module("Monitoring", ["CofferCore", "BlobStore", "Postgres", "POSIX"], testing: ["TestSupport"])
        + module(
            "CofferService",
            [
                "Archive", "CofferCore", "CofferOpenAPI", "Storage", "Monitoring", "Gateway", "Postgres",
                "Cryptography", "BlobStore", "POSIX", "Text",
            ],
            testing: ["CofferSchema", "TestSupport"], plugins: ["EmbedSQL"])
        + [
            // What the tests of several modules need.
            .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: settings),
            .target(
                name: "CofferSchema", path: "sql",
                exclude: ["tests", "CONVENTIONS.md", "roles.sql", "drop-code.sql", "migrations", "code"],
                sources: ["SQLFile.swift"], swiftSettings: settings, plugins: ["EmbedSQL"]),
            // The plugin runs the program, which writes the SQL into CofferSchema and its level into CofferService.
            .plugin(name: "EmbedSQL", capability: .buildTool(), dependencies: ["embed-sql"]),
            .executableTarget(
                name: "embed-sql", dependencies: ["Cryptography"], path: "Sources/EmbedSQL", swiftSettings: settings),
            // The programs.
            .executableTarget(
                name: "coffer.fcgi",
                dependencies: ["CofferService", "CofferCore", "Gateway", "Monitoring", "POSIX"],
                path: "Sources/CofferWorker",
                swiftSettings: workerSettings),
            .target(
                name: "CofferCommand",
                dependencies: [
                    "CofferSchema", "CofferCore", "Storage", "Monitoring", "Postgres", "Cryptography", "BlobStore",
                    "HTTP", "POSIX", "Text",
                    .product(name: "ArgumentParser", package: "swift-argument-parser"),
                ], swiftSettings: settings),
            .executableTarget(
                name: "coffer", dependencies: ["CofferCommand"], path: "Sources/CofferMain",
                swiftSettings: settings),
            .testTarget(
                name: "CofferCommandTests",
                dependencies: [
                    "CofferCommand", "CofferSchema", "CofferCore", "Storage", "Monitoring", "BlobStore", "POSIX",
                    "Text", "TestSupport",
                ],
                swiftSettings: settings),
        ]
)
