// Whether answers pass all layers unchanged, and what the web server must not answer at all.

internal import CofferCore
internal import HTTP
internal import Text

extension DoctorChecks {
    static let siteAnswers: [DoctorCheck<DoctorSubject>] = [
        siteCheck(
            "url.internal", asks: "paths that only the web server itself may use",
            expects: "none of them has an answer",
            mend: "Write the site again with nginx-site or apache-site, and keep `internal;` in it."
        ) { site, _ in
            let paths = [
                "/_coffer/blobs/coffer-store", "/_coffer/blobs/part/coffer-store", "/_coffer/admission",
                "/_coffer/root", "/.htaccess", "/coffer.conf",
            ]
            let open = try paths.filter { try site.get($0).status < 400 }
            return open.isEmpty ? .ok("none") : .error(open.joined(separator: ", "))
        },
        siteCheck(
            "url.hsts", asks: "Strict-Transport-Security", expects: "a max-age of at least half a year",
            mend: "A layer in front removes or replaces it: remove its own add_header or proxy_hide_header.",
            needs: ["url.cookie"]
        ) { site, _ in
            guard site.isSecure else { return .inapplicable("plain HTTP") }
            guard let field = try site.get(live).head.field("Strict-Transport-Security") else {
                return .warning("it is missing")
            }
            let age = field.lowercased().separated(by: "max-age=").dropFirst().first?.prefix { $0.isNumber }
            return age.flatMap { Int64($0) } ?? 0 >= 15_768_000 ? .ok(field) : .warning(field)
        },
        siteCheck(
            "url.request-id", asks: "X-Request-Id in an answer",
            expects: "the id under which the logs have the request",
            mend: "Let the proxy pass X-Request-Id of answers on."
        ) { site, _ in
            try site.get(live).head.field("X-Request-Id").map { .ok($0) } ?? .warning("it is missing")
        },
        siteCheck(
            "url.web-app", asks: "the page at the URL, as a browser asks for it", expects: "the web app",
            mend: "Correct --web of nginx-site or apache-site, or the permissions of that directory."
        ) { site, _ in
            let answer = try page(site)
            let type = answer.head.field("Content-Type") ?? "no type"
            return answer.status == 200 && type.hasPrefix("text/html") ? .ok(type) : .error("\(answer.line), \(type)")
        },
        siteCheck(
            "url.headers", asks: "the headers that protect the web app", expects: "each as the site sends it",
            mend: "A layer in front changes them: remove its own add_header, proxy_hide_header or `Header set`.",
            needs: ["url.web-app"]
        ) { site, _ in
            let head = try page(site).head
            let wrong = WebServerTexts.webHeaders.filter { field in
                field.name != "Cache-Control" && head.field(field.name) != field.value
            }
            return wrong.isEmpty
                ? .ok("all are there") : .error("\(wrong.map(\.name).joined(separator: ", ")) differ or are missing")
        },
        siteCheck(
            "url.cache", asks: "what caches may keep",
            expects: "no-cache for the web app, no-store for the API, no Age",
            mend: "Let no layer cache the site, or change Cache-Control: proxy_cache off; expires off.",
            needs: ["url.web-app"]
        ) { site, _ in
            let answers = [(try page(site).head, "no-cache"), (try site.get(live).head, "no-store")]
            for (head, wanted) in answers {
                if let age = head.field("Age") { return .error("Age: \(age)") }
                let found = head.field("Cache-Control")
                if found != wanted { return .error("\(found ?? "nothing") instead of \(wanted)") }
            }
            return .ok("no-cache and no-store")
        },
    ]

    private static func page(_ site: PublicSite) throws -> PublicSite.Answer {
        try site.get("/", [HTTPField("Accept", "text/html")])
    }
}
