// What nginx and Apache answer by themselves, in the words of the registry: the bodies of errors and the headers of the
// web app. `scripts/web-server-texts` holds it for scripts/nginx-site and scripts/apache-site, which need no compiler;
// `coffer config --web-server-texts` writes it, and a test compares.

public enum WebServerTexts {
    /// Seconds after which a client may try again when a part of the service is unavailable.
    public static let retryAfter = "5"

    /// In seconds, two years: where the site is reached over TLS.
    private static let transportSecurity = "max-age=63072000"

    /// What a web server finds before a worker has the request, or instead of one.
    private static let failures: [Failure.Kind] = [
        .internalError, .tooLarge, .storageUnavailable, .gatewayUnavailable, .targetTooLong, .headersTooLarge,
        .malformedRequest, .loginsAtOnce, .rangeNotSatisfiable,
    ]

    /// On the pages and assets of the web app: nothing inline, nothing from elsewhere, asked for again each time.
    private static let webHeaders = [
        HeaderField(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
                + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"),
        HeaderField("Referrer-Policy", "no-referrer"),
        HeaderField("X-Content-Type-Options", "nosniff"),
        HeaderField("Cross-Origin-Opener-Policy", "same-origin"),
        HeaderField("Cross-Origin-Resource-Policy", "same-origin"),
        HeaderField("Cache-Control", "no-cache"),
    ]

    /// A line each: `value NAME TEXT` for a placeholder `@NAME@`, and `web-header NAME VALUE`.
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
