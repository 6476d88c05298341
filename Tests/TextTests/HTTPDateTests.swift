import Testing

@testable import Text

struct HTTPDateTests {
    @Test(arguments: [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"), (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
        (1_709_251_200, "Fri, 01 Mar 2024 00:00:00 GMT"), (2_147_483_648, "Tue, 19 Jan 2038 03:14:08 GMT"),
        (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    ])
    func `known times are written and read correctly`(seconds: Int64, text: String) {
        #expect("\(HTTPDate(seconds: seconds))" == text)
        #expect(HTTPDate(text) == HTTPDate(seconds: seconds))
    }

    /// Counts days by the rule for leap years alone, which is not how the code does it.
    @Test func `every month from 1970 to 2400 begins and ends on its day`() {
        let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        var day = 0
        for year in 1970...2400 {
            let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
            let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
            for (month, length) in zip(months, lengths) {
                for date in [1, length] {
                    let count = day + date - 1
                    let written = "\(date < 10 ? "0" : "")\(date) \(month) \(year)"
                    let text = "\(weekdays[count % 7]), \(written) 12:34:56 GMT"
                    let seconds = Int64(count) * 86_400 + 45_296
                    #expect("\(HTTPDate(seconds: seconds))" == text)
                    #expect(HTTPDate(text)?.seconds == seconds)
                }
                day += length
            }
        }
    }

    @Test func `times in four centuries are read back from their text`() {
        for seconds in stride(from: Int64(0), to: 13_600_000_000, by: 1_234_567) {
            #expect(HTTPDate("\(HTTPDate(seconds: seconds))")?.seconds == seconds)
        }
    }

    @Test(arguments: [
        "", "0", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 gmt", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT",
        "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", " Sun, 06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "1994-11-06T08:49:37Z", "Sun, 06 Nov １９94 08:49:3 GMT",
    ])
    func `a text that is not an HTTP date is refused`(text: String) {
        #expect(HTTPDate(text) == nil)
    }

    @Test(arguments: [
        "Xyz, 06 Nov 1994 08:49:37 GMT", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun,  6 Nov 1994 08:49:37 GMT",
        "Wed, 30 Feb 1994 08:49:37 GMT", "Wed, 29 Feb 2023 08:49:37 GMT", "Thu, 31 Apr 1994 08:49:37 GMT",
        "Sun, 06 Nov +994 08:49:37 GMT", "Sun, 06 Nov 1994 08 49 37 GMT", "Sun: 06 Nov 1994 08:49:37 GMT",
        "Sun, +6 Nov 1994 08:49:37 GMT", "Sun, +6 Nov 1994 08:49:60 GMT", "Wed, 30 Feb 1994 08:49:60 GMT",
        "Mon, 06 Nov 1994 08:49:60 GMT", "Sun, 06 Nov 1994 08 49 60 GMT", "Sun, 06 Nov 1994 08:49:60:GMT",
    ])
    func `a text that is almost an HTTP date is refused`(text: String) {
        #expect(HTTPDate(text) == nil)
    }

    @Test func `a leap second is the first of the next minute`() {
        #expect(HTTPDate("Sat, 31 Dec 2016 23:59:60 GMT") == HTTPDate("Sun, 01 Jan 2017 00:00:00 GMT"))
    }

    @Test func `dates are ordered by their seconds`() {
        #expect(HTTPDate(seconds: -1) < HTTPDate(seconds: 0))
        #expect(!(HTTPDate(seconds: 5) < HTTPDate(seconds: 5)))
    }
}
