// Walks a folder: its files in the order of names, and what cannot be a user's file.

internal import CofferCore
internal import POSIX

struct TreeReader {
    let root: String
    /// Is told of what is left out, and why.
    let tell: (String, String) -> Void

    /// Calls `body` with each file's path below the root and its status.
    func walk(_ body: (String, FileStatus) throws(Failure) -> Void) throws(Failure) { try walk("", body) }

    private func walk(
        _ folder: String, _ body: (String, FileStatus) throws(Failure) -> Void
    ) throws(Failure) {
        let listing: (names: [String], others: Int)
        do { listing = try FileSystem.listCounting("\(root)/\(folder)") } catch {
            return tell(folder, "the directory cannot be read: \(error)")
        }
        if listing.others > 0 { tell(folder, "\(listing.others) names in this directory are not UTF-8") }
        if listing.names.isEmpty, listing.others == 0, !folder.isEmpty {
            tell(folder, "an empty directory; a folder needs a file")
        }
        for name in listing.names.sorted() {
            let path = folder + name
            let status: FileStatus
            do { status = try FileSystem.status("\(root)/\(path)", followingLinks: false) } catch {
                tell(path, "it cannot be examined: \(error)")
                continue
            }
            switch status.kind {
            case .directory: try walk(path + "/", body)
            case .regular: try body(path, status)
            case .symbolicLink: tell(path, "a symbolic link, which is not followed")
            default: tell(path, "neither a file nor a directory")
            }
        }
    }
}
