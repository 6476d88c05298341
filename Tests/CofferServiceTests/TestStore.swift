// A blob store for one test, and services without a database.

import BlobStore
import CofferCore
import FoundationEssentials

@testable import CofferService

/// A store in a directory that is removed with the last reference to the object.
final class TestStore {
    let path = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"

    init() throws { _ = try openBlobStore("file://\(path)", creating: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

extension Service {
    /// A service with these options. It logs only errors.
    convenience init(options: [String: String]) throws {
        let quiet = ["COFFER_LOG_LEVEL": "error"].merging(options) { $1 }
        self.init(try Configuration(environment: { quiet[$0] }))
    }

    /// A service whose database is unavailable.
    ///
    /// - Parameter store: nil for a store that is unavailable too.
    convenience init(withoutDatabase store: TestStore?, options: [String: String] = [:]) throws {
        var all = ["COFFER_DATABASE_URL": "host=/nonexistent", "COFFER_STORAGE_URL": "file:///nonexistent"]
        if let store { all["COFFER_STORAGE_URL"] = "file://\(store.path)" }
        try self.init(options: all.merging(options) { $1 })
    }
}
