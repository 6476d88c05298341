import CofferCore
import HTTP
import POSIX
import Testing

@testable import BlobStore

/// The requests that `Tests/Signatures/signatures.py` had botocore sign, one a line.
struct SignatureSuiteTests {
    private static let file = Environment.value("COFFER_TEST_SIGNATURES")

    @Test(.enabled(if: file != nil, "COFFER_TEST_SIGNATURES is not set"))
    func `each request has the signature that botocore gives it`() throws {
        let text = try FileSystem.contents(of: try #require(Self.file), limit: 64 << 20)
        var count = 0
        for line in text.split(separator: UInt8(ascii: "\n")) {
            let signed = try SignedRequest(try JSON(Array(line)))
            let ours = try signed.signature()
            #expect(ours == signed.expected, "\(signed.name)")
            guard ours == signed.expected else { return }
            count += 1
        }
        #expect(count >= 1000)
    }
}

private struct SignedRequest {
    let name: String
    /// The Authorization field, or the parts of a presigned URL in the order of their bytes.
    let expected: [String]
    private let json: JSON

    init(_ json: JSON) throws {
        self.json = json
        name = try #require(json["name"]?.string)
        if let url = json["url"]?.string {
            expected = Self.parts(url)
        } else {
            expected = [try #require(json["authorization"]?.string)]
        }
    }

    func signature() throws -> [String] {
        let credentials = S3Credentials(
            accessKey: try text("access"), secretKey: try text("secret"), sessionToken: json["token"]?.string)
        let signer = S3Signer(credentials: credentials, region: try text("region"))
        let target = S3Signer.Target(
            method: try text("method"), host: try text("host"), path: try text("path"), query: try pairs("query"),
            fields: try pairs("fields").map { HTTPField($0.name, $0.value) })
        let seconds = try #require(json["seconds"]?.integer)
        if let lifetime = json["lifetime"]?.integer {
            return Self.parts(signer.presigned(target, lifetime: Int(lifetime), at: seconds))
        }
        let fields = signer.fields(target, payload: try text("digest"), at: seconds)
        return fields.filter { $0.name == "Authorization" }.map(\.value)
    }

    private func text(_ name: String) throws -> String { try #require(json[name]?.string) }

    private func pairs(_ name: String) throws -> [(name: String, value: String)] {
        guard case .array(let pairs) = json[name] else { return [] }
        return try pairs.map { pair in
            guard case .array(let halves) = pair, halves.count == 2 else {
                throw BlobStoreError(.misconfigured, "\(name) is no list of pairs")
            }
            return (name: try #require(halves[0].string), value: try #require(halves[1].string))
        }
    }

    /// The order of a URL's parameters is the sender's own.
    private static func parts(_ url: String) -> [String] {
        url.split { "?&".contains($0) }.map { String($0) }.sorted()
    }
}
