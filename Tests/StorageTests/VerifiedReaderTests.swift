import BlobStore
import POSIX
import Testing

@testable import Storage

struct VerifiedReaderTests {
    private let bytes = (0..<10_000).map { UInt8(truncatingIfNeeded: $0 / 7) }
    private let reader = VerifiedReader(nil, rate: RateLimit(16_384_000))

    /// - Returns: a blob of these bytes, and its digest by the store's own count.
    private func blob(in place: TemporaryStore, _ bytes: [UInt8]) throws -> (reader: any BlobReader, sha256: String) {
        let store = try openBlobStore(place.url)
        let name = try BlobName.generate()
        let staged = try store.stage(as: name, length: nil)
        try staged.write(bytes.span)
        let content = try staged.finish()
        try staged.publish()
        return (try store.open(name), content.sha256.map { String(UInt16($0) | 0x100, radix: 16).dropFirst() }.joined())
    }

    @Test func `a blob is read in pieces, in order and to its end`() throws {
        let place = try TemporaryStore()
        var read: [UInt8] = []
        let small = VerifiedReader(nil, rate: RateLimit(16_384))
        let blob = try blob(in: place, Array(bytes.prefix(5000)))
        var pieces = 0
        try small.read(blob.reader) { piece in
            for index in piece.indices { read.append(piece[index]) }
            pieces += 1
        }
        #expect(read == Array(bytes.prefix(5000)))
        #expect(pieces == 2)
    }

    @Test func `the digest of a blob is that of its bytes, and that of a file too`() throws {
        let place = try TemporaryStore()
        for bytes in [bytes, []] {
            let blob = try blob(in: place, bytes)
            #expect(try reader.digest(of: blob.reader) == blob.sha256)
            let file = try FileSystem.create(place.path + "/copy-\(bytes.count)", mode: 0o600)
            try file.write(all: bytes.span)
            #expect(try reader.digest(ofFile: place.path + "/copy-\(bytes.count)") == blob.sha256)
        }
    }
}
