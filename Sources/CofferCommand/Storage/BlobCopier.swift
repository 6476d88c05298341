// Copies blobs from store to store and compares what passes with the digest of the upload; one for each thread.

internal import BlobStore
internal import CofferCore
internal import Cryptography
internal import Storage
internal import System
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

    private enum Stop: Error {
        case interrupted
    }

    private let options: Options
    private let stores: StoreCache
    private var buffer: Buffer

    init(_ options: Options) {
        self.options = options
        stores = StoreCache(options.configuration, for: .operator)
        buffer = Buffer(capacity: options.rate.chunk)
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
        } catch Stop.interrupted {
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
            if size == task.content.size, try !options.comparesBytes || digest(task, in: target) == task.content.sha256
            {
                return true
            }
            try target.remove(task.name)
        } catch let error as BlobStoreError where error.kind == .absent {}
        return false
    }

    private func digest(_ task: CopyTask, in store: any BlobStore) throws -> String {
        var hash = try SHA256()
        try read(task.name, from: store) { hash.update($0) }
        return hexadecimal(hash.finish())
    }

    private func transfer(_ task: CopyTask, to target: any BlobStore) throws {
        let staged = try target.stage(as: task.name, length: task.content.size)
        do {
            try read(task.name, from: stores.store(task.source)) { (bytes) throws in try staged.write(bytes) }
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

    private func read(_ name: BlobName, from store: any BlobStore, _ body: (Span<UInt8>) throws -> Void) throws {
        let reader = try store.open(name)
        var offset: Int64 = 0
        while offset < reader.size {
            if options.interruption.isAskedFor { throw Stop.interrupted }
            buffer.removeAll()
            try buffer.append { (space) throws(BlobStoreError) in _ = try reader.read(at: offset, into: &space) }
            if buffer.count == 0 { return }
            offset += Int64(buffer.count)
            options.rate.pass(buffer.count)
            try buffer.withBytes { (bytes) throws in try body(bytes) }
        }
    }
}
