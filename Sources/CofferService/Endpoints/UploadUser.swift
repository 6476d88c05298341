// The user who uploads a file, and the database with this user's rights.

internal import CofferCore
internal import Postgres
internal import Storage

extension Failure {
    /// Whether a statement may have been executed although it failed.
    var isOutageOfDatabase: Bool { [.databaseUnavailable, .outcomeUnknown].contains(kind) }
}

struct UploadUser: UploadDatabase {
    let caller: Caller
    let request: Request
    let database: Database
    /// Whether its commit may add very many files.
    var isLong = false

    func run(_ query: Query) throws -> Rows { try database.run(query, as: caller.identity, for: request) }

    func commit(_ query: Query) throws -> Rows {
        try database.change(query, as: caller.identity, for: request, isLong: isLong, read: { $0 })
    }

    func isUnavailable(after error: any Error) -> Bool {
        (error as? Failure)?.isOutageOfDatabase ?? false
    }

    /// Checks that the upload can be stored, with its announced size if there is one.
    ///
    /// - Throws: `Failure` 412 or 413.
    func check(_ upload: Upload) throws(Failure) {
        _ = try database.run(upload.file.check(size: upload.announced), as: caller.identity, for: request)
    }

    /// Checks that a body of unknown length can be stored, of which `size` bytes have arrived.
    ///
    /// - Throws: as `check`. The failure says that the size is at least the one so far.
    func checkUnfinished(_ upload: Upload, size: Int64) throws(Failure) {
        do throws(Failure) {
            _ = try database.run(upload.file.check(size: size), as: caller.identity, for: request)
        } catch  where error.kind == .overQuota {
            throw Failure(.overQuota, error.message, details: error.details.map { "At least \($0)" })
        }
    }

    /// How many bytes may be stored at the path of the upload. nil for no limit.
    func room(for upload: Upload) throws(Failure) -> Int64? {
        try database.run(upload.file.room, as: caller.identity, for: request) { rows in
            try rows.only().optionalInteger("upload_room")
        }
    }
}
