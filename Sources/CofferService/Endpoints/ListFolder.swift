// 3. One level of the caller's tree of files.

internal import CofferCore
internal import Postgres
internal import Text

struct ListFolder {
    let configuration: Configuration
    let database: Database

    /// Returns one row: the page, its length, whether more entries follow, and the cursor of the last entry. It reads
    /// one entry more than the page has, to find out whether more follow.
    private static let statement = Statement(
        name: "list_folder",
        sql: """
            with found as materialized (select * from api.list_folder($1, $2::bigint + 1, $3)),
                page as (select * from found limit $2::bigint)
            select coalesce(json_agg(page), '[]')::text as body, count(*) as row_count,
                (select count(*) from found) > $2::bigint as has_more, (array_agg(page.cursor))[count(*)] as last_cursor
            from page
            """)

    /// `GET`, `HEAD` and `POST /rpc/list_folder`.
    func list(_ request: Request, from caller: Caller) throws(Failure) -> Response {
        let type = try request.negotiate([MediaType.json])
        var arguments = try request.arguments()
        let limit = try limit(arguments[1])
        arguments[1] = .integer(limit)
        let page = try database.run(
            Query(Self.statement, arguments), as: caller.reading, for: request, read: { try Page($0.only()) })
        let count = page.count
        var fields = [
            HeaderField.contentType(type), .noStore,
            HeaderField("Content-Range", count == 0 ? "*/*" : "0-\(count - 1)/*"),
        ]
        if let cursor = page.nextCursor {
            fields.append(link(from: arguments[0], limit: limit, after: cursor, request))
        }
        return Response(200, fields, .cell(page.body))
    }

    private struct Page {
        let body: Cell
        let count: Int64
        /// nil on the last page.
        let nextCursor: String?

        init(_ row: Row) throws(PostgresError) {
            body = try row.cell("body")
            count = try row.integer("row_count")
            nextCursor = try row.boolean("has_more") ? row.text("last_cursor") : nil
        }
    }

    private func limit(_ requested: Parameter) throws(Failure) -> Int64 {
        let maximum = Int64(configuration.maximumRows)
        guard case .integer(let limit) = requested else { return maximum }
        guard limit > 0 else { throw Failure(.invalidArgument, "The limit must be at least 1") }
        return min(limit, maximum)
    }

    /// The `Link` to the next page (RFC 8288).
    private func link(
        from folder: Parameter, limit: Int64, after cursor: String, _ request: Request
    ) -> HeaderField {
        var query = "limit=\(limit)&p_cursor=\(PercentCoding.encode(cursor))"
        if case .text(let folder) = folder { query = "p_folder=\(PercentCoding.encode(folder))&" + query }
        return HeaderField("Link", "<\(request.basePath)\(request.route.path)?\(query)>; rel=\"next\"")
    }
}
