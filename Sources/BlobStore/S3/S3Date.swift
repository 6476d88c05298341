// The forms of time in S3: 20130524T000000Z in signatures, 2013-05-24T00:00:00.000Z in XML, and HTTP's dates in fields.

struct S3Date {
    /// `YYYYMMDD`
    let day: String
    /// `YYYYMMDDThhmmssZ`
    let stamp: String
    /// `YYYY-MM-DDThh:mm:ssZ`
    let text: String

    /// - Parameter seconds: since 1970, UTC.
    init(seconds: Int64) {
        let (year, month, date) = Self.civil(days: seconds / 86_400)
        let second = seconds % 86_400
        let time = [second / 3600, second / 60 % 60, second % 60].map(Self.two)
        day = "\(year)\(Self.two(month))\(Self.two(date))"
        stamp = "\(day)T\(time.joined())Z"
        text = "\(year)-\(Self.two(month))-\(Self.two(date))T\(time.joined(separator: ":"))Z"
    }

    /// Seconds since 1970 of a time in XML. nil if the text is not a time.
    static func seconds(_ text: String) -> Int64? {
        let numbers = text.utf8.prefix(19).split { !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
            .compactMap { Int64(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 6 else { return nil }
        let days = days(year: numbers[0], month: numbers[1], day: numbers[2])
        return days * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
    }

    /// Seconds since 1970 of a field's value such as `Fri, 24 May 2013 00:00:00 GMT` (RFC 9110, section 5.6.7). nil if
    /// the value is not a time.
    static func seconds(fieldValue text: String) -> Int64? {
        let words = text.split(whereSeparator: { " ,:".contains($0) })
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        guard words.count == 8, let month = months.firstIndex(of: String(words[2])), let year = Int64(words[3]),
            let day = Int64(words[1]), let hour = Int64(words[4]), let minute = Int64(words[5]),
            let second = Int64(words[6])
        else { return nil }
        return days(year: year, month: Int64(month) + 1, day: day) * 86_400 + hour * 3600 + minute * 60 + second
    }

    private static func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// Year, month and day of a day since 1970. The calendar is counted in eras of 400 years that begin in March, so
    /// that the leap day is a year's last day.
    private static func civil(days: Int64) -> (Int64, Int64, Int64) {
        let shifted = days + 719_468
        let era = shifted / 146_097
        let day = shifted % 146_097
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365
        let dayOfYear = day - (365 * year + year / 4 - year / 100)
        let month = (5 * dayOfYear + 2) / 153
        let isLate = month >= 10
        return (
            year + era * 400 + (isLate ? 1 : 0), isLate ? month - 9 : month + 3, dayOfYear - (153 * month + 2) / 5 + 1
        )
    }

    private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
        let year = month <= 2 ? year - 1 : year
        let era = year / 400
        let yearOfEra = year % 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
