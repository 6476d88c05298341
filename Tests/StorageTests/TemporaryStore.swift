// A store in a directory of one test's own.

import BlobStore
import CofferCore
import FoundationEssentials

final class TemporaryStore {
    let path = "/tmp/coffer-storage-\(UInt64.random(in: 0 ... .max))"
    var url: String { "file://\(path)" }

    init() throws { _ = try openBlobStore(url, creating: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A configuration that names this store.
    func configuration() throws -> Configuration {
        try Configuration(environment: { $0 == "COFFER_STORAGE_URL" ? self.url : nil })
    }

    /// Names in a directory of the store.
    private func names(_ directory: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(path)/\(directory)")
    }

    /// Names in stage/: pending markers, and what is being written.
    var stages: [String] { get throws { try names("stage") } }

    /// The blobs that can be read.
    var blobs: [String] {
        get throws { try names("").filter { $0.utf8.count == 2 }.flatMap(names) }
    }
}
