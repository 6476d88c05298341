// An upload without a request, in the user's name.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

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
            if let there = try account.file(path), there.blob.size == status.size,
                try there.blob.sha256 == interruption.digest(ofFile: source)
            {
                return false
            }
            try upload(path, source, status)
            return true
        } catch let problem as Problem {
            throw problem
        } catch let failure as CofferCommand.Failure {
            throw Problem(failure.message)
        } catch let left as BlobLeftBehind {
            throw Problem("\(left.reason)")
        } catch {
            throw Problem("\(error)")
        }
    }

    private func upload(_ path: FilePath, _ source: String, _ status: FileStatus) throws {
        let input = InputFile(try FileSystem.open(source, followingLinks: false), interruption)
        var pending = PendingUpload(
            NewFile(path, contentType: ContentType(named: nil, path: path), size: status.size),
            from: .stream { (_, buffer) in try input.read(into: &buffer) }, into: stores,
            ImportingUser(account: account, modified: status.modified))
        // A file that somebody is writing to is not stored half.
        guard try pending.receive().size == status.size else { throw Problem("it changed while it was read") }
        _ = try pending.commit()
    }
}

/// A file of the tree, read piece by piece.
private final class InputFile {
    private let file: FileDescriptor
    private let interruption: Interruption

    private static let piece = 1 << 20

    init(_ file: consuming FileDescriptor, _ interruption: Interruption) {
        self.file = file
        self.interruption = interruption
    }

    func read(into buffer: inout [UInt8]) throws {
        if interruption.isRequested { throw TreeImporter.Problem("interrupted") }
        buffer.removeAll(keepingCapacity: true)
        try buffer.append(addingCapacity: Self.piece) { (space) throws in _ = try file.read(into: &space) }
    }
}

/// The database in the name of the user. A file keeps the time that it has in the tree.
private struct ImportingUser: UploadDatabase {
    let account: Account
    /// Seconds since 1970.
    let modified: Int64

    func run(_ query: Query) throws -> Rows { try account.call(query) }

    func commit(_ query: Query) throws -> Rows {
        try account.call(query) { (rows, transaction) throws(Failure) in
            // The statement is the upload's, which names no column. Null: nothing was stored.
            guard let id = rows.text(0, 0) else { return }
            try transaction.call(
                "select internal.set_file_time($2::uuid, $1::bigint)", [.integer(modified), .text(id)])
        }
    }

    func isUnavailable(after error: any Error) -> Bool { !account.owner.connection.isUsable }
}
