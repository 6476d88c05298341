import BlobStore
import CofferCore
import FoundationEssentials
import POSIX
import Storage
import Testing
import Text

@testable import CofferCommand

/// Two stores in a directory of one test's own: `source` and `target`.
final class ManifestCopierTests {
    private let root = "/tmp/coffer-copier-\(UInt64.random(in: 0 ... .max))"
    private var reports: [String] = []

    init() throws {
        try FileSystem.createDirectory(root)
        for name in ["source", "target"] { _ = try openBlobStore(url(name), creating: true) }
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    private func url(_ store: String) -> String { "file://\(root)/\(store)" }

    /// Stores bytes in `source`.
    private func blob(_ text: String) throws -> FileBlob {
        let name = BlobName.generate()
        let staged = try openBlobStore(url("source")).stage(as: name, length: nil)
        let bytes = Array(text.utf8)
        try staged.write(bytes.span)
        let content = try staged.finish()
        try staged.publish()
        return FileBlob(name: name, size: content.size, sha256: hexadecimal(content.sha256))
    }

    /// Copies what a manifest of these blobs lists.
    ///
    /// - Parameter known: those that `source` is said to have.
    private func copy(_ blobs: [FileBlob], known: [FileBlob]) throws -> ManifestCopier {
        let total = Amount(files: Int64(blobs.count), bytes: blobs.reduce(0) { $0 + $1.size })
        let head = ManifestHead(level: 1, dump: "database-1.dump", dumpDigest: "abc", total: total)
        let text = head.lines + blobs.map(Manifest.line).joined() + Manifest.end(total.files)
        try FileSystem.replace("\(root)/\(Manifest.name)", with: Array(text.utf8))
        let configuration = try Configuration(environment: { _ in nil })
        var options = BlobCopier.Options(
            configuration: configuration, target: url("target"), threads: 2, rate: RateLimit(nil),
            interruption: Interruption())
        options.looksFirst = true
        var copier = ManifestCopier(options) { [self] in reports.append($0) }
        let sources = Dictionary(uniqueKeysWithValues: known.map { ($0.name, url("source")) })
        try copier.copy(ManifestReader(root), isSilent: true) { (_) in sources }
        return copier
    }

    @Test func `blobs are copied once`() throws {
        let blobs = [try blob("one"), try blob("two")]
        let first = try copy(blobs, known: blobs)
        #expect((first.copied, first.failures) == (2, 0))
        let second = try copy(blobs, known: blobs)
        #expect((second.copied, second.failures) == (0, 0))
        #expect(reports.isEmpty)
        for blob in blobs {
            #expect(try openBlobStore(url("target")).status(of: blob.name).size == blob.size)
        }
    }

    @Test func `a blob that no store has is reported, and the others are copied`() throws {
        let (here, gone, unknown) = (try blob("here"), try blob("gone"), try blob("unknown"))
        try openBlobStore(url("source")).remove(gone.name)
        let copier = try copy([here, gone, unknown], known: [here, gone])
        #expect((copier.copied, copier.failures) == (1, 2))
        #expect(Set(reports) == Set([gone, unknown].map { "not copied: blob \($0.name): it is missing" }))
    }

    @Test func `a blob with other bytes than the manifest's is reported and not copied`() throws {
        let blob = try blob("some bytes")
        let wrong = FileBlob(name: blob.name, size: blob.size, sha256: String(repeating: "0", count: 64))
        let copier = try copy([wrong], known: [wrong])
        #expect((copier.copied, copier.failures) == (0, 1))
        #expect(throws: BlobStoreError.self) { try openBlobStore(url("target")).status(of: blob.name) }
    }
}
