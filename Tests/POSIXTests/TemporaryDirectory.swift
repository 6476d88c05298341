import POSIX

/// A temporary directory for one test. It is removed with its last reference.
final class TemporaryDirectory {
    let path = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"

    init() throws { try FileSystem.createDirectory(path, mode: 0o700) }

    deinit { try? Self.remove(path) }

    static func remove(_ directory: String) throws {
        for name in try FileSystem.list(directory) {
            let path = "\(directory)/\(name)"
            let isDirectory = try FileSystem.status(path, followingLinks: false).kind == .directory
            if isDirectory { try remove(path) } else { try FileSystem.unlink(path) }
        }
        try FileSystem.removeDirectory(directory)
    }
}

func write(_ text: String, to path: String) throws {
    try FileSystem.create(path).write(all: Array(text.utf8).span)
}

func text(of path: String) throws -> String {
    String(decoding: try FileSystem.contents(of: path), as: UTF8.self)
}
