import HTTP
import Cryptography
import Testing
import Text

@testable import BlobStore

/// The examples that AWS publishes: "Authenticating Requests (AWS Signature Version 4)" of the S3 reference.
struct S3SignerTests {
    static let credentials = S3Credentials(
        accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", sessionToken: nil)
    let signer = S3Signer(credentials: Self.credentials, region: "us-east-1")
    /// 2013-05-24 00:00 UTC
    static let time: Int64 = 1_369_353_600

    private func target(
        _ method: String, _ path: String, query: [(name: String, value: String)] = [], fields: [HTTPField] = []
    ) -> S3Signer.Target {
        S3Signer.Target(
            method: method, host: "examplebucket.s3.amazonaws.com", path: path, query: query, fields: fields)
    }

    private func signature(_ target: S3Signer.Target, payload: String = S3Signer.emptyDigest) throws -> String? {
        let field = signer.fields(target, payload: payload, at: Self.time).first { $0.name == "Authorization" }
        return field?.value.split(separator: "Signature=").last.map { String($0) }
    }

    @Test func `a GET of an object is signed`() throws {
        let target = target("GET", "/test.txt", fields: [HTTPField("Range", "bytes=0-9")])
        #expect(try signature(target) == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41")
        let fields = signer.fields(target, payload: S3Signer.emptyDigest, at: Self.time)
        #expect(
            fields.last?.value.hasPrefix(
                "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,"
                    + "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,Signature=") == true)
    }

    @Test func `a PUT of an object with a dollar sign in its key is signed`() throws {
        let fields = [
            HTTPField("Date", "Fri, 24 May 2013 00:00:00 GMT"), HTTPField("x-amz-storage-class", "REDUCED_REDUNDANCY"),
        ]
        let payload = hexadecimal(sha256("Welcome to Amazon S3.".utf8.span))
        #expect(
            try signature(target("PUT", "/test$file.text", fields: fields), payload: payload)
                == "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd")
    }

    @Test func `a parameter without a value is signed`() throws {
        #expect(
            try signature(target("GET", "/", query: [("lifecycle", "")]))
                == "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543")
    }

    @Test func `parameters are signed in sorted order`() throws {
        #expect(
            try signature(target("GET", "/", query: [("prefix", "J"), ("max-keys", "2")]))
                == "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7")
    }

    @Test func `a presigned URL is valid for a day`() throws {
        #expect(
            signer.presigned(target("GET", "/test.txt"), lifetime: 86_400, at: Self.time)
                == "/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
                + "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
                + "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
                + "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404")
    }

    @Test func `the signing key is derived from the secret key`() throws {
        let key = S3Signer.key(
            "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", day: "20120215", region: "us-east-1", service: "iam")
        #expect(hexadecimal(key) == "f4780e2d9f65fa895f9c67b32ce1baf0b0d8a43505a000a1a9e090d414db404d")
    }

    @Test func `a session token is signed, too`() throws {
        let credentials = S3Credentials(accessKey: "A", secretKey: "S", sessionToken: "T/+=")
        let signer = S3Signer(credentials: credentials, region: "us-east-1")
        let fields = signer.fields(target("GET", "/"), payload: S3Signer.emptyDigest, at: Self.time)
        #expect(fields.contains(HTTPField("x-amz-security-token", "T/+=")))
        #expect(fields.last?.value.contains("x-amz-date;x-amz-security-token") == true)
        #expect(
            signer.presigned(target("GET", "/"), lifetime: 1, at: Self.time)
                .contains("&X-Amz-Security-Token=T%2F%2B%3D&"))
    }
}
