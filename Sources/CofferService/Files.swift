// 3. The table of files: listing and deleting. PostgreSQL makes the JSON, under the caller's policies.

internal import CofferCore
internal import Postgres

struct Files {
    let configuration: Configuration
    let database: Database
    let authenticate: Authenticate

    /// `GET` and `HEAD /files`.
    func list(_ request: Request) throws(Failure) -> Response {
        let caller = try authenticate.caller(request)
        let preferences = try request.preferences()
        let type = try request.negotiate([MediaType.json, MediaType.singular])
        let query = try TableQuery(try request.parameters(), relation: .files(for: caller.claims.role))
        let window = try query.window(
            range: request.method == .get ? try request.text("HTTP_RANGE") : nil,
            maximum: Int64(configuration.maximumRows))
        let rows = try database.run(
            Query(query.select(window, counting: preferences.count != nil)), as: caller.identity, for: request)
        let count = rows.integer(0, 1) ?? 0
        let total = rows.integer(0, 2)
        let status = try window.status(rows: count, total: total)
        var fields = [
            HeaderField.contentType(type), .noStore,
            HeaderField("Content-Range", window.contentRange(rows: count, total: total)),
        ]
        if let applied = preferences.applied(toChange: false) {
            fields.append(HeaderField("Preference-Applied", applied))
        }
        guard type == MediaType.singular else { return Response(status, fields, .cell(rows, column: 0)) }
        return Response(200, fields, .text(try Self.single(rows, count: count)))
    }

    /// The one row of a result as a bare object.
    private static func single(_ rows: Rows, count: Int64) throws(Failure) -> String {
        guard count == 1 else { throw Failure(.notSingular, details: "The result contains \(count) rows") }
        // An array of one row without its brackets is the row.
        return String((rows.text(0, 0) ?? "[]").dropFirst().dropLast())
    }

    /// `DELETE /files?…`: the rows go now, their bytes after the grace period.
    func delete(_ request: Request) throws(Failure) -> Response {
        let caller = try authenticate.caller(request)
        let preferences = try request.preferences()
        let type = try request.negotiate([MediaType.json])
        let query = try TableQuery(try request.parameters(), relation: .files(for: caller.claims.role))
        guard !query.filters.isEmpty else {
            throw Failure(.deleteWithoutFilter, hint: "To delete one file: /files?id=eq.<id>")
        }
        let rows = try database.run(
            Query(query.delete()), as: caller.identity, for: request, isRepeatable: false)
        let total = preferences.count == nil ? "*" : "\(rows.integer(0, 1) ?? 0)"
        var fields = [HeaderField("Content-Range", "*/\(total)"), .noStore]
        if let applied = preferences.applied(toChange: true) {
            fields.append(HeaderField("Preference-Applied", applied))
        }
        guard preferences.return == .representation else { return Response(204, fields) }
        return Response(200, [.contentType(type)] + fields, .cell(rows, column: 0))
    }
}

extension Query {
    fileprivate init(_ sql: BoundSQL) {
        self.init(Statement(name: "", sql: sql.text), sql.values.map { .text($0) })
    }
}
