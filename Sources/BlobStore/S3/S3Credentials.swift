// The credentials that sign requests. They are looked up as the AWS tools do it: in the environment, then in the
// configured file, then in the shared credentials file.

internal import POSIX
internal import Text

struct S3Credentials: Equatable, Sendable {
    let accessKey: String
    let secretKey: String
    let sessionToken: String?

    /// - Throws: `.misconfigured` if no credentials are found. No message contains a secret.
    static func find(_ settings: BlobStoreSettings) throws(BlobStoreError) -> S3Credentials {
        let variable = { (name: String) in settings.environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let key = variable("AWS_ACCESS_KEY_ID"), let secret = variable("AWS_SECRET_ACCESS_KEY") {
            return S3Credentials(accessKey: key, secretKey: secret, sessionToken: variable("AWS_SESSION_TOKEN"))
        }
        let profile = variable("AWS_PROFILE") ?? "default"
        let shared = variable("AWS_SHARED_CREDENTIALS_FILE") ?? variable("HOME").map { $0 + "/.aws/credentials" }
        guard let path = settings.credentialsFile ?? shared else { throw absent("no credentials file was found") }
        let text: String
        do {
            text = String(decoding: try FileSystem.contents(of: path), as: UTF8.self)
        } catch {
            throw BlobStoreError(
                .misconfigured, "The storage's credentials file cannot be read.", underlying: error)
        }
        guard let found = parse(text, profile: profile) else { throw absent("the file has no profile \(profile)") }
        return found
    }

    private static func absent(_ reason: String) -> BlobStoreError {
        BlobStoreError(.misconfigured, "The storage has no credentials: \(reason).")
    }

    /// Parses one profile of a shared credentials file (AWS SDKs and Tools Reference Guide, "Shared config and
    /// credentials files"). nil if the profile has no key pair.
    static func parse(_ text: String, profile: String) -> S3Credentials? {
        var values: [String: String] = [:]
        var isOurs = false
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.trimming(\.isWhitespace)
            if line.hasPrefix("#") || line.hasPrefix(";") { continue }
            if line.hasPrefix("["), line.hasSuffix("]") {
                isOurs = line.dropFirst().dropLast().trimming(\.isWhitespace) == profile
            } else if isOurs, let equals = line.firstIndex(of: "=") {
                let value = line[line.index(after: equals)...]
                values[line[..<equals].trimming(\.isWhitespace).lowercased()] = String(value.trimming(\.isWhitespace))
            }
        }
        guard let key = values["aws_access_key_id"], let secret = values["aws_secret_access_key"] else { return nil }
        return S3Credentials(accessKey: key, secretKey: secret, sessionToken: values["aws_session_token"])
    }
}
