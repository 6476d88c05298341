import Testing

@testable import CofferCommand

struct DoctorChecksTests {
    private let checks = DoctorChecks.all

    @Test func `there are many checks, each with an id of its own`() {
        #expect(checks.count >= 40)
        #expect(Set(checks.map(\.id)).count == checks.count)
    }

    @Test func `an id is a group and a name`() {
        for check in checks {
            let parts = check.id.split(separator: ".")
            #expect(parts.count == 2, "\(check.id)")
            #expect(check.id.allSatisfy { $0.isLowercase || $0.isNumber || "-.".contains($0) }, "\(check.id)")
        }
    }

    @Test func `a check comes after those that it needs`() {
        var seen: Set<String> = []
        for check in checks {
            #expect(Set(check.needs + check.follows).isSubset(of: seen), "\(check.id)")
            seen.insert(check.id)
        }
    }

    @Test func `every check says what is asked, what is expected and how to mend it`() {
        for check in checks {
            #expect(!check.asks.isEmpty && !check.expects.isEmpty && !check.mend.isEmpty, "\(check.id)")
        }
    }

    @Test func `the time of a certificate is read as OpenSSL writes it`() {
        #expect(DoctorChecks.certificateSeconds("Nov  6 08:49:37 1994 GMT") == 784_111_777)
        #expect(DoctorChecks.certificateSeconds("Nov 16 08:49:37 2027 GMT") == 1_826_354_977)
        #expect(DoctorChecks.certificateSeconds("2027-11-16") == nil)
    }
}
