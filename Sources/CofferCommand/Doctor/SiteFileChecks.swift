// Uploads and downloads through the public URL, as the account of --user: with a session of a minute that needs no
// password. The uploads are refused after their last byte, as they announce another digest, so nothing is stored.

internal import CofferCore
internal import Cryptography
internal import HTTP
internal import Postgres
internal import Text

extension DoctorChecks {
    /// The smallest file that shows who reads it, in bytes: requests make the workers read a little, too.
    private static let smallestSent: Int64 = 65_536

    static let siteFiles: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "url.session", asks: "/rpc/whoami with a session of the account of --user", expects: "status 200",
            mend: "Name an enabled account; see the workers' log for the request.",
            needs: ["url.instance", "database.writable"]
        ) { subject in
            guard subject.options.email != nil else {
                return .elsewhere("no account is named", command: "coffer doctor --user EMAIL")
            }
            let answer = try known(subject).get("/rpc/whoami", [try authorization(subject)])
            return answer.status == 200 ? .ok("200") : .error(answer.line)
        },
        DoctorCheck(
            "url.upload", asks: "100,000 bytes with a length, and 1,337 in chunks, with a wrong digest",
            expects: "the worker gets exactly these bytes and refuses them",
            mend: "Let every layer pass Repr-Digest and the body on unchanged; see the web server's log.",
            needs: ["url.session", "url.chunked", "storage.writable", "s3.writable"], follows: ["url.ready"],
            limit: .seconds(10)
        ) { subject in
            let site = try known(subject)
            let fields = [HTTPField("File-Path", "coffer-doctor"), try authorization(subject)]
            // The second field refuses an upload whose digest was lost on the way.
            let early = [HTTPField("Repr-Digest", "sha-256=:x:"), HTTPField("If-Match", "\"coffer-doctor\"")]
            let refusal = try site.ask("POST", "/rpc/store_file", fields + early, body: body([0], isChunked: false))
            guard refusal.isRefusal(.invalidArgument) else { return .error("Repr-Digest: \(refusal.line)") }
            for (size, isChunked) in [(100_000, false), (1337, true)] {
                let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
                let digest = DigestField.sha256([UInt8](repeating: 0, count: SHA256.byteCount))
                let answer = try site.ask(
                    "POST", "/rpc/store_file", fields + [HTTPField("Repr-Digest", digest)],
                    body: body(bytes, isChunked: isChunked))
                // Behind CGI, only a body with a length can be stored.
                if isChunked, answer.isRefusal(.lengthRequired) { break }
                let details = answer.failure("details") ?? ""
                guard answer.isRefusal(.digestMismatch), details.contains(DigestField.sha256(sha256(bytes.span))) else {
                    return .error("\(size) bytes: \(answer.line) \(details)")
                }
            }
            return .ok("all bytes arrived")
        },
        download(
            "url.download", asks: "a file of the account, whole", expects: "its bytes, with their digest as ETag",
            mend: "`coffer check --digest` compares all files; see the web server's log."
        ) { _, site, file, fields in
            let answer = try site.ask("GET", file.target, fields, limit: FileToRead.limit)
            let digest = hexadecimal(sha256(answer.body.span))
            if answer.status != 200 { return .error(answer.line) }
            if digest != file.sha256 { return .error("\(answer.body.count) other bytes") }
            let tag = answer.head.field("ETag") ?? "no ETag"
            return tag == "\"\(digest)\"" ? .ok("\(answer.body.count) bytes") : .error(tag)
        },
        download(
            "url.range", asks: "the first byte of the file", expects: "206 and one byte",
            mend: "Let every layer pass Range on, and cache nothing."
        ) { _, site, file, fields in
            let range = HTTPField("Range", "bytes=0-0")
            let answer = try site.ask("GET", file.target, fields + [range], limit: FileToRead.limit)
            return answer.status == 206 && answer.body.count == 1
                ? .ok("206") : .error("\(answer.status) and \(answer.body.count) bytes")
        },
        download(
            "url.compression", asks: "the file, as a client that accepts gzip",
            expects: "its bytes and its ETag, without Content-Encoding",
            mend: "Switch gzip, brotli and mod_deflate off for the site in every layer."
        ) { _, site, file, fields in
            let accept = HTTPField("Accept-Encoding", "gzip, deflate, br")
            let head = try site.ask("GET", file.target, fields + [accept], limit: FileToRead.limit).head
            if let coding = head.field("Content-Encoding") { return .error(coding) }
            let tag = head.field("ETag") ?? "no ETag"
            return tag == "\"\(file.sha256)\"" ? .ok("not compressed") : .error(tag)
        },
        download(
            "url.sendfile", asks: "how much the workers read while a client downloads a file",
            expects: "next to nothing, as the web server sends the bytes",
            mend: "Give nginx-site or apache-site the store's directory (--blobs); Apache needs mod_xsendfile.",
            atLeast: smallestSent
        ) { subject, site, file, fields in
            if try subject.isBucket() { return .inapplicable("the store is a bucket") }
            // Other requests may make workers read, too, so the best of three counts.
            var least = Int64.max
            for _ in 0..<3 where least > file.size / 2 {
                guard let before = bytesRead(subject) else { return .inapplicable("the workers cannot be seen") }
                _ = try site.ask("GET", file.target, fields, limit: FileToRead.limit)
                guard let after = bytesRead(subject) else { return .inapplicable("the workers cannot be seen") }
                least = min(least, after - before)
            }
            let came = "\(least) bytes for a file of \(file.size)"
            return least > file.size / 2 ? .warning(came) : .ok(came)
        },
        DoctorCheck(
            "url.slow-upload", asks: "an upload that takes two minutes", expects: "status 200",
            mend: "Raise the time limits of the layer that ends it: client_body_timeout, proxy_send_timeout.",
            needs: ["url.application"]
        ) { subject in
            let fields = "-H \"Authorization: Bearer $TOKEN\" -H 'File-Path: slow'"
            return .elsewhere(
                "it would take too long",
                command: "head -c 1200000 /dev/urandom | "
                    + (try known(subject)).curl("--limit-rate 10k \(fields) --data-binary @-", "/rpc/store_file"))
        },
    ]

    /// A file of the account.
    private struct FileToRead {
        /// The largest file that is read, in bytes.
        static let limit = 1 << 20

        let path: String
        /// In bytes.
        let size: Int64
        /// In hexadecimal.
        let sha256: String

        var target: String { "/rpc/retrieve_file?p_file_path=\(PercentCoding.encode(path))" }
    }

    /// A check that downloads a file of the account. A text shows best whether a layer compresses.
    private static func download(
        _ id: String, asks: String, expects: String, mend: String, atLeast smallest: Int64 = 2,
        _ run: @escaping @Sendable (DoctorSubject, PublicSite, FileToRead, [HTTPField]) throws -> Verdict
    ) -> DoctorCheck<DoctorSubject> {
        DoctorCheck(
            id, asks: asks, expects: expects, mend: mend, needs: ["url.session", "storage.mark"],
            follows: ["url.ready"], limit: .seconds(6)
        ) { subject in
            if try subject.configuration().auditsDownloads {
                return .inapplicable("COFFER_AUDIT_DOWNLOADS is on, so the audit log would record it")
            }
            guard let file = try file(subject, atLeast: smallest) else {
                return .inapplicable("the account has no file between \(smallest) bytes and 1 MiB")
            }
            return try run(subject, known(subject), file, [authorization(subject)])
        }
    }

    private static func file(_ subject: DoctorSubject, atLeast smallest: Int64) throws -> FileToRead? {
        try subject.owner().call(
            """
            select f.file_path, f.size_bytes, encode(f.sha256, 'hex') as sha256
            from internal.files f join internal.find_user($1) u on u.id = f.user_id
            where f.size_bytes between $2::bigint and $3::bigint
            order by f.content_type like 'text/%' desc, f.size_bytes > 1000 desc, f.size_bytes
            limit 1
            """, [.text(subject.options.email ?? ""), .integer(smallest), .integer(Int64(FileToRead.limit))]
        ).readFirst {
            FileToRead(
                path: try $0.text("file_path"), size: try $0.integer("size_bytes"), sha256: try $0.text("sha256"))
        }
    }

    private static func authorization(_ subject: DoctorSubject) throws -> HTTPField {
        let token = try subject.session.token(subject.owner(), email: subject.options.email ?? "")
        return HTTPField("Authorization", "Bearer \(token)")
    }

    private static func body(_ bytes: [UInt8], isChunked: Bool) -> HTTPRequest.Body {
        let (length, source) = (Int64(bytes.count), bodySource(bytes))
        return isChunked ? .chunked(length: length, source) : .source(length: length, source)
    }
}
