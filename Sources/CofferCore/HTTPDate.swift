// Dates of HTTP (IMF-fixdate, RFC 9110 §5.6.7), by plain arithmetic: no locale, no time zone, no Foundation.

/// A moment in whole seconds since 1970-01-01T00:00:00Z.
public struct HTTPDate: Equatable, Comparable, Sendable, CustomStringConvertible {
    public let seconds: Int64

    public init(seconds: Int64) { self.seconds = seconds }

    public static func < (left: Self, right: Self) -> Bool { left.seconds < right.seconds }

    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT`.
    public var description: String {
        let two = { (number: Int64) in number < 10 ? "0\(number)" : "\(number)" }
        let day = seconds.floorQuotient(86_400)
        let time = seconds - day * 86_400
        let date = Self.civil(fromDays: day)
        let name = Self.days[Int(day - day.floorQuotient(7) * 7)]
        return "\(name), \(two(date.day)) \(Self.months[Int(date.month) - 1]) \(date.year) "
            + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
    }

    /// Reads an IMF-fixdate; nil for anything else, the obsolete forms included (a condition with one is ignored).
    public init?(_ text: some StringProtocol) {
        let parts = text.split(whereSeparator: { $0 == " " || $0 == ":" })
        guard text.utf8.count == 29, parts.count == 8, parts[7] == "GMT",
            let day = Int64(parts[1]), (1...31).contains(day),
            let month = Self.months.firstIndex(of: String(parts[2])),
            let year = Int64(parts[3]), let hour = Int64(parts[4]), let minute = Int64(parts[5]),
            let second = Int64(parts[6]), (0..<24).contains(hour), (0..<60).contains(minute), (0...60).contains(second)
        else { return nil }
        let days = Self.days(year: year, month: Int64(month) + 1, day: day)
        self.init(seconds: days * 86_400 + hour * 3600 + minute * 60 + second)
        // Only the text that this moment has: no 30 February, no other weekday or spacing. A leap second has none of its
        // own, but that of the second before it.
        let own = second == 60 ? Self(seconds: seconds - 1).description.dropLast(6) + "60 GMT" : description[...]
        guard own == text else { return nil }
    }

    /// The proleptic Gregorian date of a day count; eras of 400 years begin on 1 March.
    private static func civil(fromDays count: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = count + 719_468
        let era = shifted.floorQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
    }

    /// The inverse of `civil`.
    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year.floorQuotient(400)
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}

extension Int64 {
    /// The quotient rounded towards minus infinity.
    fileprivate func floorQuotient(_ divisor: Int64) -> Int64 {
        self >= 0 ? self / divisor : -((-self + divisor - 1) / divisor)
    }
}
