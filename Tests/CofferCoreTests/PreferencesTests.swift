import Testing

@testable import CofferCore

struct PreferencesTests {
    @Test(arguments: [nil, "", " , ", "unheard-of", "return=everything", "count", "tx=rollback"] as [String?])
    func `a field without a known preference has no effect`(field: String?) throws {
        #expect(try Preferences(field) == Preferences(nil))
        #expect(try Preferences(field).applied(toChange: true) == nil)
    }

    @Test func `each preference is read among others, and with spaces around it`() throws {
        let preferences = try Preferences("return=headers-only,count=exact , Handling = lenient,session=cookie")
        #expect(preferences.return == .headersOnly)
        #expect(preferences.count == .exact)
        #expect(preferences.handling == .lenient)
        #expect(preferences.wantsCookie)
    }

    @Test func `of several preferences with the same name the first valid one counts`() throws {
        let preferences = try Preferences(
            "return=nonsense, return=minimal, return=representation, count=planned, count=exact")
        #expect(preferences.return == .minimal)
        #expect(preferences.count == .planned)
    }

    @Test func `unknown preferences are refused with strict handling, before or after it`() {
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
    func `applied preferences are reported in PostgREST's order, return for changes only`(
        field: String, read: String?, change: String?
    ) throws {
        #expect(try Preferences(field).applied(toChange: false) == read)
        #expect(try Preferences(field).applied(toChange: true) == change)
    }

    @Test func `max-affected has an effect with strict handling only, and is reported for changes only`() throws {
        #expect(try Preferences("max-affected=5").maxAffected == nil)
        #expect(try Preferences("max-affected=5, handling=lenient").maxAffected == nil)
        let preferences = try Preferences("max-affected=5, handling=strict, max-affected=6")
        #expect(preferences.maxAffected == 5)
        #expect(preferences.applied(toChange: true) == "handling=strict, max-affected=5")
        #expect(preferences.applied(toChange: false) == "handling=strict")
    }

    @Test func `a change of more rows than allowed is refused with their number`() throws {
        let preferences = try Preferences("handling=strict, max-affected=1")
        try preferences.check(affected: 0)
        try preferences.check(affected: 1)
        let failure = refusal { () throws(Failure) in try preferences.check(affected: 2) }
        #expect(failure?.kind == .tooManyAffected)
        #expect(failure?.message == "Query result exceeds max-affected preference constraint")
        #expect(failure?.details == "The query affects 2 rows")
        try Preferences("max-affected=1").check(affected: 2)
    }

    @Test(arguments: [
        "max-affected=-1", "max-affected=+1", "max-affected=x", "max-affected=99999999999999999999", "count=all",
        "return=none", "resolution=ignore", "missing=x", "tx=maybe", "session=token", "handling=strict, return",
    ])
    func `a preference with an unknown value is unknown`(field: String) {
        let failure = refusal { () throws(Failure) in try Preferences(field + ", handling=strict") }
        #expect(failure?.kind == .invalidPreference)
    }

    @Test func `PostgREST's other preferences are accepted and have no effect`() throws {
        let field = "handling=strict, resolution=merge-duplicates, missing=default, tx=commit, timezone=Europe/Paris"
        #expect(try Preferences(field).applied(toChange: true) == "handling=strict")
    }
}
