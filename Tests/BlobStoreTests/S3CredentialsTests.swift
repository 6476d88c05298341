import POSIX
import Testing

@testable import BlobStore

struct S3CredentialsTests {
    private static let file = """
        # people's
        [default]
        aws_access_key_id = AKDEFAULT
        aws_secret_access_key=s=e/c+ret

        [ other ]
        AWS_ACCESS_KEY_ID=AKOTHER
        aws_secret_access_key = two
        aws_session_token = three
        [half]
        aws_access_key_id = AKHALF
        """

    private func find(_ file: String?, _ variables: [String: String]) throws -> S3Credentials {
        var settings = BlobStoreSettings(credentialsFile: file)
        settings.environment = { variables[$0] }
        var source = try S3CredentialsSource(settings)
        return try source.current()
    }

    private func withFile(_ body: (String) throws -> Void) throws {
        let path = "/tmp/coffer-test-\(UInt64.random(in: 0 ... .max))"
        try FileSystem.create(path).write(all: Self.file.utf8.span)
        defer { try? FileSystem.unlink(path) }
        try body(path)
    }

    @Test func `the environment comes before the configured file, and that before the shared file`() throws {
        try withFile { (path: String) throws -> Void in
            let variables = ["AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": "env", "AWS_SESSION_TOKEN": "t"]
            #expect(try find(path, variables) == S3Credentials(accessKey: "AKENV", secretKey: "env", sessionToken: "t"))
            #expect(try find(path, ["HOME": "/nonexistent"]).accessKey == "AKDEFAULT")
            #expect(try find(nil, ["AWS_SHARED_CREDENTIALS_FILE": path]).secretKey == "s=e/c+ret")
            #expect(
                try find(path, ["AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": ""]).accessKey == "AKDEFAULT")
        }
    }

    @Test func `a profile's credentials are read from its section`() throws {
        try withFile { (path: String) throws -> Void in
            let other = S3Credentials(accessKey: "AKOTHER", secretKey: "two", sessionToken: "three")
            #expect(try find(path, ["AWS_PROFILE": "other"]) == other)
            for profile in ["half", "none"] {
                let error = #expect(throws: BlobStoreError.self) { _ = try find(path, ["AWS_PROFILE": profile]) }
                #expect(error?.kind == .misconfigured && error?.message.contains(profile) == true)
            }
        }
    }

    @Test func `keys that are replaced in the file are used at once, and half of a file never`() throws {
        try withFile { (path: String) throws -> Void in
            var settings = BlobStoreSettings(credentialsFile: path)
            settings.environment = { _ in nil }
            var source = try S3CredentialsSource(settings)
            #expect(try source.current().accessKey == "AKDEFAULT")
            for (text, expected) in [
                (Self.file.replacing("AKDEFAULT", with: "AKRENEWED"), "AKRENEWED"), ("", "AKRENEWED"),
                ("[default]\naws_access_key_id = AKLATER\n", "AKRENEWED"),
                ("[default]\naws_access_key_id = AKLATER\naws_secret_access_key = s\n", "AKLATER"),
            ] {
                try FileSystem.unlink(path)
                try FileSystem.create(path).write(all: text.utf8.span)
                #expect(try source.current().accessKey == expected)
            }
            try FileSystem.unlink(path)
            #expect(try source.current().accessKey == "AKLATER")
            try FileSystem.create(path).write(all: Self.file.utf8.span)
            #expect(try source.current().accessKey == "AKDEFAULT")
        }
    }

    @Test(arguments: [nil, "/nonexistent/credentials"])
    func `missing credentials are a configuration error`(file: String?) {
        #expect(kind { _ = try find(file, [:]) } == .misconfigured)
    }
}
