import Testing

@testable import CofferCore

struct RelationTests {
    @Test func `files have these columns, and the owner's address for admins`() {
        let common = "id user_id file_path description content_type size_bytes sha256 created_at updated_at"
        let names = { (role: Role) in Relation.files(for: role).columns.map(\.name).joined(separator: " ") }
        #expect(names(.editor) == common)
        #expect(names(.admin) == common + " owner_email")
        #expect(Relation.files(for: .admin).name == "files")
    }
}
