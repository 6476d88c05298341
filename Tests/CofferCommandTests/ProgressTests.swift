import Testing

@testable import CofferCommand

struct ProgressTests {
    @Test func `a line shows the amount done, the rate and the remaining time`() {
        let text = ProgressText(total: Amount(files: 12_345, bytes: 3 << 30), countsBytes: true)
        #expect(
            text.line(Amount(files: 1234, bytes: 1 << 30), seconds: 10)
                == "1,234 of 12,345 files, 1.0 GiB of 3.0 GiB, 102.4 MiB/s, 0:20 left")
    }

    @Test func `without bytes the rate is that of files`() {
        let text = ProgressText(total: Amount(files: 1000, bytes: 0), countsBytes: false)
        #expect(text.line(Amount(files: 100, bytes: 0), seconds: 2) == "100 of 1,000 files, 50 files/s, 0:18 left")
    }

    @Test func `without a total there is no remaining time`() {
        let text = ProgressText(total: nil, countsBytes: true)
        #expect(text.line(Amount(files: 1, bytes: 512), seconds: 1) == "1 files, 512 B, 512 B/s")
    }

    @Test func `at the beginning there is no remaining time, and beyond the total it is zero`() {
        let text = ProgressText(total: Amount(files: 10, bytes: 10), countsBytes: true)
        #expect(text.line(Amount(), seconds: 0) == "0 of 10 files, 0 B of 10 B, 0 B/s")
        #expect(text.line(Amount(files: 12, bytes: 20), seconds: 1).hasSuffix("0:00 left"))
    }

    @Test(arguments: [
        (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (5 << 40, "5.0 TiB"),
    ])
    func `bytes are shown in the largest fitting unit`(bytes: Int64, text: String) { #expect(binary(bytes) == text) }

    @Test(arguments: [
        (0, "0:00"), (59, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (86_461, "24:01:01"),
    ])
    func `durations are shown like a clock`(seconds: Int64, text: String) {
        #expect(clock(seconds) == text)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"), (-1000, "-1,000")])
    func `digits are grouped by thousands`(number: Int64, text: String) { #expect(grouped(number) == text) }
}
