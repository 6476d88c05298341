import Testing
import Text

@testable import CofferCore

struct TableStatementsTests {
    private let id = "6b1f0e1c-0000-4000-8000-00000000000a"

    private func select(
        _ text: String, of relation: Relation = editorFiles, as format: Format = .json, counting: Bool = false
    ) throws -> BoundSQL {
        let query = try query(text, of: relation)
        return query.select(try query.rowRange(range: nil, maximum: 1000), as: format, counting: counting)
    }

    private func changes(_ body: String) throws -> PatchBody {
        try PatchBody(body: JSON(Array(body.utf8)), columns: nil, relation: editorFiles)
    }

    @Test func `a read returns one row with page, count and total`() throws {
        let sql = try select(
            "select=id,name:file_path,size_bytes::text&file_path=like.a*&size_bytes=not.lt.5"
                + "&order=id.desc,size_bytes.nullslast&limit=3&offset=2",
            counting: true)
        let condition = " where files.file_path like $1 and not files.size_bytes < $2"
        #expect(
            sql.text
                == "select coalesce(json_agg(page.*), '[]')::text as body, count(*) as row_count,"
                + " (select count(*) from api.files\(condition)) as total"
                + #" from (select files.id, files.file_path as "name", files.size_bytes::text as "size_bytes""#
                + " from api.files\(condition)"
                + " order by files.id desc, files.size_bytes asc nulls last, files.user_id, files.file_path"
                + " limit 3 offset 2) page")
        #expect(sql.values == ["a%", "5"])
    }

    @Test(
        arguments: [
            (editorFiles, "api.files order by files.user_id, files.file_path"),
            (.users(for: .admin), "api.users order by users.id"),
            (.auditLog(for: .admin), "api.audit_log order by audit_log.id"),
        ] as [(Relation, String)])
    func `a read without parameters is ordered by key and has no total`(relation: Relation, source: String)
        throws
    {
        #expect(
            try select("select=id", of: relation).text
                == "select coalesce(json_agg(page.*), '[]')::text as body, count(*) as row_count, null as total"
                + " from (select \(relation.name).id from \(source) limit 1000 offset 0) page")
    }

    @Test func `a page in CSV has a bound header, and quotes around texts that need them`() throws {
        let sql = try select(
            "select=path:file_path,size_bytes,%22a%20%5C%22%22:id::text,size:size_bytes::text&size_bytes=gt.1", as: .csv
        )
        let path =
            "case when files.file_path = '' or files.file_path ~ '[\",\\r\\n]'"
            + " then '\"' || replace(files.file_path, '\"', '\"\"') || '\"' else coalesce(files.file_path, '') end"
        #expect(
            sql.text
                == "select $2::text || coalesce(string_agg(page.line, ''), '') as body, count(*) as row_count, null as total"
                + " from (select \(path)"
                + " || ',' || coalesce(files.size_bytes::text, '') || ',' || coalesce(files.id::text::text, '')"
                + " || ',' || coalesce(files.size_bytes::text::text, '')"
                + " || E'\\r\\n' as line from api.files where files.size_bytes > $1"
                + " order by files.user_id, files.file_path limit 1000 offset 0) page")
        #expect(sql.values == ["1", "path,size_bytes,\"a \"\"\",size\r\n"])
    }

    @Test(arguments: [
        ("%22a%5C%22b%22", "\"a\"\"b\""), ("%22a,b%22", "\"a,b\""), ("%22a%0Ab%22", "\"a\nb\""), ("é", "é"),
    ])
    func `a CSV header is quoted if it must be`(alias: String, header: String) throws {
        #expect(try select("select=\(alias):id", as: .csv).values == [header + "\r\n"])
    }

    @Test func `every alias is a quoted identifier`() throws {
        let alias = "a\"b\\'; drop table files; --$1é"
        let encoded = PercentCoding.encode(
            "\"" + alias.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\":id")
        let sql = try select("select=\(encoded)&file_path=eq.x")
        #expect(sql.text.contains("(select files.id as \"a\"\"b\\'; drop table files; --$1é\" from api.files where"))
        #expect(sql.values == ["x"])
    }

    @Test func `an alias does not replace a column in filters and orders`() throws {
        let sql = try select("select=file_path:id&file_path=eq.a&order=file_path")
        #expect(
            sql.text.hasSuffix(
                #"(select files.id as "file_path" from api.files where files.file_path = $1"#
                    + " order by files.file_path asc, files.user_id, files.file_path limit 1000 offset 0) page"))
    }

    @Test func `a change returns the changed rows`() throws {
        let body = #"{"description":null,"file_path":"b"}"#
        let sql = try query("select=id&id=eq.\(id)&order=id.desc&limit=1").update(changes(body), as: .json)
        #expect(
            sql.text
                == "with changed as (update api.files set file_path = normalize($1::text, nfc), description = $2"
                + " where files.id = $3 returning *)"
                + " select coalesce(json_agg(page.*), '[]')::text as body, count(*) as row_count"
                + " from (select files.id from changed files order by files.id desc, files.user_id, files.file_path) page"
        )
        #expect(sql.values == ["b", nil, id])
    }

    @Test func `an empty change touches no row`() throws {
        let sql = try query("select=id").update(changes("{}"), as: .json)
        #expect(
            sql.text == "with changed as (select * from api.files where false)"
                + " select coalesce(json_agg(page.*), '[]')::text as body, count(*) as row_count"
                + " from (select files.id from changed files order by files.user_id, files.file_path) page")
        #expect(sql.values.isEmpty)
    }

    @Test func `a deletion returns the deleted rows`() throws {
        let sql = try query("select=id&id=eq.\(id)").delete(as: .json)
        #expect(
            sql.text == "with changed as (delete from api.files where files.id = $1 returning *)"
                + " select coalesce(json_agg(page.*), '[]')::text as body, count(*) as row_count"
                + " from (select files.id from changed files order by files.user_id, files.file_path) page")
        #expect(sql.values == [id])
    }

    @Test func `changed and deleted rows can be CSV, too`() throws {
        let deletion = try query("select=id&id=eq.\(id)").delete(as: .csv)
        #expect(
            deletion.text.contains(
                "select $2::text || coalesce(string_agg(page.line, ''), '') as body, count(*) as row_count from"))
        #expect(deletion.values == [id, "id\r\n"])
        let change = try query("select=id").update(changes(#"{"description":"d"}"#), as: .csv)
        #expect(change.values == ["d", "id\r\n"])
    }
}
