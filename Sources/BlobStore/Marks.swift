// The mark of a store: a UUID in a file or object of its own beside the blobs, which moves and is copied with them.

internal import System

extension LocalBlobStore {
    func mark() throws(BlobStoreError) -> String? {
        do {
            return Mark.parse(try FileSystem.contents(of: layout.mark, limit: Mark.longest))
        } catch  where error.number == Errno.noSuchFile {
            try layout.requirePresence()
            return nil
        } catch {
            throw BlobStoreError(error)
        }
    }

    func setMark(_ mark: String) throws(BlobStoreError) {
        try layout.requireOwner()
        do {
            let new = layout.mark + ".new"
            do { try FileSystem.unlink(new) } catch  where error.number == Errno.noSuchFile {}
            let file = try layout.createFile(new)
            try file.write(all: Array("\(mark)\n".utf8).span)
            try file.fsync()
            try FileSystem.rename(new, to: layout.mark)
            try FileSystem.openFolder(layout.root).fsync()
        } catch {
            throw BlobStoreError(error)
        }
    }
}

extension S3BlobStore {
    func mark() throws(BlobStoreError) -> String? {
        do {
            return Mark.parse(try client.perform(S3Request("GET", address.mark)).body)
        } catch  where error.kind == .absent {
            return nil
        }
    }

    func setMark(_ mark: String) throws(BlobStoreError) {
        var request = S3Request("PUT", address.mark)
        request.payload = try S3Payload(Array("\(mark)\n".utf8))
        _ = try client.perform(request)
    }
}

extension LocalLayout {
    var mark: String { "\(root)/\(Mark.name)" }
}

extension S3Address {
    var mark: String { prefix + Mark.name }
}

private enum Mark {
    static let name = "coffer-store"
    /// In bytes; whatever is longer is no mark.
    static let longest = 64

    /// The mark that a file's bytes are.
    static func parse(_ bytes: [UInt8]) -> String {
        String(decoding: bytes.prefix(longest), as: UTF8.self).filter { !$0.isWhitespace }
    }
}
