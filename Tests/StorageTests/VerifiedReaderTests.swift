import BlobStore
import Glibc
import POSIX
import Testing

@testable import Storage

struct VerifiedReaderTests {
    /// Without a limit, a reader takes 1 MiB at once.
    private let bytes = [UInt8](repeating: 1, count: 1 << 20) + [UInt8](repeating: 2, count: 1 << 20) + [3, 4, 5]
    private let reader = VerifiedReader(nil)
    private let place: TemporaryStore

    init() throws { place = try TemporaryStore() }

    /// - Returns: a blob of these bytes, and its digest by the store's own count.
    private func blob(_ bytes: [UInt8]) throws -> (reader: any BlobReader, sha256: String) {
        let store = try openBlobStore(place.url)
        let name = BlobName.generate()
        let staged = try store.stage(as: name, length: nil)
        try staged.write(bytes.span)
        let content = try staged.finish()
        try staged.publish()
        return (try store.open(name), content.sha256.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined())
    }

    @Test func `a blob is read in pieces, in order and to its end`() throws {
        var pieces: [[UInt8]] = []
        try reader.read(blob(bytes).reader) { piece in pieces.append(piece.indices.map { piece[$0] }) }
        #expect(pieces.map(\.count) == [1 << 20, 1 << 20, 3])
        // Not within the expectation, which would look for the smallest difference of two long arrays.
        let isSame = pieces.flatMap(\.self) == bytes
        #expect(isSame)
    }

    @Test func `the digest of a blob is that of its bytes, and that of a file too`() throws {
        for bytes in [bytes, []] {
            let blob = try blob(bytes)
            var count = 0
            #expect(try reader.digest(of: blob.reader) { count += $0.count } == blob.sha256)
            #expect(count == bytes.count)
            let path = place.path + "/copy-\(bytes.count)"
            try FileSystem.create(path, mode: 0o600).write(all: bytes.span)
            #expect(try reader.digest(ofFile: path) == blob.sha256)
        }
    }

    /// A sleep is never shorter than asked for, so a busy machine cannot make this fail.
    @Test func `reading takes as long as the rate demands`() throws {
        let slow = VerifiedReader(nil, rate: RateLimit(16_384))
        let begin = Clock.monotonicNanoseconds()
        _ = try slow.digest(of: blob([UInt8](repeating: 1, count: 4096)).reader)
        #expect(Clock.monotonicNanoseconds() - begin >= 250_000_000)
    }

    @Test func `an interruption ends the reading before the next piece`() throws {
        let reader = VerifiedReader(Interruption())
        let signals: Set<Signal> = [.interrupt, .terminate]
        defer {
            // Consumes the signal of this thread, which would end the tests once it is unblocked.
            _ = try? Signals.wait(for: signals, timeout: .zero)
            try? Signals.unblock(signals)
        }
        var pieces = 0
        #expect(throws: VerifiedReader.Interrupted.self) {
            try reader.read(blob(bytes).reader) { _ in
                pieces += 1
                _ = raise(SIGTERM)
            }
        }
        #expect(pieces == 1)
    }
}
