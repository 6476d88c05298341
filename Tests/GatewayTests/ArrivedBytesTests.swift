import POSIX
import Testing

@testable import Gateway

@Suite("Bytes of a body that have arrived")
struct ArrivedBytesTests {
    /// A worker that reads what has arrived, and answers with the sizes: `-` for a wait in which nothing came, `cut`
    /// for a body that ended early.
    private func makeWorker(limit: Duration = .milliseconds(200)) throws -> Worker {
        try Worker { exchange in
            var sizes: [String] = []
            var isOver = false
            while !isOver {
                var buffer = Buffer(capacity: 65_536)
                do throws(GatewayError) {
                    let hasArrived = try buffer.append { (space) throws(GatewayError) in
                        try exchange.readArrived(into: &space, limit: limit)
                    }
                    isOver = hasArrived && buffer.count == 0
                    if !isOver { sizes.append(hasArrived ? "\(buffer.count)" : "-") }
                } catch {
                    sizes.append("cut")
                    isOver = true
                }
            }
            try? exchange.write(text: sizes.joined(separator: " "))
        }
    }

    /// The sizes without waits, whose number depends on the machine.
    private func sizes(_ client: borrowing FastCGIClient) throws -> [String] {
        try client.response().text.split(separator: " ").map { String($0) }.filter { $0 != "-" }
    }

    @Test("a body of one record ends without a wait", arguments: ["5", nil])
    func oneRecord(length: String?) throws {
        let worker = try makeWorker(limit: .seconds(300))
        defer { worker.stop() }
        #expect(try FastCGIClient(worker.path).request(announcing: length, body: pattern(5)).text == "5")
    }

    @Test("records that arrive together are all read, with and without padding", arguments: ["9", nil])
    func records(length: String?) throws {
        let worker = try makeWorker(limit: .seconds(300))
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin(announcing: length)
        // 3 bytes with 5 of padding, 4 without, 2 with 6 and the end.
        let end = FastCGIClient.header(.input, announcing: 0)
        let three: [UInt8] = [1, 5, 0, 1, 0, 3, 5, 0] + pattern(8)
        let four = FastCGIClient.header(.input, announcing: 4) + pattern(4)
        let two: [UInt8] = [1, 5, 0, 1, 0, 2, 6, 0] + pattern(8)
        try client.send(three + four + two + end)
        #expect(try client.response().text == "3 4 2")
    }

    @Test("a client that pauses is waited for again, also within a record and its padding")
    func pauses() throws {
        let worker = try makeWorker()
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin(announcing: "8")
        try client.send([1, 5, 0, 1, 0, 3, 5, 0] + pattern(3))
        Clock.sleep(.milliseconds(500))
        try client.send(pattern(5))
        Clock.sleep(.milliseconds(500))
        try client.send(FastCGIClient.header(.input, announcing: 5) + pattern(2))
        Clock.sleep(.milliseconds(500))
        try client.send(pattern(3))
        let text = try client.response().text
        #expect(text.split(separator: " ").filter { $0 != "-" } == ["3", "2", "3"])
        #expect(text.hasPrefix("3 -") && text.contains("2 -"))
    }

    @Test("what arrived before a cut is read before the cut is reported")
    func cut() throws {
        let worker = try makeWorker(limit: .seconds(300))
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin(announcing: "10")
        try client.send(body: pattern(5))
        try client.send(.input)
        #expect(try sizes(client) == ["5", "cut"])
    }
}
