import POSIX
import TestSupport
import Testing

@testable import CofferCommand

final class ManifestTests {
    private let folder: TemporaryDirectory
    private let head = ManifestHead(
        level: 16, dump: "database-1.dump", dumpDigest: "abc", total: Amount(files: 2, bytes: 3))
    private let blobs = [
        "\(String(repeating: "1", count: 32)) 1 \(String(repeating: "a", count: 64))\n",
        "\(String(repeating: "2", count: 32)) 2 \(String(repeating: "b", count: 64))\n",
    ]

    init() throws { folder = try TemporaryDirectory() }

    private func reader(_ text: String) throws -> ManifestReader {
        try FileSystem.replace(folder.path + "/manifest", with: Array(text.utf8))
        return try ManifestReader(folder.path)
    }

    @Test func `a manifest is read as it was written`() throws {
        let reader = try reader(head.lines + blobs.joined() + Manifest.end(2))
        #expect(reader.head == head)
        let page = try reader.next(10)
        #expect(page.map(Manifest.line) == blobs)
        #expect(page.map { $0.size } == [1, 2])
        #expect(try reader.next() == nil, "the end stays the end")
    }

    @Test func `a manifest that was truncated or has a wrong count is an error`() throws {
        for text in [blobs.joined(), blobs[0] + Manifest.end(1), blobs.joined() + Manifest.end(3), "nonsense\n"] {
            let reader = try reader(head.lines + text)
            #expect(throws: CofferCommand.Failure.self) { _ = try reader.next(10) }
        }
    }

    @Test(arguments: ["", "coffer-backup 3\n", "coffer-backup 2\nlevel x\n"])
    func `another file is an error`(text: String) {
        #expect(throws: CofferCommand.Failure.self) { _ = try reader(text) }
    }

    @Test func `a dump outside of the backup's directory is an error`() {
        let head = ManifestHead(level: 1, dump: "../x", dumpDigest: "a", total: Amount())
        #expect(throws: CofferCommand.Failure.self) { _ = try reader(head.lines + Manifest.end(0)) }
    }

    @Test func `lines may be longer than the buffer`() throws {
        let long = String(repeating: "x", count: 200_000)
        try FileSystem.replace(folder.path + "/lines", with: Array("a\n\n\(long)\nlast".utf8))
        let lines = LineReader(try FileSystem.open(folder.path + "/lines"))
        for expected in ["a", "", long, "last", nil] { #expect(try lines.next() == expected) }
    }
}
