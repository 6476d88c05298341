// Differences between the database and a store, and how they are reported.

internal import BlobStore
internal import CofferCore
internal import POSIX

struct Problem: Reported {
    enum Kind: Equatable, Sendable {
        case missing
        case orphan(size: Int64)
        case wrongSize(found: Int64, expected: Int64)
        case wrongDigest
        case unreadable(String)

        /// For programs.
        var word: String {
            switch self {
            case .missing: "missing"
            case .orphan: "orphan"
            case .wrongSize: "wrong_size"
            case .wrongDigest: "wrong_digest"
            case .unreadable: "unreadable"
            }
        }

        var isRepairable: Bool { if case .orphan = self { true } else { false } }

        fileprivate var text: String {
            switch self {
            case .missing: "the blob is missing"
            case .orphan(let size): "no file uses this blob of \(size) bytes"
            case .wrongSize(let found, let expected): "the blob has \(found) bytes instead of \(expected)"
            case .wrongDigest: "the blob's bytes do not match its digest"
            case .unreadable(let message): "the blob cannot be read: \(message)"
            }
        }
    }

    let kind: Kind
    let blob: BlobName
    let store: Int64
    /// nil for an orphan.
    let file: FileRecord?
    let isRepaired: Bool

    var line: String {
        let owner =
            file.map { " file \($0.id) of \($0.email), \($0.path.oneLine)\($0.isInTrash ? " (in the trash)" : "")" }
            ?? ""
        return "\(kind.word) store \(store) blob \(blob)\(owner): \(kind.text); \(remedy)"
    }

    private var remedy: String {
        if isRepaired { return "marked for gc" }
        return kind.isRepairable ? "--repair marks it for gc" : "restore it from a backup, or upload the file again"
    }

    var json: String {
        var fields = [
            ("problem", JSON.quoted(kind.word)), ("store", "\(store)"), ("blob", JSON.quoted(blob.description)),
            ("text", JSON.quoted(kind.text)), ("repaired", "\(isRepaired)"),
        ]
        if let file {
            fields += [
                ("file", JSON.quoted(file.id)), ("email", JSON.quoted(file.email)),
                ("file_path", JSON.quoted(file.path)), ("in_trash", "\(file.isInTrash)"),
            ]
        }
        return "{" + fields.map { "\(JSON.quoted($0.0)):\($0.1)" }.joined(separator: ",") + "}"
    }
}
