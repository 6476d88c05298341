import ArgumentParser
import Testing

@testable import CofferCommand

struct OptionLimitsTests {
    @Test(arguments: ["0", "65", "-1"])
    func `a number of threads that cannot be used is refused`(number: String) {
        #expect(throws: (any Error).self) { try Backup.parse(["backup", "--parallel=\(number)"]) }
        #expect(throws: (any Error).self) { try Restore.parse(["backup", "--parallel=\(number)"]) }
        #expect(throws: (any Error).self) { try Check.parse(["--threads=\(number)"]) }
        #expect(throws: (any Error).self) {
            try StorageCommand.Copy.parse(["--to=file:///new", "--parallel=\(number)"])
        }
    }

    @Test func `numbers within the limits are accepted`() throws {
        #expect(try Restore.parse(["backup", "--parallel=64"]).parallel == 64)
        #expect(try Backup.parse(["backup", "--parallel=1", "--rate=1"]).rate == 1)
    }

    @Test func `a rate is at least one byte per second`() {
        #expect(throws: (any Error).self) { try Backup.parse(["backup", "--rate=0"]) }
        #expect(throws: (any Error).self) { try Check.parse(["--rate=0"]) }
    }
}
