import CofferCore
import Testing

@testable import CofferService

struct CrossOriginTests {
    private static let origin = "https://app.example"

    private func service(_ origins: String) throws -> Service {
        try Service(options: ["COFFER_STORAGE_URL": "file:///nonexistent", "COFFER_CORS_ORIGINS": origins])
    }

    private func values(_ name: String, of answer: Answer) -> [String] {
        answer.fields.filter { $0.name == name }.map(\.value)
    }

    private static let preflight = [
        "Origin": origin, "Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "prefer",
    ]

    @Test func `without listed origins no response has a field for browsers`() throws {
        let answer = try service("").answer("OPTIONS", "/files", Self.preflight)
        #expect(answer.status == 200)
        #expect(!answer.fields.contains { $0.name.hasPrefix("Access-Control") || $0.name == "Vary" })
    }

    @Test func `the preflight of a listed origin needs no token`() throws {
        let answer = try service("http://other.example:81, \(Self.origin)").answer("OPTIONS", "/files", Self.preflight)
        #expect(answer.status == 200)
        #expect(answer["Access-Control-Allow-Origin"] == Self.origin)
        #expect(answer["Access-Control-Allow-Credentials"] == "true")
        #expect(answer["Access-Control-Allow-Methods"] == "GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD")
        #expect(
            answer["Access-Control-Allow-Headers"]
                == "Authorization, prefer, Accept, Accept-Language, Content-Language")
        #expect(answer["Access-Control-Max-Age"] == "86400")
        #expect(answer["Vary"] == "Origin")
    }

    @Test(arguments: ["/health/live", "/files", "/nothing"])
    func `only a listed origin may read responses and errors`(target: String) throws {
        let service = try service(Self.origin)
        let own = try service.answer("GET", target, ["Origin": Self.origin])
        #expect(own["Access-Control-Allow-Origin"] == Self.origin)
        #expect(own["Access-Control-Expose-Headers"]?.contains("Content-Range") == true)
        #expect(own["Access-Control-Allow-Methods"] == nil)
        for foreign in ["https://app.example.org", "https://app.example:444", "null", "HTTPS://app.example"] {
            let answer = try service.answer("GET", target, ["Origin": foreign])
            #expect(answer.status == own.status)
            #expect(!answer.fields.contains { $0.name.hasPrefix("Access-Control") })
            // A cache must not give one origin's response to another.
            #expect(values("Vary", of: answer).contains("Origin"))
        }
    }
}
