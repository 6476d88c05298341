// 3. The functions that PostgreSQL carries out alone: arguments in, JSON or nothing out. PostgreSQL also checks again
// who may call them.

internal import CofferCore
internal import Postgres

struct FunctionEndpoint {
    let configuration: Configuration
    let database: Database

    /// The last members are options of the workers, which the database does not have. They are appended to the object as
    /// text: PostgreSQL can merge only jsonb, which would change the order of the members.
    private static let whoami = Statement(
        name: "whoami",
        sql: """
            select left(api.whoami()::text, -1) || format(',"max_upload_bytes":%s,"trash_days":%s,"version_days":%s}',
                coalesce($1::bigint::text, 'null'), $2::bigint, $3::bigint) as body
            """)
    private static let createFolder = Statement(name: "create_folder", sql: "select api.create_folder($1)")
    private static let deleteFolder = Statement(name: "delete_folder", sql: "select api.delete_folder($1) as body")
    private static let restore = Statement(
        name: "restore", sql: "select api.restore($1::text::uuid, $2, $3::text::uuid) as body")
    private static let restoreFolder = Statement(
        name: "restore_folder", sql: "select api.restore_folder($1, $2::text::timestamptz) as body")
    private static let moveFolder = Statement(name: "move_folder", sql: "select api.move_folder($1, $2) as body")
    private static let createUser = Statement(
        name: "create_user", sql: "select to_json(api.create_user($1, $2, $3, $4::bigint)) as body")
    private static let resetPassword = Statement(
        name: "reset_password", sql: "select api.reset_password($1::text::uuid, $2)")
    private static let deleteUser = Statement(name: "delete_user", sql: "select api.delete_user($1::text::uuid)")

    /// `GET`, `HEAD` and `POST /rpc/whoami`.
    func whoami(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let limit = configuration.maximumUploadBytes.map { Parameter.integer($0) } ?? .null
        let days = [configuration.trashDays, configuration.versionDays].map { Parameter.integer(Int64($0)) }
        return try call(Self.whoami, request, from: caller, own: [limit] + days, isChange: false)
    }

    /// `POST /rpc/create_folder`.
    func createFolder(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try call(Self.createFolder, request, from: caller, isVoid: true)
    }

    /// `POST /rpc/delete_folder`: moves a folder to the trash, and returns the number of files.
    func deleteFolder(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try call(Self.deleteFolder, request, from: caller, isLong: true)
    }

    /// `POST /rpc/restore`: returns the id of a file, or the number of an entry's files.
    func restore(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try call(Self.restore, request, from: caller, isLong: true)
    }

    /// `POST /rpc/restore_folder`: returns how many files were kept, restored and removed.
    func restoreFolder(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try call(Self.restoreFolder, request, from: caller, isLong: true)
    }

    /// `POST /rpc/move_folder`: moves files, and returns how many.
    func moveFolder(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try call(Self.moveFolder, request, from: caller, isLong: true)
    }

    /// `POST /rpc/create_user`: returns the id of the new user.
    func createUser(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try call(Self.createUser, request, from: caller)
    }

    /// `POST /rpc/reset_password`.
    func resetPassword(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try call(Self.resetPassword, request, from: caller, isVoid: true)
    }

    /// `POST /rpc/delete_user`.
    func deleteUser(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try call(Self.deleteUser, request, from: caller, isVoid: true)
    }

    /// - Parameters:
    ///   - own: the worker's parameters, which follow the request's arguments.
    ///   - isVoid: whether the function returns nothing, so that the response is 204.
    ///   - isChange: whether the function writes to the database.
    ///   - isLong: whether it may change very many rows.
    private func call(
        _ statement: Statement, _ request: Request, from caller: Caller, own: [Parameter] = [], isVoid: Bool = false,
        isChange: Bool = true, isLong: Bool = false
    ) throws(Failure) -> Response {
        let type = try request.negotiate([MediaType.json, MediaType.singular])
        let query = Query(statement, try request.arguments() + own)
        let read = { (rows: Rows) in isVoid ? nil : try rows.only().cell("body") }
        let body =
            isChange
            ? try database.change(query, as: caller.identity, for: request, isLong: isLong, read: read)
            : try database.run(query, as: caller.identity, for: request, read: read)
        guard let body else { return Response(204, [.noStore]) }
        return Response(200, [.contentType(type), .noStore], .cell(body))
    }
}
