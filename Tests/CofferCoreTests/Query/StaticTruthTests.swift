import Testing

@testable import CofferCore

let anyUUID = "11111111-2222-3333-4444-555555555555"
private let otherUUID = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"

struct StaticTruthTests {
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
        "file_path=not.in.(%22%22)", "file_path=not.in.(,)", "size_bytes=not.in.(-1)", "file_path=not.eq(any).{%22%22}",
        "file_path=not.like.", "file_path=not.ilike.", "size_bytes=gte.%200", "size_bytes=not.lt.%200",
        "or=(description.is.null,description.not.is.null)", "or=(description.is.null,description.is.not_null)",
        "or=(description.isdistinct.x,description.not.isdistinct.x)",
        "or=(description.is.null,description.eq.x,description.neq.x)", "or=(description.isdistinct.x,description.eq.x)",
        "or=(description.is.null,description.not.in.(a),description.in.(a,b))",
        "or=(id.not.in.(\(anyUUID)),id.not.in.(\(otherUUID)))", "or=(id.eq.\(anyUUID),id.not.in.(\(anyUUID)))",
        "or=(file_path.eq.a,file_path.not.eq(any).{a})", "or=(id.eq.\(otherUUID),id.neq.\(otherUUID.uppercased()))",
        "or=(size_bytes.eq.5,size_bytes.neq.05)", "or=(size_bytes.gt.5,size_bytes.lt.10)",
        "or=(size_bytes.gt.5,size_bytes.lt.5,size_bytes.in.(5,6))", "or=(file_path.gt.a,file_path.lt.b)",
        "or=(size_bytes.neq.5,size_bytes.gte.4)", "not.and=(size_bytes.lt.5,size_bytes.gt.9)",
        "or=(description.is.null,description.like.*)", "or=(description.eq.x,description.isdistinct.x)",
        "or=(description.isdistinct.x,description.isdistinct.y)", "description=isdistinct.",
        "or=(size_bytes.gt.3,size_bytes.lt.5)", "or=(size_bytes.eq.0,size_bytes.gt.0)",
        "or=(size_bytes.gt.4,size_bytes.lt.5)",
        "or=(size_bytes.gt.2,size_bytes.in.(0,1,2))", "or=(and(file_path.eq.a),not.and(file_path.eq.a,file_path.eq.a))",
        "not.and=(description.is.null,description.not.is.null)", "file_path=match.(%3F=)", "file_path=match.(%3F!$^)",
        "file_path=match.***=", "file_path=match.***:",
        "file_path=match." + String(repeating: "(", count: 400) + "a"
            + String(repeating: ")*", count: 400),
        "file_path=match.(^)", "file_path=match.(^|/)", "file_path=match.(^.*$)", "file_path=match.^(.*$)",
        "file_path=not.match.^$", "file_path=not.match.$^", "file_path=match.(%3F=.)", "file_path=match.***:.*",
        "file_path=not.match.(%3F!)", "file_path=match.((^|/).*)", "file_path=match.(^|x)(a|)*",
        "file_path=match.(.|/)*",
    ])
    func `a query that every possible row matches is not selective`(text: String) throws {
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
        "file_path=match.(%3Fq).*", "file_path=match.***=.*", "file_path=match.(%3Fb).*", "file_path=match.(^|/)a",
        "file_path=match.a(^|/)", "file_path=match.(^a|b$)", "file_path=match.(%3F!a)b", "file_path=not.match.a",
        "file_path=not.in.(a)", "file_path=not.in.(,a)", "file_path=not.like.a",
        "or=(id.neq.\(otherUUID),id.neq.\(otherUUID.uppercased()))", "or=(size_bytes.neq.5,size_bytes.neq.05)",
        "or=(size_bytes.gt.10,size_bytes.lt.5)", "size_bytes=gt.9223372036854775807",
        "size_bytes=lt.-9223372036854775808",
        "or=(size_bytes.lt.-9223372036854775808,size_bytes.gte.9223372036854775807)",
        "or=(size_bytes.gt.5,size_bytes.lt.5)", "or=(description.is.null,description.eq.x)",
        "or=(description.not.in.(a),description.in.(a))", "or=(description.gt.a,description.lt.b)",
        "or=(owner_email.gt.a,owner_email.lt.b)", "or=(id.not.in.(\(anyUUID),\(otherUUID)),id.eq.\(anyUUID))",
        "created_at=gte.2000-01-01",
    ])
    func `a query that a row can fail to match is selective`(text: String) throws {
        #expect(try query(text, of: adminFiles).isSelective)
    }

    @Test(arguments: [
        ("role=in.(editor,admin)", false), ("or=(role.eq.editor,role.eq.admin)", false), ("role=neq.x", false),
        ("or=(quota_bytes.is.null,quota_bytes.not.is.null)", false),
        ("or=(quota_bytes.is.null,quota_bytes.gte.0)", false),
        ("quota_bytes=isdistinct.-1", false), ("or=(disabled_at.is.null,disabled_at.not.is.null)", false),
        ("role=eq.editor", true), ("role=neq.admin", true), ("quota_bytes=gte.0", true), ("disabled_at=is.null", true),
        ("or=(quota_bytes.is.null,quota_bytes.gte.5)", true), ("quota_bytes=isdistinct.5", true),
    ])
    func `queries of users are selective by the same rules`(text: String, isSelective: Bool) throws {
        #expect(try query(text, of: .users(for: .admin)).isSelective == isSelective)
    }

    @Test func `negation, and and or work as in SQL`() {
        #expect([StaticTruth.always, .never, .depends].map { !$0 } == [.never, .always, .depends])
        #expect(StaticTruth.all([.always, .depends]) == .depends && StaticTruth.all([.depends, .never]) == .never)
        #expect(StaticTruth.any([.always, .depends]) == .always && StaticTruth.any([.depends, .never]) == .depends)
        #expect(StaticTruth.all([]) == .always && StaticTruth.any([]) == .never)
    }
}
