// The user whose file an upload becomes, as the database is asked in their name.

internal import CofferCore
internal import Postgres
internal import Storage

struct UploadUser: UploadDatabase {
    let caller: Caller
    let request: Request
    let database: Database

    func run(_ query: Query) throws -> Rows { try database.run(query, as: caller.identity, for: request) }

    func commit(_ query: Query) throws -> Rows { try database.change(query, as: caller.identity, for: request) }

    func isUnavailable(after error: any Error) -> Bool {
        guard let failure = error as? Failure else { return false }
        return [.databaseUnavailable, .outcomeUnknown].contains(failure.kind)
    }

    /// - Throws: `Failure` 412 or 413 if an upload of the announced size, if that is known, cannot be stored.
    func check(_ upload: Upload) throws(Failure) {
        _ = try database.run(upload.file.check(size: upload.announced), as: caller.reading, for: request)
    }

    /// The same in the middle of a body whose length is not known.
    func checkUnfinished(_ upload: Upload, size: Int64) throws(Failure) {
        do throws(Failure) {
            _ = try database.run(upload.file.check(size: size), as: caller.identity, for: request)
        } catch  where error.kind == .overQuota {
            throw Failure(.overQuota, error.message, details: error.details.map { "At least \($0)" })
        }
    }

    /// Bytes that may be stored at the path of the upload; nil for no limit.
    func room(for upload: Upload) throws(Failure) -> Int64? {
        try database.run(upload.file.room, as: caller.identity, for: request) { rows in
            try rows.only().optionalInteger("upload_room")
        }
    }
}
