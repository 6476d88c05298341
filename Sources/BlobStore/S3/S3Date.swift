// The forms of time in S3: 20130524T000000Z in signatures, 2013-05-24T00:00:00.000Z in XML, and HTTP's dates in fields.

internal import Text

struct S3Date {
    /// `YYYYMMDD`
    let day: String
    /// `YYYYMMDDThhmmssZ`
    let stamp: String
    /// `YYYY-MM-DDThh:mm:ssZ`
    let text: String

    /// - Parameter seconds: since 1970, UTC.
    init(seconds: Int64) {
        let time = CivilTime(seconds: seconds)
        day = time.date("")
        stamp = "\(day)T\(time.clock(""))Z"
        text = "\(time.date())T\(time.clock())Z"
    }

    /// Seconds since 1970 of a time in XML. nil if the text is not a time.
    static func seconds(_ text: String) -> Int64? {
        let numbers = text.utf8.prefix(19).split { !$0.isASCIIDigit }
            .compactMap { Int(String(decoding: $0, as: UTF8.self)) }
        guard numbers.count == 6 else { return nil }
        return CivilTime.seconds(
            year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4],
            second: numbers[5])
    }
}
