// When a request began. Its token is judged by that moment: a body may take longer than the session has left.

internal import CofferCore
internal import POSIX

struct RequestBegin {
    /// In milliseconds since 1970.
    private let moment: Int64

    /// Nothing lasts longer; the database keeps expired sessions for as long (`internal.longest_upload`).
    private static let longest: Int64 = 7 * 24 * 3_600_000

    /// - Parameter told: by the web server's configuration, seconds since 1970 when it had the request's head; without it,
    ///   or where it makes no sense, the request begins now.
    init(_ told: String?, now: Int64 = Clock.realtimeMilliseconds()) {
        let told = told.flatMap { Double($0) }.map { $0 * 1000 } ?? .nan
        let isPossible = told <= Double(now) && told >= Double(now - Self.longest)
        moment = isPossible ? Int64(told) : now
    }

    /// In whole seconds since 1970.
    var seconds: Int64 { moment / 1000 }

    /// Milliseconds since then.
    var age: Int64 { max(0, Clock.realtimeMilliseconds() - moment) }
}
