// The public URL: is it this installation, and is the way to it encrypted.

internal import CofferCore
internal import HTTP
internal import POSIX
internal import Text

extension DoctorChecks {
    /// Days before a certificate expires at which it should have been renewed.
    private static let renewalDays: Int64 = 14

    static let site: [DoctorCheck<DoctorSubject>] = [
        DoctorCheck(
            "url.known", asks: "the URL of the site, COFFER_PUBLIC_URL", expects: "a URL",
            mend: "Correct COFFER_PUBLIC_URL or --url.", needs: ["configuration.valid"]
        ) { subject in
            if let site = try subject.publicSite() { return .ok(site.url) }
            return .elsewhere("the URL is not known", command: "coffer doctor --url https://files.example.org")
        },
        DoctorCheck(
            "url.https", asks: "the scheme of the URL", expects: "https, unless the site is on this host only",
            mend: "Get a certificate and use the TLS site; browsers keep no session over plain HTTP.",
            needs: ["url.known"]
        ) { subject in
            let site = try known(subject)
            if site.isSecure { return .ok("https") }
            return site.isLoopback ? .ok("http on a loopback address") : .error("http")
        },
        DoctorCheck(
            "url.reachable", asks: "any answer under the URL", expects: "HTTP within 3 seconds",
            mend: "Check DNS, the firewall and the web server. If this host cannot reach its own public address, "
                + "use --connect 127.0.0.1:443.",
            needs: ["url.known"], limit: .seconds(7)
        ) { subject in
            .ok("HTTP \(try known(subject).head("GET", page, verifying: false).head.status)")
        },
        DoctorCheck(
            "url.certificate", asks: "the certificate of the site", expects: "trusted, and for this host name",
            mend: "Install the full chain (fullchain.pem), or renew it. For a private authority use --ca-file.",
            needs: ["url.reachable"], limit: .seconds(7)
        ) { subject in
            let site = try known(subject)
            guard site.isSecure else { return .inapplicable("plain HTTP") }
            _ = try site.head("GET", page)
            return .ok("trusted")
        },
        DoctorCheck(
            "url.certificate-age", asks: "when the certificate expires", expects: "in \(renewalDays) days or later",
            mend: "Renew it, and see why that does not happen by itself: certbot renew --dry-run",
            needs: ["url.certificate"], limit: .seconds(7)
        ) { subject in
            let site = try known(subject)
            guard site.isSecure else { return .inapplicable("plain HTTP") }
            guard let text = try site.head("GET", page).certificateExpiry, let expiry = certificateSeconds(text) else {
                return .inapplicable("libcurl does not report it")
            }
            let days = (expiry - Clock.realtimeSeconds()) / 86_400
            return days < renewalDays ? .warning("in \(days) days") : .ok("in \(days) days")
        },
        DoctorCheck(
            "url.application", asks: "/health/live under the URL", expects: "Coffer's answer",
            mend: "Include Coffer's site in the web server, and let proxies pass requests on unchanged.",
            needs: ["url.reachable", "url.certificate"], follows: ["pool.answers"]
        ) { subject in
            let answer = try known(subject).get(live)
            let isOurs = answer.failure("status") == "live"
            return answer.status == 200 && isOurs ? .ok("200") : .error("\(answer.line), not Coffer's")
        },
        DoctorCheck(
            "url.ready", asks: "/health/ready under the URL", expects: "status 200",
            mend: "If it names the web server: run nginx-site or apache-site again, with the configured store.",
            needs: ["url.application"], follows: ["pool.ready"], limit: .seconds(8)
        ) { subject in
            let answer = try known(subject).get("/health/ready")
            let details = answer.failure("details").map { ", \($0)" } ?? ""
            return answer.status == 200 ? .ok("200") : .error(answer.line + details)
        },
        DoctorCheck(
            "url.redirect", asks: "plain HTTP on port 80 of the same host", expects: "nothing, or a redirect to https",
            mend: "Use Coffer's TLS site, whose server for port 80 redirects.", needs: ["url.application"]
        ) { subject in
            let site = try known(subject)
            guard site.isSecure, !site.hasPort else { return .inapplicable("the port for plain HTTP is not known") }
            do {
                guard let head = try site.plainHead(live) else { return .inapplicable("the port is not known") }
                let target = head.field("Location").map { " to \($0)" } ?? ""
                return head.status < 300 ? .error("\(head.status)") : .ok("\(head.status)\(target)")
            } catch let error as HTTPError {
                return .ok("no answer (\(error))")
            }
        },
    ]

    static let live = "/health/live"
    /// For this one the web server needs no worker.
    private static let page = "/login"

    /// The site of a check that needs `url.known`.
    static func known(_ subject: DoctorSubject) throws -> PublicSite {
        guard let site = try subject.publicSite() else { throw Failure("The URL is not known.") }
        return site
    }

    /// Seconds since 1970 of a time that OpenSSL has written: `Nov  3 09:30:00 2027 GMT`. nil for another text.
    static func certificateSeconds(_ text: String) -> Int64? {
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let parts = text.split(separator: " ")
        guard parts.count == 5, let month = months.firstIndex(of: String(parts[0])) else { return nil }
        let numbers = ([parts[1], parts[3]] + parts[2].split(separator: ":")).compactMap { Int($0) }
        guard numbers.count == 5 else { return nil }
        return CivilTime.seconds(
            year: numbers[1], month: month + 1, day: numbers[0], hour: numbers[2], minute: numbers[3],
            second: numbers[4])
    }
}
