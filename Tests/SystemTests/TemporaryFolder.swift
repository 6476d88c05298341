import System

/// A temporary directory for one test. It is removed with its last reference.
final class TemporaryFolder {
    let path = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"

    init() throws { try FileSystem.makeFolder(path, mode: 0o700) }

    deinit { try? Self.remove(path) }

    static func remove(_ folder: String) throws {
        for name in try FileSystem.list(folder) {
            let path = "\(folder)/\(name)"
            let isFolder = try FileSystem.status(path, followingLinks: false).kind == .folder
            if isFolder { try remove(path) } else { try FileSystem.unlink(path) }
        }
        try FileSystem.removeFolder(folder)
    }
}

func write(_ text: String, to path: String) throws {
    try FileSystem.create(path).write(all: Array(text.utf8).span)
}

func text(of path: String) throws -> String {
    String(decoding: try FileSystem.contents(of: path), as: UTF8.self)
}
