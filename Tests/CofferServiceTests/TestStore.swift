// A blob store of one test's own, and services that need no more than that.

import BlobStore
import CofferCore
import FoundationEssentials

@testable import CofferService

/// A store in a folder that is gone with its last reference.
final class TestStore {
    let path = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"

    init() throws { _ = try openBlobStore("file://\(path)", creating: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Service {
    /// A service with these options, which logs errors only.
    convenience init(options: [String: String]) throws {
        let quiet = ["COFFER_LOG_LEVEL": "error"].merging(options) { $1 }
        self.init(try Configuration(environment: { quiet[$0] }))
    }

    /// A service whose database is away.
    ///
    /// - Parameter store: its store; without one the store is away too.
    convenience init(withoutDatabase store: TestStore?, options: [String: String] = [:]) throws {
        var all = ["COFFER_DATABASE_URL": "host=/nonexistent", "COFFER_STORAGE_URL": "file:///nonexistent"]
        if let store { all["COFFER_STORAGE_URL"] = "file://\(store.path)" }
        try self.init(options: all.merging(options) { $1 })
    }
}
