import Testing
import Text

@testable import CofferCore

struct EntityTagsTests {
    private typealias Tag = EntityTags.Tag

    @Test(arguments: [
        ("*", EntityTags.any), (" * ", .any), (#""a""#, .list([.init(value: "a", isWeak: false)])),
        (#"W/"a""#, .list([.init(value: "a", isWeak: true)])), (#""""#, .list([.init(value: "", isWeak: false)])),
        (
            #""a" ,\#tW/"b","c""#,
            .list([
                .init(value: "a", isWeak: false), .init(value: "b", isWeak: true), .init(value: "c", isWeak: false),
            ])
        ),
        (#""a",,"b""#, .list([.init(value: "a", isWeak: false), .init(value: "b", isWeak: false)])),
    ])
    func `an asterisk and lists of quoted tags are read`(field: String, tags: EntityTags) {
        #expect(EntityTags(field) == tags)
    }

    @Test(arguments: [
        "", " ", ",", "a", #""a"#, #"a""#, "\"", #"w/"a""#, #"W/ "a""#, #""a"b""#, #"*, "a""#, #""a" "b""#,
    ])
    func `a field that is neither is refused`(field: String) {
        #expect(EntityTags(field) == nil)
    }

    @Test func `a comma within a tag and empty members of a list are part of the grammar`() {
        #expect(EntityTags(#""a,b""#)?.matchesWeakly("a,b") == true)
        #expect(EntityTags(#""a", , "b""#)?.matchesWeakly("b") == true)
    }

    @Test(arguments: [
        ("*", true, true), (#""a""#, true, true), (#"W/"a""#, false, true), (#""b""#, false, false),
        (#"W/"a", "a""#, true, true), (#""A""#, false, false),
    ])
    func `a weak tag matches weakly only`(field: String, strongly: Bool, weakly: Bool) throws {
        let tags = try #require(EntityTags(field))
        #expect(tags.matchesStrongly("a") == strongly)
        #expect(tags.matchesWeakly("a") == weakly)
    }
}

/// The file of these tests has the tag "now" and was changed at 08:49:37.
struct ReadConditionsTests {
    private static let before = "Sun, 06 Nov 1994 08:49:36 GMT"
    private static let same = "Sun, 06 Nov 1994 08:49:37 GMT"
    private static let after = "Sun, 06 Nov 1994 08:49:38 GMT"

    private func evaluate(
        _ ifMatch: String? = nil, unmodified: String? = nil, none: String? = nil, modified: String? = nil
    ) throws -> ReadOutcome {
        ReadConditions(
            ifMatch: ifMatch, ifUnmodifiedSince: unmodified, ifNoneMatch: none, ifModifiedSince: modified
        ).evaluate(tag: "now", modified: try #require(HTTPDate(Self.same)))
    }

    @Test func `without conditions, the file is sent`() throws {
        #expect(try evaluate() == .send)
    }

    @Test(arguments: [
        (#""now""#, ReadOutcome.send), ("*", .send), (#""old", "now""#, .send), (#""old""#, .preconditionFailed),
        (#"W/"now""#, .preconditionFailed), ("now", .send),
    ])
    func `If-Match compares strongly, and an invalid one is ignored`(field: String, outcome: ReadOutcome)
        throws
    {
        #expect(try evaluate(field) == outcome)
    }

    @Test(arguments: [(before, ReadOutcome.preconditionFailed), (same, .send), (after, .send), ("yesterday", .send)])
    func `If-Unmodified-Since fails for a file that changed later`(field: String, outcome: ReadOutcome) throws {
        #expect(try evaluate(unmodified: field) == outcome)
    }

    @Test(arguments: [
        (#""now""#, ReadOutcome.notModified), (#"W/"now""#, .notModified), ("*", .notModified), (#""old""#, .send),
        (#""old", "now""#, .notModified), ("now", .send),
    ])
    func `If-None-Match compares weakly, and an invalid one is ignored`(
        field: String, outcome: ReadOutcome
    ) throws {
        #expect(try evaluate(none: field) == outcome)
    }

    @Test(arguments: [(before, ReadOutcome.send), (same, .notModified), (after, .notModified)])
    func `for a file that has never changed, its exact date is enough`(field: String, outcome: ReadOutcome) throws {
        let conditions = ReadConditions(ifModifiedSince: field)
        let modified = try #require(HTTPDate(Self.same))
        #expect(conditions.evaluate(tag: "now", modified: modified, isUnchanged: true) == outcome)
    }

    @Test(arguments: [(before, ReadOutcome.send), (same, .send), (after, .send), ("yesterday", .send)])
    func `a date says nothing about a file whose content was replaced`(
        field: String, outcome: ReadOutcome
    ) throws {
        #expect(try evaluate(modified: field) == outcome)
    }

    struct Case: Sendable {
        let ifMatch, unmodified, none, modified: String?
        let outcome: ReadOutcome
    }

    @Test(arguments: [
        // If-Match is present, so If-Unmodified-Since is ignored.
        Case(ifMatch: "\"now\"", unmodified: before, none: nil, modified: nil, outcome: .send),
        Case(ifMatch: "\"old\"", unmodified: after, none: nil, modified: nil, outcome: .preconditionFailed),
        // If-None-Match is present, so If-Modified-Since is ignored.
        Case(ifMatch: nil, unmodified: nil, none: "\"old\"", modified: after, outcome: .send),
        Case(ifMatch: nil, unmodified: nil, none: "\"now\"", modified: before, outcome: .notModified),
        // The first pair is evaluated before the second.
        Case(ifMatch: "\"old\"", unmodified: nil, none: "\"now\"", modified: nil, outcome: .preconditionFailed),
        Case(ifMatch: "\"now\"", unmodified: nil, none: "\"now\"", modified: nil, outcome: .notModified),
        Case(ifMatch: "\"now\"", unmodified: nil, none: nil, modified: after, outcome: .send),
        Case(ifMatch: nil, unmodified: before, none: "\"now\"", modified: nil, outcome: .preconditionFailed),
        Case(ifMatch: nil, unmodified: same, none: "\"now\"", modified: nil, outcome: .notModified),
        Case(ifMatch: nil, unmodified: before, none: nil, modified: after, outcome: .preconditionFailed),
        Case(ifMatch: nil, unmodified: same, none: nil, modified: after, outcome: .send),
        Case(ifMatch: "\"now\"", unmodified: before, none: "\"old\"", modified: after, outcome: .send),
    ])
    func `conditions are evaluated in the order of RFC 9110 section 13-2-2`(conditions: Case) throws {
        let outcome = try evaluate(
            conditions.ifMatch, unmodified: conditions.unmodified, none: conditions.none, modified: conditions.modified)
        #expect(outcome == conditions.outcome)
    }
}
