// An upload without a request: the same steps in the same order as StoreFile's, in the user's name.

internal import BlobStore
internal import CofferCore
internal import Cryptography
internal import Postgres
internal import Storage
internal import System

final class TreeImporter {
    /// Why a file was not stored, as the end of a sentence.
    struct Problem: Error {
        let text: String
        init(_ text: String) { self.text = text }
    }

    private let account: Account
    private let configuration: Configuration
    private let stores: StoreCache
    private let interruption: Interruption
    private var buffer = Buffer(capacity: 1 << 20)

    init(_ account: Account, _ configuration: Configuration, _ interruption: Interruption) {
        (self.account, self.configuration, self.interruption) = (account, configuration, interruption)
        stores = StoreCache(configuration, for: .operator)
    }

    /// - Returns: false when the user has the file with the same bytes.
    func store(_ name: String, _ status: FileStatus, from root: String) throws(Problem) -> Bool {
        let path: FilePath
        do { path = try FilePath(name) } catch { throw Problem(error.message) }
        let source = "\(root)/\(name)"
        if let limit = configuration.maximumUploadBytes, status.size > limit {
            throw Problem("it is larger than COFFER_MAX_UPLOAD_BYTES")
        }
        do {
            if let there = try account.file(path), there.content.size == status.size,
                try there.content.sha256 == digest(ofFile: source)
            {
                return false
            }
            try upload(path, source, status)
            return true
        } catch let problem as Problem {
            throw problem
        } catch let failure as CofferCommand.Failure {
            throw Problem(failure.message)
        } catch {
            throw Problem("\(error)")
        }
    }

    private func upload(_ path: FilePath, _ source: String, _ status: FileStatus) throws {
        let blob = try BlobName.generate()
        let begun = try account.call(
            "select api.begin_upload($1, $2, $3::bigint, null, false)",
            [.text(blob.description), .text(path.text), .integer(status.size)])
        let store = try stores.store(begun.text(0, 0) ?? configuration.storageURL)
        var isPublished = false
        do {
            let staged = try store.stage(as: blob, length: status.size)
            try fill(staged, source)
            let content = try staged.finish()
            // A file that somebody is writing to is not stored half.
            guard content.size == status.size else { throw Problem("it changed while it was read") }
            try staged.publish()
            isPublished = true
            try commit(path, blob, content, status)
        } catch {
            // As in StoreFile: where the database is away the commit may have happened, and then the blob is a file's;
            // else the list forgets the blob when it is gone from the store.
            guard account.owner.connection.isUsable else { throw error }
            if isPublished { try store.remove(blob) }
            _ = try? account.call("select api.abandon_upload($1)", [.text(blob.description)])
            throw error
        }
    }

    private func fill(_ staged: any StagedBlob, _ source: String) throws {
        let file = try FileSystem.open(source, followingLinks: false)
        repeat {
            if interruption.isAskedFor { throw Problem("interrupted") }
            buffer.removeAll()
            try buffer.append { (space) throws(SystemError) in _ = try file.read(into: &space) }
            try buffer.withBytes { (bytes) throws in try staged.write(bytes) }
        } while buffer.count > 0
    }

    private func commit(_ path: FilePath, _ blob: BlobName, _ content: BlobContent, _ status: FileStatus) throws {
        let type = MediaType.labelled(MediaType.stored(contentType: nil, path: path), isUTF8: content.isUTF8)
        _ = try account.call(
            "select api.store_file($1, $2, null, $3, $4::bigint, $5::bytea, null, false)",
            [
                .text(blob.description), .text(path.text), .text(type), .integer(content.size), .bytes(content.sha256),
            ],
            then: ("select internal.set_file_time($2::uuid, $1::bigint)", [.integer(status.modified)]))
    }
}
