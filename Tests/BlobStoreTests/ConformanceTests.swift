import BlobStore
import POSIX
import TestSupport
import Testing

/// The promises of every kind of store, tested with a local store and with the buckets in COFFER_TEST_S3. That variable
/// has words of `access-key,secret-key,storage-url`.
struct ConformanceTests {
    /// A store that only one test uses.
    struct Store: CustomTestStringConvertible, Sendable {
        let url: String
        let credentials: [String: String]

        var testDescription: String { String(url.prefix { $0 != ":" }) + (url.split(separator: ":").last ?? "") }

        func open() throws -> any BlobStore {
            var settings = BlobStoreSettings()
            settings.environment = { [credentials] in credentials[$0] }
            let unique = "coffer-test-\(UInt64.random(in: 0 ... .max))"
            let url = url.replacing("coffer/?", with: "coffer/\(unique)?").replacing("/folder", with: "/\(unique)")
            return try openBlobStore(url, settings, creating: true)
        }
    }

    static let stores: [Store] =
        [Store(url: "file:///tmp/folder", credentials: [:])]
        + (Environment.value("COFFER_TEST_S3") ?? "").split(separator: " ").map { word in
            let parts = word.split(separator: ",", maxSplits: 2).map { String($0) }
            return Store(
                url: parts[2], credentials: ["AWS_ACCESS_KEY_ID": parts[0], "AWS_SECRET_ACCESS_KEY": parts[1]])
        }

    private func closing(_ store: any BlobStore) {
        while let page = try? store.list(after: nil, limit: 1000), !page.isEmpty {
            try? store.remove(page.map(\.name))
        }
        if let path = store.absolutePath(of: .generate()) {
            try? TemporaryDirectory.remove(String(path.dropLast(36)))
        }
    }

    @discardableResult
    private func put(_ bytes: [UInt8], into store: any BlobStore, length: Int64?, step: Int = 100_000) throws
        -> (BlobName, BlobContent)
    {
        let name = BlobName.generate()
        let staged = try store.stage(as: name, length: length)
        for begin in stride(from: 0, to: bytes.count, by: step) {
            try staged.write(bytes.span.extracting(begin..<min(begin + step, bytes.count)))
        }
        let content = try staged.finish()
        #expect(try staged.finish() == content)
        try staged.publish()
        return (name, content)
    }

    private func bytes(of reader: any BlobReader, from offset: Int64 = 0, count: Int, step: Int = 65_536) throws
        -> [UInt8]
    {
        var buffer = Buffer(capacity: count)
        while buffer.count < count {
            let before = buffer.count
            var chunk = Buffer(capacity: min(step, count - before))
            try chunk.append { space throws(BlobStoreError) in
                _ = try reader.read(at: offset + Int64(before), into: &space)
            }
            if chunk.count == 0 { break }
            chunk.withBytes { buffer.append(copying: $0) }
        }
        return buffer.array
    }

    @Test(arguments: stores, [0, 1, 100_000, (16 << 20) - 1, 16 << 20, (16 << 20) + 1, 40 << 20])
    func `a blob of known or unknown length is read back as it was written`(store: Store, count: Int) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        let expected = pattern(count)
        for length in [Int64(count), nil] {
            let (name, content) = try put(expected, into: blobs, length: length)
            #expect(content.size == count)
            let status = try blobs.status(of: name)
            #expect(status.size == count)
            #expect(abs(status.modified - Clock.realtimeSeconds()) < 60)
            let reader = try blobs.open(name)
            #expect(reader.size == count)
            #expect(try bytes(of: reader, count: count + 1) == expected)
        }
    }

    /// If a host has no room to collect a body, it is sent in parts instead of one request.
    @Test(arguments: stores)
    func `an upload succeeds without room to collect its body`(store: Store) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        for call in [SystemCall.open, .fallocate] {
            let name = BlobName.generate()
            let isRemote = blobs.absolutePath(of: name) == nil
            let staged = try Faults.$inject.withValue({ isRemote && $0 == call ? ErrorNumber.noSpace : nil }) {
                try blobs.stage(as: name, length: 20 << 20)
            }
            try staged.write(pattern(20 << 20).span)
            try staged.publish()
            #expect(try bytes(of: blobs.open(name), count: 21 << 20) == pattern(20 << 20))
        }
    }

    @Test(arguments: stores)
    func `reads start anywhere and end with the blob`(store: Store) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        let expected = pattern(1 << 20)
        let (name, _) = try put(expected, into: blobs, length: nil)
        let reader = try blobs.open(name)
        for (offset, count) in [(500_000, 10), (500_010, 100_000), (0, 5), (1_048_570, 100), (1_048_576, 1), (7, 1)] {
            let part = try bytes(of: reader, from: Int64(offset), count: count)
            #expect(part == Array(expected.dropFirst(offset).prefix(count)))
        }
    }

    @Test(arguments: stores)
    func `a blob that is not published does not exist`(store: Store) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        for (count, length) in [(10, nil), (20 << 20, nil), (20 << 20, Int64(20 << 20))] {
            let name = BlobName.generate()
            do {
                let staged = try blobs.stage(as: name, length: length)
                try staged.write(pattern(count).span)
                _ = try staged.finish()
                #expect(kind { _ = try blobs.status(of: name) } == .absent)
                staged.discard()
                #expect(kind { try staged.publish() } != nil)
                let unfinished = try blobs.stage(as: name, length: length)
                try unfinished.write(pattern(count).span)
                unfinished.discard()
                #expect(kind { try unfinished.publish() } != nil)
            }
            #expect(kind { _ = try blobs.open(name) } == .absent)
        }
        #expect(try blobs.list(after: nil, limit: 10).isEmpty)
        #expect(try blobs.sweepAbandonedStages(olderThan: .zero) == 0)
    }

    @Test(arguments: stores)
    func `a body file becomes a blob, and a directory is refused`(store: Store) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        let path = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"
        try FileSystem.create(path).write(all: pattern(18 << 20).span)
        defer { try? FileSystem.unlink(path) }
        let name = BlobName.generate()
        let staged = try blobs.stage(handOff: path, as: name)
        #expect(staged.size == 18 << 20)
        #expect(kind { try staged.write([1].span) } == .refused)
        #expect(try staged.finish().size == 18 << 20)
        try staged.publish()
        #expect(try FileSystem.contents(of: path, limit: 20 << 20) == pattern(18 << 20))
        #expect(try blobs.status(of: name).size == 18 << 20)
        #expect(kind { _ = try blobs.stage(handOff: "/tmp", as: .generate()) } == .refused)
    }

    private func all(_ store: any BlobStore, limit: Int) throws -> [BlobStatus] {
        var found: [BlobStatus] = []
        while case let page = try store.list(after: found.last?.name, limit: limit), !page.isEmpty { found += page }
        return found
    }

    @Test(arguments: stores)
    func `pages list all blobs, and many blobs are removed at once`(store: Store) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        let names = try (0..<25).map { try put(pattern($0), into: blobs, length: Int64($0)).0 }
        for limit in [1, 7, 1000] {
            let found = try all(blobs, limit: limit)
            #expect(found.map(\.name) == names.sorted())
            #expect(found.map(\.size).reduce(0, +) == (0..<25).reduce(0, +))
        }
        try blobs.remove(Array(names.prefix(20)) + [.generate()])
        try blobs.remove([])
        try blobs.remove(names[20])
        try blobs.remove(names[20])
        #expect(try all(blobs, limit: 100).map(\.name) == names.suffix(4).sorted())
        #expect(kind { _ = try blobs.open(names[0]) } == .absent)
    }

    @Test(arguments: stores)
    func `copies are whole, and neither they nor their sources need each other`(store: Store) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        let sizes = [0, 1, 100_000, 17 << 20] + Array(repeating: 10, count: 30)
        let copies = try sizes.map { size in
            let source = try put(pattern(size), into: blobs, length: Int64(size)).0
            return BlobCopy(from: source, to: .generate(), size: Int64(size))
        }
        try blobs.copy(copies)
        try blobs.copy([])
        #expect(try all(blobs, limit: 1000).count == 2 * sizes.count)
        let (first, second) = (copies.prefix(17), copies.suffix(17))
        try blobs.remove(first.map(\.source) + second.map(\.target))
        for copy in copies {
            let rest = first.contains(copy) ? copy.target : copy.source
            #expect(try bytes(of: blobs.open(rest), count: Int(copy.size) + 1) == pattern(Int(copy.size)))
        }
        #expect(try all(blobs, limit: 1000).count == sizes.count)
    }

    @Test(arguments: stores)
    func `a blob that is absent cannot be copied`(store: Store) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        let target = BlobName.generate()
        let copy = BlobCopy(from: .generate(), to: target, size: 1)
        #expect(kind { try blobs.copy([copy]) } == .absent)
        #expect(kind { _ = try blobs.status(of: target) } == .absent)
    }

    @Test(arguments: stores)
    func `a probe leaves nothing behind`(store: Store) throws {
        let blobs = try store.open()
        defer { closing(blobs) }
        try blobs.probe()
        #expect(try blobs.list(after: nil, limit: 10).isEmpty)
    }
}
