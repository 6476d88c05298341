// Uploads one file of a directory in a user's name, without a request.

internal import BlobStore
internal import CofferCore
internal import Postgres
internal import Storage
internal import POSIX

final class TreeImporter {
    /// Why a file was not stored, as the end of a sentence.
    struct Problem: MappedError {
        let text: String

        init(_ text: String) { self.text = text }

        init(mapping error: any Error) {
            switch error {
            case let problem as Problem: self = problem
            case let error as CofferCore.Failure: text = error.message
            case let failure as CofferCommand.Failure: text = failure.message
            case let left as BlobLeftBehind: text = left.reason.description
            default: text = "\(error)"
            }
        }
    }

    private let account: Account
    private let stores: StoreCache
    private let interruption: Interruption

    init(_ account: Account, _ stores: StoreCache, _ interruption: Interruption) {
        (self.account, self.stores, self.interruption) = (account, stores, interruption)
    }

    /// - Parameter name: the path below the root.
    /// - Returns: false if the user has the same bytes under this path already.
    func store(_ name: String, _ status: FileStatus, from root: String) throws(Problem) -> Bool {
        try mapError(to: Problem.self) {
            let path = try FilePath(name)
            let source = "\(root)/\(name)"
            if let limit = stores.configuration.maximumUploadBytes, status.size > limit {
                throw Problem("it is larger than COFFER_MAX_UPLOAD_BYTES")
            }
            if let existing = try account.file(path), existing.blob.size == status.size,
                try existing.blob.sha256 == interruption.digest(ofFile: source)
            {
                return false
            }
            try upload(path, source, status)
            return true
        }
    }

    private func upload(_ path: FilePath, _ source: String, _ status: FileStatus) throws {
        let input = InputFile(try FileSystem.open(source, followingLinks: false), interruption)
        var pending = PendingUpload(
            NewFile(
                path, contentType: ContentType(named: nil, path: path), size: status.size, modified: status.modified),
            from: .stream { (_, buffer) in try input.read(into: &buffer) }, into: stores,
            ImportingUser(account: account))
        // A file that is being written to must not be stored in part.
        guard try pending.receive().size == status.size else { throw Problem("it changed while it was read") }
        _ = try pending.commit()
    }
}

/// A file that is read piece by piece.
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

/// The database in the user's name.
private struct ImportingUser: UploadDatabase {
    let account: Account

    func run(_ query: Query) throws -> Rows { try account.call(query) }

    func commit(_ query: Query) throws -> Rows { try account.call(query) }

    func isUnavailable(after error: any Error) -> Bool { !account.owner.connection.isUsable }
}
