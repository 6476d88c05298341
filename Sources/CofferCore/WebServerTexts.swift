// The responses that nginx and Apache send without a worker: error bodies, from the registry, and the headers of the
// web app. `coffer config --web-server-texts` prints them. The file scripts/web-server-texts keeps that output, so that
// scripts/nginx-site and scripts/apache-site need no compiler, and a test compares the two.

public enum WebServerTexts {
    /// The value of `Retry-After` when a part of the service is unavailable, in seconds.
    public static let retryAfter = "5"

    /// The value of `Strict-Transport-Security` for sites with TLS. The age is two years in seconds.
    private static let transportSecurity = "max-age=63072000"

    /// The errors that a web server can report before a worker has the request, or when no worker can take it.
    private static let failures: [Failure.Kind] = [
        .internalError, .tooLarge, .storageUnavailable, .gatewayUnavailable, .targetTooLong, .headersTooLarge,
        .malformedRequest, .loginsAtOnce, .rangeNotSatisfiable,
    ]

    /// The headers of the web app's pages and assets. They forbid inline scripts and content from other origins, and
    /// browsers must revalidate before each use. Frames are for the browser's PDF viewer: what is shown in one brings a
    /// sandbox of its own, see StoredFile.swift, and our own pages refuse to be framed.
    public static let webHeaders = [
        HeaderField(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "media-src 'self'; frame-src 'self'; manifest-src 'self'; form-action 'self'; frame-ancestors 'none'; "
                + "base-uri 'none'"),
        HeaderField("Referrer-Policy", "no-referrer"),
        HeaderField("X-Content-Type-Options", "nosniff"),
        HeaderField("Cross-Origin-Opener-Policy", "same-origin"),
        HeaderField("Cross-Origin-Resource-Policy", "same-origin"),
        // For web/assets/worker.js, whose page says that the server cannot be reached.
        HeaderField("Service-Worker-Allowed", "/"),
        HeaderField("Cache-Control", "no-cache"),
    ]

    /// The text of scripts/web-server-texts. Each line is `value NAME TEXT`, for a placeholder `@NAME@`, or
    /// `web-header NAME VALUE`.
    public static var file: String {
        let errors = failures.flatMap { kind in
            ["value STATUS_\(kind.rawValue) \(kind.status)", "value BODY_\(kind.rawValue) \(Failure(kind).body)"]
        }
        let others = ["value RETRY_AFTER \(retryAfter)", "value TRANSPORT_SECURITY \(transportSecurity)"]
        let headers = webHeaders.map { "web-header \($0.name) \($0.value)" }
        let head = "# Written by `coffer config --web-server-texts`: do not edit."
        return ([head] + errors + others + headers).map { $0 + "\n" }.joined()
    }
}
