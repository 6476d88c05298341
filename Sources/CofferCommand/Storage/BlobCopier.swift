// Copies blobs from store to store and compares what passes with the digest of the upload; one for each thread.

internal import BlobStore
internal import CofferCore
internal import Storage
internal import POSIX
internal import Text

/// A blob to copy, and what it has to be.
struct CopyTask: Sendable {
    let name: BlobName
    /// URL of the store that has it.
    let source: String
    let content: KnownBlob.Content
}

final class BlobCopier {
    enum Outcome: Equatable, Sendable {
        case copied
        /// It was there and is right.
        case present
        /// The source does not have it.
        case absent
        case failed(String)
        case interrupted
    }

    struct Options: Sendable {
        let configuration: Configuration
        /// URL of the store to copy to.
        let target: String
        let rate: RateLimit
        let interruption: Interruption
        /// Whether to ask the target first, as where most blobs are there already.
        var looksFirst = false
        /// Whether what is there is compared by its bytes, or by its size.
        var comparesBytes = true
    }

    private let options: Options
    private let stores: StoreCache
    private let reader: VerifiedReader

    init(_ options: Options) {
        self.options = options
        stores = StoreCache(options.configuration, for: .operator)
        reader = VerifiedReader(options.interruption, rate: options.rate)
    }

    func copy(_ task: CopyTask) -> Outcome {
        do {
            let target = try stores.store(options.target)
            if options.looksFirst, try isPresent(task, in: target) { return .present }
            do {
                try transfer(task, to: target)
            } catch let error as BlobStoreError where error.kind == .exists {
                // An earlier run stopped behind the publishing. What is wrong is replaced: no file uses it yet.
                if try isPresent(task, in: target) { return .present }
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

    /// Whether the target has the right bytes already; wrong ones are removed.
    private func isPresent(_ task: CopyTask, in target: any BlobStore) throws -> Bool {
        do {
            let size = try target.status(of: task.name).size
            if size == task.content.size {
                if !options.comparesBytes { return true }
                if try reader.digest(of: target.open(task.name)) == task.content.sha256 { return true }
            }
            try target.remove(task.name)
        } catch let error as BlobStoreError where error.kind == .absent {}
        return false
    }

    private func transfer(_ task: CopyTask, to target: any BlobStore) throws {
        let staged = try target.stage(as: task.name, length: task.content.size)
        do {
            try reader.read(stores.store(task.source).open(task.name)) { (bytes) throws in try staged.write(bytes) }
            let content = try staged.finish()
            guard hexadecimal(content.sha256) == task.content.sha256, content.size == task.content.size else {
                throw BlobStoreError(.unavailable, "The blob's bytes do not match its digest.")
            }
            try staged.publish()
        } catch {
            staged.discard()
            throw error
        }
    }
}
