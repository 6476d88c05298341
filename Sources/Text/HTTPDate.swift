// Dates of HTTP (IMF-fixdate, RFC 9110 §5.6.7).

/// A moment in whole seconds since 1970-01-01T00:00:00Z.
public struct HTTPDate: Equatable, Comparable, Sendable, CustomStringConvertible {
    public let seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    public var description: String {
        let time = CivilTime(seconds: seconds)
        let bytes = [UInt8](capacity: 29) { text in
            text.append(Self.days[time.weekday])
            text.append(", ")
            text.append(digits: time.day)
            text.append(" ")
            text.append(Self.months[time.month - 1])
            text.append(" ")
            text.append(digits: time.year / 100)
            text.append(digits: time.year % 100)
            text.append(" ")
            text.append(digits: time.hour)
            text.append(":")
            text.append(digits: time.minute)
            text.append(":")
            text.append(digits: time.second)
            text.append(" GMT")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Parses an IMF-fixdate. nil for any other text, including the obsolete forms: a condition with one is ignored.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == ":" })
        guard text.utf8.count == 29, parts.count == 8, parts[7] == "GMT", let day = Int(parts[1]),
            let month = Self.months.firstIndex(of: String(parts[2])), let year = Int(parts[3]),
            let hour = Int(parts[4]), let minute = Int(parts[5]), let second = Int(parts[6]),
            let seconds = CivilTime.seconds(
                year: year, month: month + 1, day: day, hour: hour, minute: minute, second: second)
        else { return nil }
        self.init(seconds: seconds)
        // The text must be the canonical one, which excludes 30 February, a wrong weekday and other spacing. For a leap
        // second (60), it is derived from that of the second before.
        let own = second == 60 ? Self(seconds: seconds - 1).description.dropLast(6) + "60 GMT" : description[...]
        guard own == text else { return nil }
    }
}

extension OutputSpan<UInt8> {
    fileprivate mutating func append(_ text: String) {
        let bytes = text.utf8.span
        for index in bytes.indices { append(bytes[index]) }
    }

    /// Appends a number below 100 with two digits.
    fileprivate mutating func append(digits number: Int) {
        append(UInt8(ascii: "0") + UInt8(number / 10))
        append(UInt8(ascii: "0") + UInt8(number % 10))
    }
}
