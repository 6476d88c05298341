import Foundation
import Synchronization
import POSIX
import Testing

@testable import Gateway

@Suite(.timeLimit(.minutes(10)))
struct GatewayServeTests {  // A type of the module's own name hides the module.
    @Test("an authorizer or filter request is refused and never reaches the handler", arguments: [2, 3])
    func otherRole(role: UInt8) throws {
        let worker = try Worker { try? $0.write(text: "Status: 200 OK\r\n\r\n") }
        defer { worker.stop() }
        let client = try FastCGIClient(worker.path)
        try client.begin(role: role)
        try client.send(parameters: [])
        // An authorizer has no body, so the connection may be closed already.
        try? client.send(.input)
        let refusal = Array("Status: 501 Not Implemented\r\n\r\n".utf8)
        #expect(try client.response() == .init(output: refusal, isComplete: true))
    }

    @Test("a connection that violates the protocol is closed, and the next request is served")
    func brokenProtocol() throws {
        let worker = try Worker { $0.echo() }
        defer { worker.stop() }
        let http = Array("GET / HTTP/1.1\r\n\r\n".utf8)
        let halfHeader: [UInt8] = [1, 1, 0, 1, 0, 8, 0]
        let unknownRole: [UInt8] = [1, 1, 0, 1, 0, 8, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0]
        for bytes in [http, halfHeader, unknownRole] {
            let client = try FastCGIClient(worker.path)
            try client.send(bytes)
        }
        #expect(try FastCGIClient(worker.path).request(announcing: "1", body: [65]).output == [65])
    }

    @Test("a connection that sends nothing is closed")
    func silentConnection() throws {
        let worker = try Worker { $0.echo() }
        defer { worker.stop() }
        let silent = try FastCGIClient(worker.path)
        #expect(try FastCGIClient(worker.path).request(announcing: "1", body: [65]).output == [65])
        #expect(try silent.response() == .init())
    }

    @Test("over TCP a body that pauses is waited for, and a silent connection occupies no worker")
    func overTCP() throws {
        let worker = try Worker(overTCP: true) { $0.echo() }
        defer { worker.stop() }
        let silent = try FastCGIClient(worker)
        let client = try FastCGIClient(worker)
        try client.begin(announcing: "2")
        for byte: UInt8 in [65, 66] {
            // Longer than the listener's receive timeout, which the connection inherits.
            Clock.sleep(.milliseconds(200))
            try client.send(body: [byte])
        }
        try client.send(.input)
        #expect(try client.response().output == [65, 66])
        #expect(try silent.response() == .init())
    }

    @Test("a worker whose listener was shut down ends as after a stop")
    func shutDownListener() throws {
        let listener = try Sockets.listen(address: "127.0.0.1", port: 0)
        let limit = ContinuousClock.now + .seconds(300)
        var checks = 0
        let shouldStop = {
            checks += 1
            if checks == 3 { Sockets.stopListening(listener.number) }
            return ContinuousClock.now > limit
        }
        try Gateway.serve(on: listener, pause: .milliseconds(20), until: shouldStop) { _ in }
        #expect(ContinuousClock.now < limit)
    }

    @Test("after a stop the current request is finished, and no other is accepted")
    func stopDuringRequest() throws {
        let begun = DispatchSemaphore(value: 0)
        let asked = DispatchSemaphore(value: 0)
        let worker = try Worker { exchange in
            begun.signal()
            asked.wait()
            exchange.echo()
        }
        let client = try FastCGIClient(worker.path)
        try client.begin(announcing: "1")
        begun.wait()
        worker.requestStop()
        asked.signal()
        let stopped = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            worker.stop()
            stopped.signal()
        }
        try client.send(body: [65])
        try client.send(.input)
        #expect(try client.response() == .init(output: [65], isComplete: true))
        stopped.wait()
        #expect(throws: SystemError.self) { _ = try FastCGIClient(worker.path) }
    }

    @Test("a busy worker looks for a stop once in each pause, not with each request")
    func stopChecks() throws {
        let worker = try Worker(pause: .seconds(2)) { $0.echo() }
        for _ in 0..<200 {
            #expect(try FastCGIClient(worker.path).request(announcing: "1", body: [65]).output == [65])
        }
        #expect(worker.stop() == nil)
        #expect(worker.checks < 200)
    }

    @Test("a descriptor that cannot accept ends the loop with an error")
    func notListening() throws {
        let file = try FileSystem.open("/dev/null")
        #expect(throws: GatewayError.system(SystemError(.epoll_ctl, 1))) {
            try Gateway.serve(on: file, until: { false }) { _ in }
        }
    }
}
