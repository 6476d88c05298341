import CofferCore
import FoundationEssentials
import Synchronization
import POSIX
import Testing

@testable import CofferService

struct StoreFileTests {
    let user: TestUser
    var service: Service { user.installation.service }

    init() throws {
        user = try TestUser(TestInstallation(options: ["COFFER_MAX_UPLOAD_BYTES": "100000"]))
        try #require(try user.store("a", "old").status == 200)
    }

    /// Too long to be read before the database is asked, so it is a two-phase upload.
    private static let long = String(repeating: "x", count: 70_000)

    /// A refused upload must leave the old file, and nothing else.
    ///
    /// - Parameter listed: how many names stay on the list, as an unavailable store may have their blobs.
    private func expectNothingChanged(listed: Int = 0) throws {
        #expect(try user.retrieve("a").text == "old")
        #expect(try user.installation.stages.isEmpty)
        #expect(try user.installation.blobs.count == 1)
        #expect(try user.installation.orphans.isEmpty)
        #expect(try user.begunUploads == listed)
    }

    @Test func `a file comes back as it went in, and keeps its id when it is overwritten`() throws {
        let first = try user.store("b/é.txt", "one")
        #expect(first.status == 200)
        #expect(first["ETag"] == "\"7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed\"")
        #expect(first["Repr-Digest"] == "sha-256=:dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z/0Me0=:")
        let second = try user.store("b/é.txt", "two")
        #expect(second.text == first.text && isUUID(second.json?.string ?? ""))
        let answer = try user.retrieve("b/é.txt")
        #expect(answer.text == "two")
        #expect(answer["Content-Type"] == "text/plain")
        #expect(answer["ETag"] == second["ETag"])
    }

    @Test(arguments: [0, 1, 65_535, 65_536, 65_537, 100_000])
    func `a body of any size up to the limit is stored, with and without a length`(count: Int) throws {
        let content = String(repeating: "x", count: count)
        for fields in [[:], ["Content-Length": ""]] {
            #expect(try user.store("b", content, fields).status == 200)
            #expect(try user.retrieve("b").text == content)
        }
    }

    @Test(arguments: [["Content-Length": ""], [:]])
    func `a body over the limit is 413, announced or not`(fields: [String: String]) throws {
        let exchange = user.upload("a", String(repeating: "x", count: 200_000), fields)
        var reads = 0
        exchange.onRead = { reads += 1 }
        let answer = try service.answer(exchange)
        #expect(answer.status == 413)
        #expect(answer.code == "KF005")
        #expect(reads == (fields.isEmpty ? 0 : 2))
        try expectNothingChanged()
    }

    @Test func `a body that ends early is 400`() throws {
        let answer = try user.store("a", "new", ["Content-Length": "4"])
        #expect(answer.status == 400)
        #expect(answer.code == "KF009")
        #expect(answer.json?["details"]?.string == "3 bytes were received, 4 were announced")
        try expectNothingChanged()
    }

    @Test(arguments: ["Repr-Digest", "Content-Digest"])
    func `a body with another digest is 400`(name: String) throws {
        let digest = DigestField.sha256([UInt8](repeating: 0, count: 32))
        let answer = try user.store("a", "new", [name: digest])
        #expect(answer.status == 400)
        #expect(answer.code == "KF010")
        try expectNothingChanged()
        let right = try #require(try user.store("b", "new")["Repr-Digest"])
        #expect(try user.store("a", "new", [name: "md5=:AA==:, \(right)"]).status == 200)
    }

    @Test(arguments: [
        (["File-Path": ""], 400, "KF003"), (["File-Path": "../a"], 400, "KF003"),
        (["File-Path": "UTF-8''%FF"], 400, "KF003"),
        (["Content-Length": "three"], 400, "KF024"), (["Repr-Digest": "sha-256=:AA==:"], 400, "KF014"),
        (["If-Match": "gibberish"], 400, "KF014"), (["If-None-Match": "\"x\""], 400, "KF014"),
        (["If-None-Match": "*"], 412, "KF004"), (["If-Match": "\"x\""], 412, "KF004"),
        (["Description": "UTF-8''%00"], 400, "KF014"),
        (["Description": String(repeating: "é", count: 2001)], 400, "KF014"),
    ])
    func `an invalid head is refused before the body is read`(
        fields: [String: String], status: Int, code: String
    ) throws {
        let exchange = user.upload("a", Self.long, ["Content-Length": "\(Self.long.utf8.count)"].merging(fields) { $1 })
        exchange.onRead = { Issue.record("the body was read") }
        let answer = try service.answer(exchange)
        #expect(answer.status == status)
        #expect(answer.code == code)
        try expectNothingChanged()
    }

    @Test func `plain CGI needs a length`() throws {
        let exchange = user.upload("a", "new", ["Content-Length": ""])
        exchange.requiresLength = true
        let answer = try service.answer(exchange)
        #expect(answer.status == 411)
        #expect(answer.code == "KF015")
        try expectNothingChanged()
    }

    @Test func `a body that the web server hands off is stored, and must be complete`() throws {
        let path = user.installation.store.path + "/incoming/1"
        let parameters = ["COFFER_BODY_HANDOFF": "on", "COFFER_BODY_FILE": path]
        try FileSystem.create(path, mode: 0o600).write(all: "new".utf8.span)
        let short = try service.answer(user.upload("a", "four", parameters: parameters))
        #expect(short.code == "KF009")
        try expectNothingChanged()
        #expect(try service.answer(user.upload("a", "new", parameters: parameters)).status == 200)
        #expect(try user.retrieve("a").text == "new")
    }

    @Test func `a body that the web server could not write is 507, and 503 if the store is unavailable`()
        throws
    {
        let parameters = ["COFFER_BODY_HANDOFF": "failed"]
        #expect(try service.answer(user.upload("a", "new", parameters: parameters)).code == "KF007")
        try user.installation.moveStore(away: true)
        #expect(try service.answer(user.upload("a", "new", parameters: parameters)).code == "KF008")
        try user.installation.moveStore(away: false)
        try expectNothingChanged(listed: 1)
    }

    @Test(arguments: [
        (SystemCall.write, ErrorNumber.noSpace, 507, "KF007"), (.write, ErrorNumber.quotaExceeded, 507, "KF007"),
        (.fsync, ErrorNumber.noSpace, 507, "KF007"), (.fsync, ErrorNumber.inputOutput, 503, "KF008"),
        (.link, ErrorNumber.inputOutput, 503, "KF008"), (.link, ErrorNumber.noSpace, 507, "KF007"),
        (.open, ErrorNumber.readOnlyFileSystem, 503, "KF008"), (.flock, ErrorNumber.inputOutput, 503, "KF008"),
    ])
    func `a disk that is full is 507 and one that fails is 503`(
        call: SystemCall, number: Int32, status: Int, code: String
    ) throws {
        var listed = 0
        for content in ["new", Self.long] {
            let answer = try Faults.$inject.withValue({ $0 == call ? number : nil }) { try user.store("a", content) }
            #expect(answer.status == status)
            #expect(answer.code == code)
            #expect(answer["Retry-After"] == (status == 503 ? "5" : nil))
            // If nothing can be written, uploads may go to another store by now, so a two-phase upload follows.
            if status == 503, content == Self.long || [.open, .flock].contains(call) { listed += 1 }
            try expectNothingChanged(listed: listed)
        }
    }

    @Test func `the file is the old one or the new one whichever call fails, and no blob is lost`() throws {
        for position in 0..<80 {
            // One-phase and two-phase in turn.
            let ending = position.isMultiple(of: 2) ? "" : Self.long
            let count = Mutex(0)
            let fail = { @Sendable (_: SystemCall) -> Int32? in
                count.withLock { count in
                    count += 1
                    return count == position / 2 + 1 ? ErrorNumber.inputOutput : nil
                }
            }
            let answer = try Faults.$inject.withValue(fail) { try user.store("a", "new" + ending) }
            let isStored = answer.status == 200
            #expect(isStored || answer.status == 503, "call \(position)")
            #expect(try user.retrieve("a").text.hasPrefix(isStored ? "new" : "old"), "call \(position)")
            #expect(try user.installation.orphans.isEmpty, "call \(position)")
            if isStored { try user.store("a", "old") }
            if count.withLock({ $0 }) <= position / 2, !ending.isEmpty { return }
        }
        Issue.record("an upload makes more calls than expected")
    }

    @Test func `an unavailable store is 503, and an upload after its return succeeds`() throws {
        try user.installation.moveStore(away: true)
        for content in ["new", Self.long] {
            let answer = try user.store("a", content)
            #expect(answer.status == 503)
            #expect(answer.code == "KF008")
        }
        #expect(try user.retrieve("a").code == "KF008")
        try user.installation.moveStore(away: false)
        try expectNothingChanged(listed: 2)
        #expect(try user.store("a", "new").status == 200)
    }
}
