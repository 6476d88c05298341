import Testing
import Text

@testable import CofferCore

struct UploadMetadataTests {
    private func field(_ pairs: (String, String)...) -> String {
        pairs.map { "\($0.0) \(Base64.encode(Array($0.1.utf8)))" }.joined(separator: ",")
    }

    @Test func `the pairs of a field have their meanings`() throws {
        let text = field(
            ("file_path", "a/é"), ("filename", "other"), ("description", "d"), ("content_type", "text/plain"),
            ("filetype", "image/png"), ("modified", "1700000000"))
        let metadata = try UploadMetadata(text)
        #expect(metadata.text == text)
        #expect(metadata.path.text == "a/é")
        #expect(metadata.description == "d")
        #expect(metadata.contentType == "text/plain")
        #expect(metadata.modified == "1700000000")
    }

    @Test func `the names of other clients stand in`() throws {
        let metadata = try UploadMetadata(field(("filename", "b"), ("filetype", "image/png")))
        #expect(metadata.path.text == "b")
        #expect(metadata.contentType == "image/png")
        #expect(metadata.description == nil)
        #expect(metadata.modified == nil)
    }

    @Test func `spaces around pairs, keys without a value and unknown keys are allowed`() throws {
        #expect(try UploadMetadata("is_secret, file_path YQ== ,empty ").path.text == "a")
    }

    @Test(arguments: ["0", "1700000000", "2026-11-29", "2026-11-29T10:00:00Z", "2026-11-29T10:00:00.5+01:00"])
    func `a time is a timestamp or seconds`(time: String) throws {
        #expect(try UploadMetadata(field(("file_path", "a"), ("modified", time))).modified == time)
    }

    @Test(arguments: [
        "", "file_path", "other YQ==", "file_path YQ==,file_path YQ==", "file_path  YQ==", "file_path YQ== YQ==",
        "file_path YQ", "file_path Y?==", " , file_path YQ==", "file_path YQ==,", "é YQ==,file_path YQ==",
        "file_path gA==", "file_path YQ==,description AA==", "file_path YQ==,modified", "file_path Li4=",
    ])
    func `a malformed field is refused`(text: String) {
        let failure = refusal { () throws(Failure) in _ = try UploadMetadata(text) }
        #expect(failure?.kind.status == 400)
    }

    @Test(arguments: ["123456789012", "-1", "1.5", "2026-02-30", "yesterday"])
    func `another time is refused`(time: String) {
        let text = field(("file_path", "a"), ("modified", time))
        let failure = refusal { () throws(Failure) in _ = try UploadMetadata(text) }
        #expect(failure?.kind == .invalidArgument)
    }

    @Test func `a description has at most 2,000 characters`() throws {
        let allowed = field(("file_path", "a"), ("description", String(repeating: "é", count: 2000)))
        #expect(try UploadMetadata(allowed).description?.count == 2000)
        let long = field(("file_path", "a"), ("description", String(repeating: "é", count: 2001)))
        #expect(refusal { () throws(Failure) in _ = try UploadMetadata(long) }?.kind == .invalidArgument)
    }
}

struct UploadChecksumTests {
    @Test(arguments: [("sha1", 20), ("sha256", 32)])
    func `a checksum has an algorithm and a digest`(name: String, length: Int) throws {
        let digest = (0..<length).map { UInt8($0) }
        let checksum = try UploadChecksum("\(name) \(Base64.encode(digest))")
        #expect(checksum.algorithm.rawValue == name)
        #expect(checksum.digest == digest)
    }

    @Test(arguments: [
        "", "sha1", "sha1 ", "sha1 YQ==", "sha1  AAECAwQFBgcICQoLDA0ODxAREhM=", "sha1 AAECAwQFBgcICQoLDA0ODxAREhM",
        "SHA1 AAECAwQFBgcICQoLDA0ODxAREhM=", "sha256 AAECAwQFBgcICQoLDA0ODxAREhM=", "md5 AAECAwQFBgcICQoLDA0ODw==",
        "sha1 AAECAwQFBgcICQoLDA0ODxAREhM= x",
    ])
    func `another field is refused`(text: String) {
        #expect(refusal { () throws(Failure) in _ = try UploadChecksum(text) }?.kind == .invalidArgument)
    }
}
