import Testing

@testable import CofferCore

let anyUUID = "11111111-2222-3333-4444-555555555555"

struct FormalTruthTests {
    @Test(arguments: [
        "", "id=not.in.()", "id=not.eq(any).{}", "id=eq(all).{}", "description=not.in.()", "not.and=(id.in.())",
        "not.or=(id.in.(),id.eq(any).{})", "or=(id.not.in.(),file_path.eq.a)", "and=(id.not.in.(),id.not.in.())",
        "id=not.in.()&file_path=like.*", "id=is.not_null", "id=not.is.null", "file_path=not.is.null",
        "or=(id.is.null,id.not.is.null)", "or=(file_path.eq.a,file_path.neq.a)",
        "or=(file_path.eq.a,not.and(file_path.eq.a))",
        "or=(size_bytes.lt.5,size_bytes.gte.5)", "or=(size_bytes.lt.5,size_bytes.eq.5,size_bytes.gt.5)",
        "or=(size_bytes.lte.5,size_bytes.gte.5)", "or=(file_path.neq.a,file_path.neq.b)",
        "not.and=(file_path.eq.a,file_path.eq.b)", "not.and=(file_path.eq.a,file_path.neq.a)",
        "or=(size_bytes.gt.9,or(file_path.like.b*,file_path.not.like.b*))",
        "or=(file_path.match.b,file_path.not.match.b)",
        "file_path=like.*", "file_path=like.%25", "file_path=ilike.**", "file_path=like._*",
        "file_path=like(any).{a,*}",
        "file_path=like(all).{*,%25}", "file_path=match.", "file_path=match..*", "file_path=match.^",
        "file_path=match.$",
        "file_path=imatch.^.*$", "file_path=match..", "file_path=match..%2B", "file_path=match.^.%2B$",
        "file_path=match.a*",
        "file_path=match.(a|)", "file_path=match.a|", "file_path=match.(.*)", "file_path=match.(%3F:.*)",
        "file_path=match.(%3Fi).*",
        "file_path=match.[%5Cs%5CS]*", "file_path=match.^[%5Cs%5CS]*$", "file_path=match.[^/]*",
        "file_path=match.[[:alpha:]]*",
        "file_path=match.a{0,}", "file_path=match.%5CA.*", "file_path=match.^(.*)$",
        "file_path=gte.", "file_path=gt.", "file_path=neq.", "file_path=not.eq.", "file_path=isdistinct.",
        "size_bytes=gte.0",
        "size_bytes=gt.-1", "size_bytes=not.lt.0", "size_bytes=lte.9223372036854775807",
        "id=gte.00000000-0000-0000-0000-000000000000", "id=lte.FFFFFFFF-ffff-ffff-ffff-ffffffffffff",
    ])
    func `a condition that no row can fail selects nothing`(text: String) throws {
        #expect(try !query(text).isSelective)
    }

    @Test(arguments: [
        "id=eq.\(anyUUID)", "id=not.in.(\(anyUUID))", "id=in.()", "id=eq(any).{}", "description=is.null",
        "description=not.is.null", "description=is.not_null", "or=(description.eq.a,description.neq.a)",
        "or=(description.like.a,description.not.like.a)", "description=like.*", "description=gte.",
        "file_path=neq.keep", "file_path=not.like.keep/*", "or=(file_path.eq.a,file_path.neq.b)",
        "or=(file_path.eq.a,file_path.eq.b)", "and=(file_path.neq.a,file_path.neq.b)",
        "or=(size_bytes.lt.5,size_bytes.gt.5)",
        "and=(size_bytes.lt.5,size_bytes.gte.5)",
        "or=(id.is.null,file_path.not.is.null,size_bytes.lt.0)&size_bytes=gt.0",
        "file_path=like.__*", "file_path=like.a*", "file_path=like.%5C*", "file_path=like(all).{*,a*}",
        "file_path=match.a",
        "file_path=match.^a", "file_path=match.^$", "file_path=match.^a*$", "file_path=match.a%2B",
        "file_path=match.[.]*x",
        "file_path=match.%5C.*x", "file_path=match.(a|b)", "file_path=match.(%3F=.*a)", "file_path=match....",
        "file_path=match.[^/]*$&size_bytes=gt.0", "file_path=gte.a", "size_bytes=gt.0", "size_bytes=gte.1",
        "size_bytes=eq.0",
        "id=gt.00000000-0000-0000-0000-000000000000", "file_path=in.(a)", "user_id=eq.\(anyUUID)",
    ])
    func `a condition that a row can fail selects`(text: String) throws {
        #expect(try query(text).isSelective)
    }

    @Test func `negation, and and or work as SQL's`() {
        #expect([FormalTruth.always, .never, .depends].map { !$0 } == [.never, .always, .depends])
        #expect(FormalTruth.all([.always, .depends]) == .depends && FormalTruth.all([.depends, .never]) == .never)
        #expect(FormalTruth.any([.always, .depends]) == .always && FormalTruth.any([.depends, .never]) == .depends)
        #expect(FormalTruth.all([]) == .always && FormalTruth.any([]) == .never)
    }
}
