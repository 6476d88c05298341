// Where a check stopped: a file of one line, from which it continues after an interruption or a crash.

internal import BlobStore
internal import POSIX

struct CheckCursor: Equatable {
    /// The store that was being checked. Those with lower numbers are done.
    var store: Int64
    /// The last blob that is done; nil at the beginning of the store.
    var blob: BlobName?
    /// The number of problems before this place.
    var problems: Int

    static let beginning = CheckCursor(store: 0, blob: nil, problems: 0)

    /// `store blob problems`, with `-` if there is no blob.
    var text: String { "\(store) \(blob?.description ?? "-") \(problems)\n" }

    init(store: Int64, blob: BlobName?, problems: Int) {
        (self.store, self.blob, self.problems) = (store, blob, problems)
    }

    /// nil if `text` is not a cursor.
    init?(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count == 3, let store = Int64(words[0]), let problems = Int(words[2]) else { return nil }
        let blob = BlobName(String(words[1]))
        guard blob != nil || words[1] == "-" else { return nil }
        self.init(store: store, blob: blob, problems: problems)
    }

    /// The cursor in a file; nil if the file does not exist.
    static func load(_ path: String) throws(Failure) -> CheckCursor? {
        let text: String
        do {
            text = String(decoding: try FileSystem.contents(of: path, limit: 200), as: UTF8.self)
        } catch {
            if error.number == ErrorNumber.noSuchFile { return nil }
            throw Failure("The file given to --resume cannot be read: \(error)")
        }
        guard let cursor = CheckCursor(text) else { throw Failure("\(path) was not written by `coffer check`.") }
        return cursor
    }

    func save(_ path: String) throws(Failure) {
        try mapError(as: "The file given to --resume cannot be written") {
            try FileSystem.replace(path, with: Array(text.utf8))
        }
    }
}
