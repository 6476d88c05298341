// A blob that arrives in several requests: a multipart upload. S3 takes no part below 5 MiB but the last one, so what
// remains of a request's bytes is an object of its own, the tail, which the next request reads back.
//
// The progress names the parts by their ETags, and each tail has a new key. So a request of a process that has died
// cannot change what is recorded, even if the storage receives it late.

internal import HTTP
internal import POSIX

final class S3UnfinishedBlob: ResumableBlob {
    /// In bytes. Clients often send pieces of this size, which need no tail.
    private static let usualPart = 8 << 20

    private let client: S3Client
    private let name: BlobName
    private let length: Int64
    private let partSize: Int64
    private var digest: ContentDigest
    private var state: State
    /// The bytes of the part that is not full yet, with those of the tail.
    private let part: S3Part
    private var saved: Int64
    /// Tails that the progress of the last `save` no longer names.
    private var replaced: [String] = []

    /// What is recorded of the storage: lines of text.
    private struct State {
        var upload = ""
        var tail = ""
        var tags: [String] = []

        init(_ text: String?) {
            guard let lines = text?.split(separator: "\n", omittingEmptySubsequences: false), lines.count >= 2 else {
                return
            }
            (upload, tail, tags) = (String(lines[0]), String(lines[1]), lines.dropFirst(2).map { String($0) })
        }

        var text: String { ([upload, tail] + tags).joined(separator: "\n") }
    }

    init(
        _ client: S3Client, _ name: BlobName, length: Int64, from progress: BlobProgress
    ) throws(BlobStoreError) {
        guard let size = PartSizes.size(length: length, usual: Self.usualPart) else {
            throw BlobStoreError(.tooLarge, "The storage cannot hold a file of this size.")
        }
        (self.client, self.name, self.length, partSize) = (client, name, length, Int64(size))
        digest = try ContentDigest(progress)
        state = State(progress.store)
        saved = progress.size
        part = S3Part(size: Int(min(partSize, max(1, length))))
        let sent = Int64(state.tags.count) * partSize
        guard saved == length || sent + (state.tail.isEmpty ? 0 : 1) <= saved else { throw Self.unsuitable }
        if saved < length { try readTail(saved - sent) }
    }

    private static let unsuitable = BlobStoreError(.refused, "The state of the storage belongs to another offset.")

    let isExclusive = false

    func claim() -> Bool { true }

    var size: Int64 { digest.size }

    var room: Int { Int(min(partSize, length)) - part.count }

    func append(_ bytes: Span<UInt8>) {
        precondition(part.append(bytes) == bytes.count, "no room")
        digest.update(bytes)
    }

    func save() throws(BlobStoreError) -> BlobProgress {
        if size > saved {
            if room == 0 || size == length { try sendPart() } else { try sendTail() }
        }
        saved = size
        return progress
    }

    func recorded() {
        for key in replaced { client.attempt(S3Request("DELETE", key)) }
        replaced = []
    }

    func complete() throws(BlobStoreError) -> any PendingBlob {
        guard size == length, saved == length else { throw BlobStoreError(.refused, "The blob is not complete.") }
        return S3FinishedBlob(
            client, name, upload: state.upload, tags: state.tags, try ContentDigest(progress).finish())
    }

    private var progress: BlobProgress { BlobProgress(size: saved, digest: digest.state, store: state.text) }

    private func sendPart() throws(BlobStoreError) {
        let key = client.address.key(of: name)
        if state.upload.isEmpty { state.upload = try client.beginMultipart(key) }
        let query = [("partNumber", "\(state.tags.count + 1)"), ("uploadId", state.upload)]
        let answer = try client.perform(part.request("PUT", key, query: query, sha256: nil))
        guard let tag = answer.head.field("ETag") else {
            throw BlobStoreError(.unavailable, "The storage did not confirm a part of an upload.")
        }
        state.tags.append(tag)
        part.clear()
        replaceTail(by: "")
    }

    private func sendTail() throws(BlobStoreError) {
        let key = "\(client.address.unfinishedKey(of: name))-\(BlobName.generate())"
        try client.put(part.request("PUT", key, query: [], sha256: nil))
        replaceTail(by: key)
    }

    private func replaceTail(by key: String) {
        if !state.tail.isEmpty { replaced.append(state.tail) }
        state.tail = key
    }

    private func readTail(_ count: Int64) throws(BlobStoreError) {
        guard count > 0 else { return }
        guard !state.tail.isEmpty, count < partSize else { throw Self.unsuitable }
        let reader = S3BlobReader(client, state.tail, size: count)
        var buffer = Buffer(capacity: Int(count))
        try buffer.append { (space) throws(BlobStoreError) in _ = try reader.read(at: 0, into: &space) }
        buffer.withBytes { _ = part.append($0) }
    }
}

/// The complete blob, whose parts have been sent.
private final class S3FinishedBlob: PendingBlob {
    private let client: S3Client
    private let name: BlobName
    private let upload: String
    private let tags: [String]
    private let content: BlobContent

    init(_ client: S3Client, _ name: BlobName, upload: String, tags: [String], _ content: BlobContent) {
        (self.client, self.name, self.upload, self.tags, self.content) = (client, name, upload, tags, content)
    }

    var size: Int64 { content.size }

    func write(_ bytes: Span<UInt8>) throws(BlobStoreError) {
        throw BlobStoreError(.refused, "The blob is finished already.")
    }

    func finish() throws(BlobStoreError) -> BlobContent { content }

    func publish() throws(BlobStoreError) {
        try client.completeMultipart(client.address.key(of: name), upload, tags: tags, size: size)
    }

    /// Also aborts multipart uploads that were begun but not recorded. If this fails, the sweep does so later.
    func confirm() { try? S3BlobStore(client).discardUnfinished([name]) }

    func discard() {}
}
