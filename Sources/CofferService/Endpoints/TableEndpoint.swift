// 3. The tables: reads, changes and deletes rows. PostgreSQL makes the body of the response, under the caller's
// policies.

internal import CofferCore
internal import Postgres

struct TableEndpoint {
    let configuration: Configuration
    let database: Database

    /// If the client has no preference, the first one that it accepts is used.
    private static let types = [
        MediaType.json, MediaType.strippedArray, MediaType.strippedSingular, MediaType.singular, MediaType.csv,
    ]

    /// A parsed request for a table.
    private struct Call {
        let request: Request
        let caller: Caller
        let preferences: Preferences
        /// The media type of the response.
        let type: String
        let query: TableQuery

        var format: Format {
            switch type {
            case MediaType.csv: .csv
            case MediaType.strippedSingular, MediaType.strippedArray: .strippedJSON
            default: .json
            }
        }
        var isSingular: Bool { type == MediaType.singular || type == MediaType.strippedSingular }
    }

    /// The rows that were read or changed.
    private struct Page {
        /// nil if there was nothing to change.
        let body: Cell?
        let count: Int64

        static var empty: Page { Page() }
        private init() { (body, count) = (nil, 0) }

        init(_ row: Row) throws(PostgresError) {
            (body, count) = (try row.cell("body"), try row.integer("row_count"))
        }
    }

    /// `GET`, `HEAD`, `PATCH` and `DELETE /files`.
    func files(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try answer(request, from: caller, Relation.files)
    }

    /// `GET`, `HEAD` and `DELETE /trash`.
    func trash(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try answer(request, from: caller, Relation.trash)
    }

    /// `GET`, `HEAD` and `PATCH /users`.
    func users(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try answer(request, from: caller, Relation.users)
    }

    /// `GET`, `HEAD` and `DELETE /sessions`.
    func sessions(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try answer(request, from: caller, Relation.sessions)
    }

    /// `GET` and `HEAD /audit_log`.
    func auditLog(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        try answer(request, from: caller, Relation.auditLog)
    }

    /// - Parameter relation: the table as a role may see and change it.
    private func answer(_ request: Request, from caller: Caller, _ relation: (Role) -> Relation) throws(Failure)
        -> Response
    {
        let call = Call(
            request: request, caller: caller, preferences: try request.preferences(),
            type: try request.negotiate(Self.types),
            query: try TableQuery(try request.parameters(), relation: relation(caller.claims.role)))
        return switch request.method {
        case .patch: try update(call)
        case .delete: try delete(call)
        default: try list(call)
        }
    }

    // Reading

    private func list(_ call: Call) throws(Failure) -> Response {
        let window = try call.query.rowRange(
            range: call.request.method == .get ? try call.request.text(.range) : nil,
            maximum: Int64(configuration.maximumRows))
        // Counts are always exact: the planner's estimates come from the rows of all users, and would reveal to one
        // user what others have.
        let query = call.query.select(window, as: call.format, counting: call.preferences.count != nil)
        let (page, total) = try database.run(
            Query(query), as: call.caller.reading, for: call.request, isSearch: call.query.isSearch
        ) { rows in
            let row = try rows.only()
            return (try Page(row), try row.optionalInteger("total"))
        }
        let status = call.isSingular ? 200 : try window.status(rows: page.count, total: total)
        let fields = [
            .noStore, HeaderField("Content-Range", window.contentRange(rows: page.count, total: total)), location(call),
            HeaderField("Vary", "Accept, Prefer, Range"),
        ].compactMap { $0 }
        return try answer(call, status, fields, page)
    }

    /// The longest `Content-Location`, in bytes: web servers accept longer requests than heads of responses.
    private static let maximumLocation = 2048

    /// The `Content-Location`: the request's address with its parameters sorted. nil if it is too long.
    private func location(_ call: Call) -> HeaderField? {
        let path = call.request.basePath + call.request.route.path
        let query = call.request.query.split(separator: "&").sorted().joined(separator: "&")
        let location = query.isEmpty ? path : "\(path)?\(query)"
        return location.utf8.count <= Self.maximumLocation ? HeaderField("Content-Location", location) : nil
    }

    // Changing

    /// Refuses a change of all rows: the filter may have been forgotten, or made from an empty list.
    private func requireSelection(_ call: Call) throws(Failure) {
        let method = call.request.method.rawValue
        guard call.query.isSelective else {
            throw Failure(
                .changeWithoutFilter, "\(method) requires a filter",
                details: call.request.query.isEmpty ? nil : "The filter must be one that a row can fail",
                hint: "For one row: /\(call.query.relation.name)?id=eq.<id>")
        }
        guard !call.query.isPaginated else {
            throw Failure(
                .changeWithLimit,
                hint: "To change no more than N rows, or none: Prefer: handling=strict, max-affected=N")
        }
    }

    private func update(_ call: Call) throws(Failure) -> Response {
        try requireSelection(call)
        let changes = try PatchBody(
            body: call.request.json(), columns: call.request.parameters()["columns"], relation: call.query.relation)
        // A body without columns changes nothing, and needs no right to change anything.
        let sql = changes.isEmpty ? nil : call.query.update(changes, as: call.format)
        let page = try change(call, sql)
        let range = page.count == 0 ? "*" : "0-\(page.count - 1)"
        let total = call.preferences.count == nil ? "*" : "\(page.count)"
        return try changed(call, page, contentRange: "\(range)/\(total)")
    }

    /// Deletes the rows. Files go to the trash; what is removed from the trash is gone after the grace period.
    private func delete(_ call: Call) throws(Failure) -> Response {
        try requireSelection(call)
        let page = try change(call, call.query.delete(as: call.format))
        let total = call.preferences.count == nil ? "*" : "\(page.count)"
        return try changed(call, page, contentRange: "*/\(total)")
    }

    private func change(_ call: Call, _ sql: BoundSQL?) throws(Failure) -> Page {
        guard let sql else {
            try database.confirm(call.caller.identity, for: call.request)
            try check(call, count: 0)
            return .empty
        }
        return try database.change(
            Query(sql), as: call.caller.identity, for: call.request, isSearch: call.query.isSearch
        ) { rows in
            let page = try Page(rows.only())
            try check(call, count: page.count)
            return page
        }
    }

    /// - Throws: if a change affects more rows than the client allows, or not exactly one for a singular response.
    private func check(_ call: Call, count: Int64) throws(Failure) {
        if call.isSingular, count != 1 { throw Self.notSingular(count) }
        try call.preferences.check(affected: count)
    }

    private func changed(_ call: Call, _ page: Page, contentRange: String) throws(Failure) -> Response {
        let fields = [HeaderField("Content-Range", contentRange), .noStore]
        guard call.preferences.return == .representation else {
            return Response(204, fields + applied(call, toChange: true))
        }
        return try answer(call, 200, fields, page)
    }

    // Answering

    private func answer(_ call: Call, _ status: Int, _ fields: [HeaderField], _ page: Page) throws(Failure) -> Response
    {
        let isChange = !call.request.method.isSafe
        let fields = [HeaderField.contentType(call.type)] + fields + applied(call, toChange: isChange)
        guard let body = page.body else {
            return Response(status, fields, .text(call.type == MediaType.csv ? "" : "[]"))
        }
        guard call.isSingular else { return Response(status, fields, .cell(body)) }
        guard page.count == 1 else { throw Self.notSingular(page.count) }
        // An array of one row without its brackets is the row.
        return Response(status, fields, .text(String(body.text.dropFirst().dropLast())))
    }

    private func applied(_ call: Call, toChange isChange: Bool) -> [HeaderField] {
        call.preferences.applied(toChange: isChange).map { [HeaderField("Preference-Applied", $0)] } ?? []
    }

    private static func notSingular(_ count: Int64) -> Failure {
        Failure(.notSingular, details: "The result contains \(count) rows")
    }
}
