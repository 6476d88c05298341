// When a request began. Its token is checked for that time, as its body may arrive after the session has expired.

internal import CofferCore
internal import POSIX

struct RequestBegin {
    /// Milliseconds since 1970.
    private let moment: Int64

    /// The longest time that a request can take, in milliseconds. The database keeps expired sessions for as long
    /// (`internal.longest_upload`).
    private static let longest: Int64 = 7 * 24 * 3_600_000

    /// - Parameter reported: when the web server had the request's head, in seconds since 1970. If it is nil or
    ///   impossible, the request begins now.
    init(_ reported: String?, now: Int64 = Clock.realtimeMilliseconds()) {
        let reported = reported.flatMap { Double($0) }.map { $0 * 1000 } ?? .nan
        let isPossible = reported <= Double(now) && reported >= Double(now - Self.longest)
        moment = isPossible ? Int64(reported) : now
    }

    /// Whole seconds since 1970.
    var seconds: Int64 { moment / 1000 }

    /// Milliseconds since the request began.
    var age: Int64 { max(0, Clock.realtimeMilliseconds() - moment) }
}
