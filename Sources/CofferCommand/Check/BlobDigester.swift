// Reads blobs and compares their digests; one for each thread.

internal import BlobStore
internal import CofferCore
internal import Cryptography
internal import Storage
internal import System
internal import Text

final class BlobDigester {
    enum Verdict: Equatable, Sendable {
        case right
        case problem(Problem.Kind)
        case interrupted
    }

    private let url: String
    private let rate: RateLimit
    private let interruption: Interruption
    private let stores: StoreCache
    private var buffer: Buffer

    init(_ url: String, _ configuration: Configuration, _ rate: RateLimit, _ interruption: Interruption) {
        (self.url, self.rate, self.interruption) = (url, rate, interruption)
        stores = StoreCache(configuration, for: .operator)
        buffer = Buffer(capacity: rate.chunk)
    }

    func judge(_ blob: KnownBlob) -> Verdict {
        guard let content = blob.content else { return .right }
        do {
            guard let digest = try digest(blob.name) else { return .interrupted }
            return hexadecimal(digest) == content.sha256 ? .right : .problem(.wrongDigest)
        } catch let error as BlobStoreError {
            return .problem(error.kind == .absent ? .missing : .unreadable(error.message))
        } catch {
            return .problem(.unreadable("\(error)"))
        }
    }

    /// Nil when the operator does not want to wait for it.
    private func digest(_ name: BlobName) throws -> [UInt8]? {
        let reader = try stores.store(url).open(name)
        var hash = try SHA256()
        var offset: Int64 = 0
        repeat {
            if interruption.isAskedFor { return nil }
            buffer.removeAll()
            try buffer.append { (space) throws(BlobStoreError) in _ = try reader.read(at: offset, into: &space) }
            offset += Int64(buffer.count)
            rate.pass(buffer.count)
            buffer.withBytes { hash.update($0) }
        } while offset < reader.size && buffer.count > 0
        return hash.finish()
    }
}
