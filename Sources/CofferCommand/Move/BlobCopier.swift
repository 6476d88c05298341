// Copies blobs from store to store, and compares the bytes with the digest of the upload. Each thread has its own
// copier.

internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX
internal import Text

/// A blob to copy.
struct CopyTask: Sendable {
    let blob: FileBlob
    /// The URL of the store that has it.
    let source: String
}

final class BlobCopier {
    enum Outcome: Equatable, Sendable {
        case copied
        /// The target had it already.
        case present
        /// The source does not have it.
        case absent
        case failed(String)
        case interrupted
    }

    struct Options: Sendable {
        let configuration: Configuration
        /// The URL of the store to copy to.
        let target: String
        let threads: Int
        let rate: RateLimit
        let interruption: Interruption
        /// Whether to look for the blob in the target before it is copied. This is faster if most blobs are there.
        var looksFirst = false
        /// Whether a blob of the target is compared by its bytes. If false, only by its size.
        var comparesBytes = true
    }

    private let options: Options
    private let stores: StoreCache
    private let reader: VerifiedReader

    private init(_ options: Options) {
        self.options = options
        stores = StoreCache(options.configuration, for: .operator)
        reader = VerifiedReader(options.interruption, rate: options.rate)
    }

    /// Copies blobs on several threads.
    ///
    /// - Returns: the outcomes in the order of the tasks.
    static func copy(_ tasks: [CopyTask], _ options: Options) -> [(task: CopyTask, outcome: Outcome)] {
        let outcomes = inParallel(tasks, threads: options.threads, with: { BlobCopier(options) }) { $1.copy($0) }
        return zip(tasks, outcomes).map { (task: $0, outcome: $1) }
    }

    private func copy(_ task: CopyTask) -> Outcome {
        do {
            let target = try stores.store(options.target)
            if options.looksFirst, try isPresent(task.blob, in: target) { return .present }
            do {
                try transfer(task, to: target)
            } catch let error as BlobStoreError where error.kind == .exists {
                // An earlier run was interrupted after publishing it. A wrong blob is replaced, as no file uses it yet.
                if try isPresent(task.blob, in: target) { return .present }
                try transfer(task, to: target)
            }
            return .copied
        } catch is VerifiedReader.Interrupted {
            return .interrupted
        } catch let error as BlobStoreError {
            return error.kind == .absent ? .absent : .failed(error.description)
        } catch {
            return .failed("\(error)")
        }
    }

    /// Whether the target has the right bytes already. Wrong ones are removed.
    private func isPresent(_ blob: FileBlob, in target: any BlobStore) throws -> Bool {
        do {
            if try target.status(of: blob.name).size == blob.size {
                if !options.comparesBytes { return true }
                if try reader.digest(of: target.open(blob.name)) == blob.sha256 { return true }
            }
            try target.remove(blob.name)
        } catch let error as BlobStoreError where error.kind == .absent {}
        return false
    }

    private func transfer(_ task: CopyTask, to target: any BlobStore) throws {
        let blob = task.blob
        let staged = try target.stage(as: blob.name, length: blob.size)
        do {
            try reader.read(stores.store(task.source).open(blob.name)) { (bytes) throws in try staged.write(bytes) }
            let content = try staged.finish()
            guard hexadecimal(content.sha256) == blob.sha256, content.size == blob.size else {
                throw BlobStoreError(.unavailable, "The blob's bytes do not match its digest.")
            }
            try staged.publish()
        } catch {
            staged.discard()
            throw error
        }
    }
}
