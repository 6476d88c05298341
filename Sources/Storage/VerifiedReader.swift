// Reads and hashes bytes piece by piece in constant memory, within a rate limit, until the operator interrupts.

public import BlobStore
internal import CofferCore
internal import Cryptography
internal import POSIX
internal import Text

/// A reader for one thread.
public final class VerifiedReader {
    /// The operator interrupted the command.
    public struct Interrupted: Error {}

    private let rate: RateLimit
    private let interruption: Interruption?
    private var buffer: Buffer

    /// - Parameter interruption: nil if the reader cannot be interrupted.
    public init(_ interruption: Interruption?, rate: RateLimit = RateLimit(nil)) {
        self.rate = rate
        self.interruption = interruption
        buffer = Buffer(capacity: rate.chunk)
    }

    /// Reads a blob to its end.
    ///
    /// - Throws: `Interrupted`, `BlobStoreError`, or an error of `body`.
    public func read(_ blob: any BlobReader, _ body: (Span<UInt8>) throws -> Void) throws {
        var offset: Int64 = 0
        while offset < blob.size, let count = try piece({ try blob.read(at: offset, into: &$0) }, body) {
            offset += Int64(count)
        }
    }

    /// The SHA-256 of a blob in hexadecimal.
    ///
    /// - Parameter body: called with the bytes, piece by piece.
    /// - Throws: like `read`.
    public func digest(of blob: any BlobReader, _ body: (Span<UInt8>) throws -> Void = { _ in }) throws -> String {
        var hash = SHA256()
        try read(blob) { bytes in
            hash.update(bytes)
            try body(bytes)
        }
        return hexadecimal(hash.finish())
    }

    /// The SHA-256 of a file in hexadecimal.
    ///
    /// - Throws: `Interrupted` or `SystemError`.
    public func digest(ofFile path: String) throws -> String {
        let file = try FileSystem.open(path)
        var hash = SHA256()
        while try piece({ try file.read(into: &$0) }, { hash.update($0) }) != nil {}
        return hexadecimal(hash.finish())
    }

    /// - Returns: the number of bytes. nil at the end.
    private func piece(
        _ fill: (inout OutputSpan<UInt8>) throws -> Int, _ body: (Span<UInt8>) throws -> Void
    ) throws -> Int? {
        if interruption?.isRequested == true { throw Interrupted() }
        buffer.removeAll()
        _ = try buffer.append(fill)
        if buffer.count == 0 { return nil }
        rate.throttle(buffer.count)
        try buffer.withBytes(body)
        return buffer.count
    }
}
