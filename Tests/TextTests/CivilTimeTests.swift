import Testing

@testable import Text

struct CivilTimeTests {
    @Test func `a leap day has its date, time and weekday`() {
        let time = CivilTime(seconds: 951_827_696)
        #expect(time.date() == "2000-02-29")
        #expect(time.date("") == "20000229")
        #expect(time.clock() == "12:34:56")
        #expect(time.clock("") == "123456")
        #expect(time.weekday == 2)
        let seconds = CivilTime.seconds(
            year: time.year, month: time.month, day: time.day, hour: time.hour, minute: time.minute,
            second: time.second)
        #expect(seconds == 951_827_696)
    }

    @Test(arguments: [
        (Int64.min, "0000-01-01 00:00:00"), (-62_167_219_201, "0000-01-01 00:00:00"),
        (-62_167_219_200, "0000-01-01 00:00:00"), (253_402_300_799, "9999-12-31 23:59:59"),
        (253_402_300_800, "9999-12-31 23:59:59"), (Int64.max, "9999-12-31 23:59:59"),
    ])
    func `times beyond four-digit years become the last time with one`(seconds: Int64, text: String) {
        let time = CivilTime(seconds: seconds)
        #expect("\(time.date()) \(time.clock())" == text)
    }

    @Test func `a field beyond its range carries over, and one of more than four digits is refused`() {
        #expect(CivilTime.seconds(year: 2023, month: 2, day: 30) == CivilTime.seconds(year: 2023, month: 3, day: 2))
        #expect(CivilTime.seconds(year: 1970, month: 1, day: 1, second: 9999) == 9999)
        #expect(CivilTime.seconds(year: 10_000, month: 1, day: 1) == nil)
        #expect(CivilTime.seconds(year: 2023, month: 1, day: -1) == nil)
    }
}
