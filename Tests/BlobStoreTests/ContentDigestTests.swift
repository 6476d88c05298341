import Testing

@testable import BlobStore

struct ContentDigestTests {
    private func content(_ digest: consuming ContentDigest, _ rest: [UInt8]) -> BlobContent {
        digest.update(rest.span)
        return digest.finish()
    }

    @Test func `a digest continues from its state`() throws {
        let bytes = Array("Grüße aus Köln".utf8)
        for cut in 0...bytes.count {
            var begun = ContentDigest()
            begun.update(Array(bytes[..<cut]).span)
            let progress = BlobProgress(size: begun.size, digest: begun.state)
            let (whole, parts) = (
                content(ContentDigest(), bytes), content(try ContentDigest(progress), Array(bytes[cut...]))
            )
            #expect(parts.sha256 == whole.sha256 && parts.size == whole.size && parts.isUTF8 == whole.isUTF8)
        }
    }

    @Test func `the state of another offset, or none after the beginning, is refused`() throws {
        var begun = ContentDigest()
        begun.update([1, 2, 3].span)
        let state = begun.state
        for progress in [
            BlobProgress(size: 4, digest: state), BlobProgress(size: 0, digest: state), BlobProgress(size: 3),
            BlobProgress(size: 3, digest: []), BlobProgress(size: 3, digest: Array(state.dropLast())),
        ] {
            #expect(throws: BlobStoreError.self) { _ = try ContentDigest(progress).finish() }
        }
    }
}
