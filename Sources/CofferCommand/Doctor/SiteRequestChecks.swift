// Whether requests pass all layers unchanged. No request here has a session, and none changes anything: each is refused
// after the part of it that matters has arrived.

internal import CofferCore
internal import HTTP
internal import POSIX

extension DoctorChecks {
    /// What every layer should let pass.
    private static let largestUpload: Int64 = 100 << 30

    static let siteRequests: [DoctorCheck<DoctorSubject>] = [
        siteCheck(
            "url.authorization", asks: "a request with an invalid token in Authorization",
            expects: "the worker refuses the token, so the header has arrived",
            mend: "Let the proxy pass Authorization on; under Apache: CGIPassAuth on."
        ) { site, _ in
            let answer = try site.get("/rpc/whoami", [HTTPField("Authorization", "Bearer coffer-doctor")])
            return answer.isRefusal(.tokenUndecodable) ? .ok(answer.line) : .error(answer.line)
        },
        siteCheck(
            "url.instance", asks: "a request with a token of this database and without a session",
            expects: "the site knows the key and says that the session has ended",
            mend: "The URL leads to another installation: correct it, or the web server's socket.",
            needs: ["url.authorization", "keys.usable", "database.extension"]
        ) { site, subject in
            let token = try subject.answer(
                """
                select internal.sign_token(gen_random_uuid(), gen_random_uuid(), 'editor',
                    floor(extract(epoch from now()))::bigint, floor(extract(epoch from now()))::bigint + 60) as answer
                """)
            let answer = try site.get("/rpc/whoami", [HTTPField("Authorization", "Bearer \(token)")])
            return answer.isRefusal(.sessionEnded) ? .ok(answer.line) : .error(answer.line)
        },
        siteCheck(
            "url.methods", asks: "HEAD, PATCH, DELETE and OPTIONS", expects: "all of them reach the worker",
            mend: "Let every layer pass these methods on."
        ) { site, _ in
            var refused: [String] = []
            for method in ["PATCH", "DELETE"] where try !site.ask(method, "/files").isRefusal(.tokenMissing) {
                refused.append(method)
            }
            if try site.ask("HEAD", "/files").status != CofferCore.Failure.Kind.tokenMissing.status {
                refused.append("HEAD")
            }
            if try site.ask("OPTIONS", "/files").head.field("Allow")?.contains("PATCH") != true {
                refused.append("OPTIONS")
            }
            return refused.isEmpty
                ? .ok("all arrive") : .error("\(refused.joined(separator: ", ")) did not arrive")
        },
        siteCheck(
            "url.long-headers", asks: "a request with a header of 7,000 bytes", expects: "it reaches the worker",
            mend: "Allow longer headers: large_client_header_buffers 4 32k; LimitRequestFieldSize 32768"
        ) { site, _ in
            let long = HTTPField("Description", String(repeating: "x", count: 7000))
            let answer = try site.get("/rpc/whoami", [long])
            return answer.isRefusal(.tokenMissing) ? .ok("it arrives") : .error(answer.line)
        },
        siteCheck(
            "url.chunked", asks: "a body of 1,337 bytes without a length, in chunks",
            expects: "all bytes reach the worker",
            mend: "Let the layer in front accept Transfer-Encoding: chunked, or speak HTTP/1.1 to the next one."
        ) { site, subject in
            guard try hasPool(subject) else { return .inapplicable("CGI needs a Content-Length") }
            let text = "{\"doctor\":\"\(String(repeating: "x", count: 1324))\"}"
            let body = Array(text.utf8)
            return try arrived(site, [], .chunked(length: Int64(body.count), bodySource(body)))
        },
        siteCheck(
            "url.cookie", asks: "whether the site would give a browser a session cookie",
            expects: "yes: the worker sees that the connection is secure",
            mend: "Let the proxy send X-Forwarded-Proto, and run nginx-site or apache-site with --behind-proxy.",
            needs: ["url.https"]
        ) { site, _ in
            try arrived(site, [HTTPField("Prefer", "session=cookie")])
        },
        siteCheck(
            "url.host", asks: "a request that says it comes from a page of the site",
            expects: "the worker sees the same host name as the browser",
            mend: "Let the proxy pass the host on: proxy_set_header Host $http_host; ProxyPreserveHost on",
            needs: ["url.cookie"]
        ) { site, _ in
            try arrived(site, [HTTPField("Prefer", "session=cookie"), HTTPField("Origin", site.origin)])
        },
        siteCheck(
            "url.upload-limit", asks: "the largest upload that every layer allows",
            expects: "COFFER_MAX_UPLOAD_BYTES, or 100 GiB without that limit",
            mend: "Raise the limit of that layer: nginx-site --max-body; client_max_body_size; LimitRequestBody",
            limit: .seconds(8)
        ) { site, subject in
            let wanted = try subject.configuration().maximumUploadBytes ?? largestUpload
            let answer = try announce(site, wanted)
            if answer?.status != 413 { return .ok("\(wanted) bytes are not refused") }
            var allowed: Int64 = 0
            var size: Int64 = 1 << 20
            while size < wanted, try announce(site, size)?.status != 413 { (allowed, size) = (size, size * 2) }
            let layer =
                answer?.code == CofferCore.Failure.Kind.tooLarge.rawValue
                ? "Coffer's own web server" : "a layer in front (\(answer?.head.field("Server") ?? "it has no name"))"
            return .warning("\(layer) refuses \(min(size, wanted) >> 20) MiB; it allows \(allowed >> 20) MiB")
        },
        siteCheck(
            "url.streaming", asks: "an upload without a session, whose body comes slowly",
            expects: "it is refused before the body has arrived",
            mend: "A layer gathers whole uploads first: proxy_request_buffering off, and proxy_http_version 1.1."
        ) { site, subject in
            guard try hasPool(subject) else { return .inapplicable("with CGI, the web server gathers bodies first") }
            guard let answer = try announce(site, 1 << 20) else { return .warning("no answer before the body") }
            return .ok(answer.line)
        },
    ]

    /// A check that sends requests to the site.
    static func siteCheck(
        _ id: String, asks: String, expects: String, mend: String, needs: [String] = [], limit: Duration = .seconds(4),
        _ run: @escaping @Sendable (PublicSite, DoctorSubject) throws -> Verdict
    ) -> DoctorCheck<DoctorSubject> {
        DoctorCheck(
            id, asks: asks, expects: expects, mend: mend, needs: ["url.application"] + needs, limit: limit
        ) { subject in
            try run(known(subject), subject)
        }
    }

    /// Whether there is a socket of workers. Otherwise the web server starts them, or the site is down.
    private static func hasPool(_ subject: DoctorSubject) throws -> Bool {
        switch try subject.configuration().socket {
        case .path(let path): FileSystem.exists(path)
        case .tcp: true
        }
    }

    /// Sends a login with an argument that does not exist. The worker refuses it when it has read the whole body, and
    /// before it asks the database, so it is no failed login.
    private static func arrived(
        _ site: PublicSite, _ fields: [HTTPField], _ body: HTTPRequest.Body? = nil
    ) throws -> Verdict {
        let short = Array("{\"doctor\":\"x\"}".utf8)
        let answer = try site.ask(
            "POST", "/rpc/login", [HTTPField("Content-Type", "application/json")] + fields,
            body: body ?? .source(length: Int64(short.count), bodySource(short)))
        if answer.status == 429 { return .inapplicable("the web server limits logins now") }
        let message = answer.failure("message") ?? ""
        return answer.isRefusal(.invalidArgument) && message.contains("'doctor'")
            ? .ok(answer.line) : .error("\(answer.line) \(message)")
    }

    /// Announces an upload without a session, and sends little of it. nil if there is no answer within a second.
    private static func announce(_ site: PublicSite, _ size: Int64) throws -> PublicSite.Answer? {
        do {
            return try site.ask(
                "POST", "/rpc/store_file", [HTTPField("File-Path", "coffer-doctor")],
                body: .source(length: size, slowSource(for: .seconds(1))))
        } catch let error as HTTPError where error.kind == .body {
            return nil
        }
    }
}
