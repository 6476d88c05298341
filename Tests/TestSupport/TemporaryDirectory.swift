import Foundation

/// A temporary directory for one test. It is removed with its last reference.
public final class TemporaryDirectory: Sendable {
    public let path = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"

    public init() throws {
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    }

    deinit { try? Self.remove(path) }

    /// Removes a directory and everything in it. Does not follow symbolic links.
    public static func remove(_ directory: String) throws { try FileManager.default.removeItem(atPath: directory) }
}
