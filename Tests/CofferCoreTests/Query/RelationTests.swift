import Testing
import Text

@testable import CofferCore

struct RelationTests {
    private func names(_ columns: [Column]) -> String { columns.map(\.name).joined(separator: " ") }

    @Test func `files have these columns, and for admins the owner's e-mail address`() {
        let common = "id user_id file_path description content_type size_bytes sha256 created_at updated_at modified_at"
        #expect(names(editorFiles.columns) == common)
        #expect(names(adminFiles.columns) == common + " owner_email")
        #expect(editorFiles.name == "files")
    }

    @Test func `users and the audit log have the same columns for both roles`() {
        for role in Role.allCases {
            let (users, log) = (Relation.users(for: role), Relation.auditLog(for: role))
            #expect(users.name == "users")
            #expect(
                names(users.columns)
                    == "id email role quota_bytes used_bytes file_count disabled_at created_at trash_bytes version_bytes"
            )
            #expect(log.name == "audit_log")
            #expect(names(log.columns) == "id occurred_at actor_id user_id action subject request_id remote_address")
        }
    }

    @Test func `sessions have these columns, and for admins the owner's e-mail address`() {
        let common = "id user_id created_at expires_at is_current"
        #expect(names(Relation.sessions(for: .editor).columns) == common)
        #expect(names(Relation.sessions(for: .admin).columns) == common + " owner_email")
        #expect(Relation.sessions(for: .admin).writable.isEmpty)
    }

    @Test func `these columns can be changed`() {
        for role in Role.allCases {
            #expect(names(Relation.files(for: role).writable) == "file_path description modified_at")
            #expect(names(Relation.users(for: role).writable) == "role quota_bytes disabled")
            #expect(Relation.auditLog(for: role).writable.isEmpty)
        }
    }

    /// The names are written into SQL without quotes.
    @Test func `every name is a plain identifier, and every key consists of existing columns`() {
        for role in Role.allCases {
            for relation in [Relation.files(for: role), .users(for: role), .sessions(for: role), .auditLog(for: role)] {
                for name in [relation.name] + (relation.columns + relation.writable).map(\.name) {
                    #expect(name.utf8.allSatisfy { $0 == UInt8(ascii: "_") || $0.isASCIILetter || $0.isASCIIDigit })
                    #expect(name == name.lowercased())
                }
                #expect(!relation.key.isEmpty)
                #expect(relation.key.allSatisfy { key in relation.columns.contains { $0.name == key } })
            }
        }
    }
}
