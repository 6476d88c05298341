// The entries of an archive, and where their bytes are, in a file without a name. So a worker needs the same memory for
// any number of entries, and no transaction is open while a client downloads: that would keep the database from
// removing old rows for hours.

internal import Archive
internal import BlobStore
internal import CofferCore
internal import POSIX
internal import Postgres
internal import Text

final class ArchiveList {
    /// Where the content of an entry is.
    struct Source: Equatable {
        let blob: BlobName
        /// nil for the configured store.
        let storeURL: String?
    }

    private(set) var layout = ZIPLayout()
    /// The first entry that has a content.
    private(set) var firstContent: (entry: ZIPEntry, source: Source)?
    private var stores: [String?] = []
    private let file: SpooledBytes

    init() throws(SystemError) { file = try SpooledBytes() }

    /// Appends a file, or a folder if there is no source.
    func append(_ entry: ZIPEntry, _ source: Source?) throws(SystemError) {
        layout.add(entry)
        if firstContent == nil, let source, entry.size > 0 { firstContent = (entry, source) }
        let place = source.map { "\($0.blob) \(number(of: $0.storeURL))" } ?? "- -"
        // A name has no line break.
        try file.append("\(entry.size) \(entry.modified) \(place) \(entry.name)\n".utf8.span)
    }

    /// Calls `body` for each entry, in order.
    func forEach(_ body: (ZIPEntry, Source?) throws -> Void) throws {
        var rest: [UInt8] = []
        try file.forEachPiece { piece in
            var start = 0
            while let end = piece.firstIndex(of: UInt8(ascii: "\n"), from: start) {
                rest.append(piece.extracting(start..<end))
                try read(String(decoding: rest, as: UTF8.self), body)
                rest.removeAll(keepingCapacity: true)
                start = end + 1
            }
            rest.append(piece.extracting(droppingFirst: start))
        }
    }

    private func read(_ line: String, _ body: (ZIPEntry, Source?) throws -> Void) throws {
        let fields = line.split(separator: " ", maxSplits: 4, omittingEmptySubsequences: false)
        guard fields.count == 5, let size = Int64(fields[0]), let modified = Int64(fields[1]) else {
            throw Failure(.internalError)
        }
        let source = try source(String(fields[2]), fields[3])
        try body(ZIPEntry(name: String(fields[4]), size: size, modified: modified), source)
    }

    private func source(_ blob: String, _ store: Substring) throws(Failure) -> Source? {
        if blob == "-" { return nil }
        guard let blob = BlobName(blob), let number = Int(store) else { throw Failure(.internalError) }
        return Source(blob: blob, storeURL: stores[number])
    }

    /// The index of a store's URL.
    private func number(of url: String?) -> Int {
        if let index = stores.firstIndex(of: url) { return index }
        stores.append(url)
        return stores.count - 1
    }
}

extension [UInt8] {
    fileprivate mutating func append(_ bytes: Span<UInt8>) {
        append(addingCapacity: bytes.count) { $0.append(copying: bytes) }
    }
}
