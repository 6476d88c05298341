import POSIX

/// A temporary directory for one test, removed with all files in it.
struct TemporaryDirectory: ~Copyable {
    let path: String

    init() throws {
        path = "/tmp/coffer-test-\(UInt32.random(in: .min ... .max))"
        try FileSystem.createDirectory(path)
    }

    deinit {
        for name in (try? FileSystem.list(path)) ?? [] { try? FileSystem.unlink("\(path)/\(name)") }
        try? FileSystem.removeDirectory(path)
    }
}
