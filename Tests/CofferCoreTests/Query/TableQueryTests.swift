import Testing

@testable import CofferCore

struct TableQueryTests {
    private func query(_ text: String, role: Role = .editor) throws(Failure) -> TableQuery {
        try TableQuery(QueryParameters(text), relation: .files(for: role))
    }

    private func select(_ text: String, counting: Bool = false) throws -> BoundSQL {
        let query = try query(text)
        return query.select(try query.window(range: nil, maximum: 1000), counting: counting)
    }

    @Test func `a read is one row of page, count and total`() throws {
        let sql = try select(
            "select=id,file_path,id&file_path=like.a*&size_bytes=not.lt.5"
                + "&order=id.desc,size_bytes.nullslast&limit=3&offset=2",
            counting: true)
        let condition = " where file_path like $1 and not size_bytes < $2"
        #expect(
            sql.text
                == "select coalesce(json_agg(page), '[]')::text, count(*), (select count(*) from api.files\(condition))"
                + " from (select id, file_path from api.files\(condition)"
                + " order by id desc, size_bytes asc nulls last, user_id, file_path limit 3 offset 2) page")
        #expect(sql.values == ["a%", "5"])
    }

    @Test func `without a count the total is null`() throws {
        #expect(
            try select("select=id").text
                == "select coalesce(json_agg(page), '[]')::text, count(*), null"
                + " from (select id from api.files order by user_id, file_path limit 1000 offset 0) page"
        )
    }

    @Test func `a deletion returns what is gone`() throws {
        let sql = try query("select=id&id=eq.6b1f0e1c-0000-4000-8000-00000000000a").delete()
        #expect(
            sql.text == "with gone as (delete from api.files where id = $1 returning *)"
                + " select coalesce(json_agg(page), '[]')::text, count(*)"
                + " from (select id from gone order by user_id, file_path) page")
        #expect(sql.values == ["6b1f0e1c-0000-4000-8000-00000000000a"])
    }

    @Test(arguments: [
        ("file_path=eq.a*", "file_path = $1", "a*"), ("file_path=neq.a", "file_path <> $1", "a"),
        ("size_bytes=gt.1", "size_bytes > $1", "1"), ("size_bytes=gte.1", "size_bytes >= $1", "1"),
        ("size_bytes=lt.1", "size_bytes < $1", "1"), ("size_bytes=lte.1", "size_bytes <= $1", "1"),
        ("file_path=like.*a*", "file_path like $1", "%a%"), ("file_path=ilike.*a*", "file_path ilike $1", "%a%"),
        ("id=like.a*", "id::text like $1", "a%"), ("created_at=not.ilike.2*", "not created_at::text ilike $1", "2%"),
    ])
    func `each operator has its SQL, and a star is a wildcard in patterns only`(
        text: String, condition: String, value: String
    ) throws {
        let sql = try query("select=id&\(text)").delete()
        #expect(sql.text.contains("where \(condition) returning"))
        #expect(sql.values == [value])
    }

    @Test(arguments: [
        "id=eq.x", "id=neq.6b1f0e1c-0000-4000-8000-00000000000", "size_bytes=gt.a", "size_bytes=eq.9223372036854775808",
        "created_at=lt.yesterday", "file_path=eq.%00", "size_bytes=eq.",
    ])
    func `a value that PostgreSQL could not read is refused before it is bound`(text: String) throws {
        let failure = #expect(throws: Failure.self) { try query(text) }
        #expect(failure?.kind == .invalidValue)
    }

    @Test func `values are bound and never part of the text`() throws {
        var random = RepeatableGenerator(seed: 8)
        for _ in 0..<500 {
            let filters = (0...3).map { _ in random.filter() }
            let values = filters.map { filter in
                let column = filter.operator.isPattern ? filter.column : Column("file_path", .text)
                return Filter(column, isNegated: filter.isNegated, filter.operator, "'; drop--§" + filter.value)
            }
            let text = values.map(\.queryString).joined(separator: "&")
            for sql in [try select(text, counting: true), try query(text).delete()] {
                #expect(!sql.text.contains("§") && !sql.text.contains("drop"))
                #expect(sql.values.count == 4)
                #expect(sql.text.contains("$4") && !sql.text.contains("$5"))
            }
        }
    }

    @Test func `filters, orders and selection come back from their query string`() throws {
        var random = RepeatableGenerator(seed: 9)
        for _ in 0..<1000 {
            let filters = (0..<Int.random(in: 0...4, using: &random)).map { _ in random.filter() }
            let orders = (0..<Int.random(in: 0...3, using: &random)).map { _ in random.order() }
            let selection = (0..<Int.random(in: 1...5, using: &random)).map { _ in random.column() }
            var parts = filters.map(\.queryString)
            parts.append("select=" + selection.map(\.name).joined(separator: ","))
            if !orders.isEmpty { parts.append("order=" + orders.map(\.queryString).joined(separator: ",")) }
            let query = try query(parts.shuffledKeepingFilters(using: &random).joined(separator: "&"), role: .admin)
            #expect(query.filters == filters)
            #expect(query.orders == orders)
            #expect(query.selection == selection)
        }
    }
}

extension RepeatableGenerator {
    fileprivate mutating func column() -> Column {
        Relation.files(for: .admin).columns.filter { !$0.forAdmins }.randomElement(using: &self) ?? Column("id", .uuid)
    }

    fileprivate mutating func filter() -> Filter {
        let column = column()
        let `operator` = Filter.Operator.allCases.randomElement(using: &self) ?? .equal
        let value =
            switch column.kind {
            case _ where `operator`.isPattern: text(length: 8)
            case .text: text(length: 8).replacing("\0", with: "")
            case .uuid: "6b1f0e1c-0000-4000-8000-00000000000a"
            case .integer: String(Int64.random(in: .min ... .max, using: &self))
            case .timestamp: "2026-11-24T01:02:03.456+00:00"
            }
        return Filter(column, isNegated: .random(using: &self), `operator`, value)
    }

    fileprivate mutating func order() -> Order {
        Order(
            column(), isDescending: .random(using: &self),
            nullsFirst: [nil, true, false].randomElement(using: &self) ?? nil)
    }
}

extension Filter {
    fileprivate var queryString: String {
        "\(column.name)=" + PercentCoding.encode("\(isNegated ? "not." : "")\(`operator`.rawValue).\(value)")
    }
}

extension Order {
    fileprivate var queryString: String {
        "\(column.name)\(isDescending ? ".desc" : "")" + (nullsFirst.map { $0 ? ".nullsfirst" : ".nullslast" } ?? "")
    }
}

extension [String] {
    /// `select` and `order` may stand anywhere; the filters keep their order.
    fileprivate func shuffledKeepingFilters(using random: inout RepeatableGenerator) -> [String] {
        var result = filter { !$0.hasPrefix("select=") && !$0.hasPrefix("order=") }
        for part in self where part.hasPrefix("select=") || part.hasPrefix("order=") {
            result.insert(part, at: Int.random(in: 0...result.count, using: &random))
        }
        return result
    }
}
