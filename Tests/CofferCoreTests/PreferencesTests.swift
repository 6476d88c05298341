import Testing

@testable import CofferCore

struct PreferencesTests {
    @Test(arguments: [nil, "", " , ", "unheard-of", "return=everything", "count", "tx=rollback"] as [String?])
    func `a field that says nothing we know changes nothing`(field: String?) throws {
        #expect(try Preferences(field) == Preferences(nil))
        #expect(try Preferences(field).applied(toChange: true) == nil)
    }

    @Test func `each preference is read whatever stands around it`() throws {
        let preferences = try Preferences("return=headers-only,count=exact , Handling = lenient,session=cookie")
        #expect(preferences.return == .headersOnly)
        #expect(preferences.count == .exact)
        #expect(preferences.handling == .lenient)
        #expect(preferences.wantsCookie)
    }

    @Test func `of each kind the first that makes sense wins`() throws {
        let preferences = try Preferences(
            "return=nonsense, return=minimal, return=representation, count=planned, count=exact")
        #expect(preferences.return == .minimal)
        #expect(preferences.count == .planned)
    }

    @Test func `unknown preferences are refused under strict handling, wherever that stands`() {
        let failure = refusal { () throws(Failure) in try Preferences("foo, return=minimal, handling=strict, bar=1") }
        #expect(failure?.kind == .invalidPreference)
        #expect(failure?.details == "Invalid preferences: foo, bar=1")
    }

    @Test(
        arguments: [
            ("return=minimal", nil, "return=minimal"),
            ("count=exact, return=representation", "count=exact", "return=representation, count=exact"),
            (
                "handling=strict, count=estimated", "count=estimated, handling=strict",
                "count=estimated, handling=strict"
            ),
            ("session=cookie", nil, nil),
        ] as [(String, String?, String?)])
    func `what was applied is told in PostgREST's order, return for changes only`(
        field: String, read: String?, change: String?
    ) throws {
        #expect(try Preferences(field).applied(toChange: false) == read)
        #expect(try Preferences(field).applied(toChange: true) == change)
    }
}
