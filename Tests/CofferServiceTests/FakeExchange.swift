// A request in memory, and its parsed response.

import CofferCore
import Gateway
import Testing

@testable import CofferService

final class FakeExchange: Exchange {
    private let parameters: [String: String]
    private let malformed: Set<String>
    private var body: ArraySlice<UInt8>
    private var received = 0
    private(set) var sent: [UInt8] = []

    /// Whether the body needs a CONTENT_LENGTH, as in plain CGI.
    var requiresLength = false
    /// Called before every read, for events while the body arrives.
    var onRead: () -> Void = {}
    /// The values of repeated variables, one for each field, as nginx before 1.23 sends them.
    var repeated: [String: [String]] = [:]
    /// Whether the client has closed the connection.
    var clientIsGone = false

    /// - Parameters:
    ///   - fields: header fields by their names in HTTP. They become variables by CGI's rules.
    ///   - parameters: other variables by their own names. They take precedence.
    ///   - malformed: the names of variables that are not UTF-8.
    init(
        _ method: String, _ target: String, _ fields: [String: String] = [:], body: [UInt8] = [],
        parameters: [String: String] = [:], malformed: Set<String> = []
    ) {
        var all = ["REQUEST_METHOD": method, "REQUEST_URI": target]
        if let mark = target.firstIndex(of: "?") { all["QUERY_STRING"] = String(target[target.index(after: mark)...]) }
        for (name, value) in fields {
            let variable = name.uppercased().replacing("-", with: "_")
            all[["CONTENT_TYPE", "CONTENT_LENGTH"].contains(variable) ? variable : "HTTP_\(variable)"] = value
        }
        self.parameters = all.merging(parameters) { $1 }
        self.malformed = malformed
        self.body = body[...]
    }

    func parameter(_ name: StaticString) throws(GatewayError) -> String? {
        if malformed.contains(name.description) { throw .malformedParameter(name.description) }
        return parameters[name.description]
    }

    func parameters(_ name: StaticString) throws(GatewayError) -> [String] {
        if let values = repeated[name.description] { return values }
        return try parameter(name).map { [$0] } ?? []
    }

    func read(into buffer: inout OutputSpan<UInt8>) throws(GatewayError) {
        onRead()
        var announced: Int?
        if let text = parameters["CONTENT_LENGTH"], !text.isEmpty {
            guard let length = Int(text), length >= 0 else { throw .malformedParameter("CONTENT_LENGTH") }
            announced = length
        }
        if body.isEmpty, let announced, received < announced {
            throw .truncatedBody(received: received, announced: announced)
        }
        for byte in body.prefix(min(buffer.freeCapacity, (announced ?? .max) - received)) {
            buffer.append(byte)
            body.removeFirst()
            received += 1
        }
    }

    func write(_ bytes: Span<UInt8>) throws(GatewayError) {
        if clientIsGone { throw .clientGone }
        for index in bytes.indices { sent.append(bytes[index]) }
    }
}

/// A parsed CGI response.
struct Answer {
    let status: Int
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    init(_ bytes: [UInt8]) throws {
        let end = try #require(bytes.indices.first { bytes[$0...].starts(with: "\r\n\r\n".utf8) })
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        fields = try lines.map { line in
            let colon = try #require(line.firstIndex(of: ":"))
            return (String(line[..<colon]), String(line[colon...].dropFirst(2)))
        }
        try #require(fields.first?.name == "Status")
        // The reason phrase follows the code.
        status = try #require(Int(fields[0].value.prefix { $0 != " " }))
        body = Array(bytes[(end + 4)...])
    }

    /// The value of a field. nil if it is absent or was sent more than once.
    subscript(name: String) -> String? {
        let values = fields.filter { $0.name == name }.map(\.value)
        return values.count == 1 ? values[0] : nil
    }

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON? { try? JSON(body) }
    /// The code of an error.
    var code: String? { json?["code"]?.string }
    var message: String? { json?["message"]?.string }
}

extension Service {
    func answer(_ exchange: FakeExchange) throws -> Answer {
        handle(exchange)
        return try Answer(exchange.sent)
    }

    func answer(
        _ method: String, _ target: String, _ fields: [String: String] = [:], body: [UInt8] = [],
        parameters: [String: String] = [:], malformed: Set<String> = []
    ) throws -> Answer {
        try answer(
            FakeExchange(method, target, fields, body: body, parameters: parameters, malformed: malformed))
    }
}

extension Request {
    /// A request for tests of its head.
    init(_ fields: [String: String], _ parameters: [String: String] = [:], method: String = "GET") throws {
        try self.init(
            FakeExchange(method, "/files", fields, parameters: parameters), id: "test", basePath: "")
    }
}

/// The failure that `body` throws. nil if it throws none.
func refusal<Value>(_ body: () throws -> Value) -> Failure? {
    do {
        _ = try body()
        return nil
    } catch {
        return error as? Failure
    }
}
