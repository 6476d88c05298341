// The credentials that sign requests. They are looked up as the AWS tools do it: in the environment, then in the
// configured file, then in the shared credentials file. Keys are replaced while workers run, and those of a role expire
// after an hour, so a file is read for each request.

internal import POSIX
internal import Text

struct S3Credentials: Equatable, Sendable {
    let accessKey: String
    let secretKey: String
    let sessionToken: String?

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

/// Where credentials are found.
enum S3CredentialsSource {
    case environment(S3Credentials)
    /// `text` and `found` are from when the file was read last.
    case file(path: String, profile: String, text: [UInt8] = [], found: S3Credentials? = nil)

    /// - Throws: `.misconfigured` if there is neither.
    init(_ settings: BlobStoreSettings) throws(BlobStoreError) {
        let variable = { (name: String) in settings.environment(name).flatMap { $0.isEmpty ? nil : $0 } }
        if let key = variable("AWS_ACCESS_KEY_ID"), let secret = variable("AWS_SECRET_ACCESS_KEY") {
            let token = variable("AWS_SESSION_TOKEN")
            self = .environment(S3Credentials(accessKey: key, secretKey: secret, sessionToken: token))
            return
        }
        let shared = variable("AWS_SHARED_CREDENTIALS_FILE") ?? variable("HOME").map { $0 + "/.aws/credentials" }
        guard let path = settings.credentialsFile ?? shared else { throw absent("no credentials file was found") }
        self = .file(path: path, profile: variable("AWS_PROFILE") ?? "default")
    }

    /// The credentials of now. While a file that is being written has none, the last ones.
    ///
    /// - Throws: `.misconfigured` if there never were any. No message contains a secret.
    mutating func current() throws(BlobStoreError) -> S3Credentials {
        switch self {
        case .environment(let credentials): return credentials
        case .file(let path, let profile, let old, let last):
            let text: [UInt8]
            do {
                text = try FileSystem.contents(of: path, limit: 1 << 16)
            } catch {
                if let last { return last }
                throw BlobStoreError(
                    .misconfigured, "The storage's credentials file cannot be read.", underlying: error)
            }
            if let last, text == old { return last }
            guard let found = S3Credentials.parse(String(decoding: text, as: UTF8.self), profile: profile) ?? last
            else { throw absent("the file has no profile \(profile)") }
            self = .file(path: path, profile: profile, text: text, found: found)
            return found
        }
    }
}

private func absent(_ reason: String) -> BlobStoreError {
    BlobStoreError(.misconfigured, "The storage has no credentials: \(reason).")
}
