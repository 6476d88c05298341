// Date and time of day in UTC, by libc's calendar, without locales and time zones.

internal import CCalendar

/// A second in the Gregorian calendar, in the years 0 to 9999, as in the dates of HTTP and ISO 8601.
public struct CivilTime: Sendable {
    public let year: Int
    /// 1 is January.
    public let month: Int
    public let day: Int
    public let hour: Int
    public let minute: Int
    public let second: Int
    /// 0 is Sunday.
    public let weekday: Int

    /// The seconds of these years.
    public static let range: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// The corresponding C function is `gmtime_r`.
    ///
    /// - Parameter seconds: since 1970-01-01 00:00 UTC. A time before the year 0 or after 9999 becomes the first or
    ///   last second of these years.
    public init(seconds: Int64) {
        let parts = coffer_civil_time(min(max(seconds, Self.range.lowerBound), Self.range.upperBound))
        (year, month, day) = (Int(parts.year), Int(parts.month), Int(parts.day))
        (hour, minute, second) = (Int(parts.hour), Int(parts.minute), Int(parts.second))
        weekday = Int(parts.weekday)
    }

    /// Seconds since 1970-01-01 00:00 UTC. A field beyond its range carries over: 30 February is a day in March.
    ///
    /// The corresponding C function is `timegm`.
    ///
    /// - Parameter month: 1 is January.
    /// - Returns: nil if a field is negative or has more than four digits.
    public static func seconds(
        year: Int, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0
    ) -> Int64? {
        let fields = [year, month, day, hour, minute, second]
        guard fields.allSatisfy({ (0...9999).contains($0) }) else { return nil }
        let parts = fields.map { Int32($0) }
        return coffer_seconds(
            coffer_civil_time(
                year: parts[0], month: parts[1], day: parts[2], hour: parts[3], minute: parts[4], second: parts[5],
                weekday: 0))
    }

    /// `2013-05-24`, or with another separator (ISO 8601).
    public func date(_ separator: String = "-") -> String {
        [String(repeating: "0", count: max(0, 4 - "\(year)".utf8.count)) + "\(year)", twoDigits(month), twoDigits(day)]
            .joined(separator: separator)
    }

    /// `08:49:37`, or with another separator.
    public func clock(_ separator: String = ":") -> String {
        twoDigits(hour) + separator + twoDigits(minute) + separator + twoDigits(second)
    }
}

/// A number below 100 with two digits.
func twoDigits(_ number: Int) -> String {
    let digits = [UInt8(ascii: "0") + UInt8(number / 10), UInt8(ascii: "0") + UInt8(number % 10)]
    return String(decoding: digits, as: UTF8.self)
}
