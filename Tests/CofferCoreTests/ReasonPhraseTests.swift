import Testing

@testable import CofferCore

struct ReasonPhraseTests {
    @Test func `every status of the registry has a phrase of its own`() {
        let statuses = Set(Failure.Kind.allCases.map(\.status)).subtracting([500]).union([200, 204, 206, 304])
        for status in statuses { #expect(reasonPhrase(status) != "Internal Server Error", "\(status)") }
        #expect(Set(statuses.map(reasonPhrase)).count == statuses.count)
        #expect(reasonPhrase(500) == "Internal Server Error")
    }
}
