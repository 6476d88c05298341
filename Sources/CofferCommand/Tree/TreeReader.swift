// Finds the files below a directory, in the order of their names.

internal import POSIX

struct TreeReader {
    let root: String
    /// Reports what is skipped, and why.
    let skip: (String, String) -> Void

    /// Calls `body` with the path of each file, which is relative to the root, and its status.
    func walk(_ body: (String, FileStatus) throws(Failure) -> Void) throws(Failure) { try walk("", body) }

    private func walk(
        _ directory: String, _ body: (String, FileStatus) throws(Failure) -> Void
    ) throws(Failure) {
        let listing: (names: [String], others: Int)
        do {
            listing = try FileSystem.listCounting("\(root)/\(directory)")
        } catch {
            return skip(directory, "the directory cannot be read: \(error)")
        }
        if listing.others > 0 { skip(directory, "\(listing.others) names in this directory are not UTF-8") }
        if listing.names.isEmpty, listing.others == 0, !directory.isEmpty {
            skip(directory, "an empty directory; a folder needs a file")
        }
        for name in listing.names.sorted() { try visit(directory + name, body) }
    }

    private func visit(
        _ path: String, _ body: (String, FileStatus) throws(Failure) -> Void
    ) throws(Failure) {
        let status: FileStatus
        do {
            status = try FileSystem.status("\(root)/\(path)", followingLinks: false)
        } catch {
            return skip(path, "it cannot be examined: \(error)")
        }
        switch status.kind {
        case .directory: try walk(path + "/", body)
        case .regular: try body(path, status)
        case .symbolicLink: skip(path, "a symbolic link, which is not followed")
        default: skip(path, "neither a file nor a directory")
        }
    }
}
