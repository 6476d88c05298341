// Reads blobs and compares their digests. Each thread has its own digester.

internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX
internal import Text

final class BlobDigester {
    enum Verdict: Equatable, Sendable {
        case right
        case problem(Problem.Kind)
        case interrupted
    }

    private let url: String
    private let stores: StoreCache
    private let reader: VerifiedReader

    /// - Parameter url: of the store that has the blobs.
    init(_ url: String, _ configuration: Configuration, _ rate: RateLimit, _ interruption: Interruption) {
        self.url = url
        stores = StoreCache(configuration, for: .operator)
        reader = VerifiedReader(interruption, rate: rate)
    }

    func evaluate(_ blob: FileBlob) -> Verdict {
        do {
            let digest = try reader.digest(of: stores.store(url).open(blob.name))
            return digest == blob.sha256 ? .right : .problem(.wrongDigest)
        } catch is VerifiedReader.Interrupted {
            return .interrupted
        } catch let error as BlobStoreError {
            return .problem(error.kind == .absent ? .missing : .unreadable(error.message))
        } catch {
            return .problem(.unreadable("\(error)"))
        }
    }
}
