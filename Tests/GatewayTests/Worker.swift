import Foundation
import Synchronization
import POSIX

@testable import Gateway

/// A gateway loop with its own thread and socket.
final class Worker: Sendable {
    let path: String
    /// The port on 127.0.0.1, if it listens there instead.
    let port: UInt16?
    private let shouldStop = Atomic(false)
    private let checkCount = Atomic(0)
    private let failure = Mutex<GatewayError?>(nil)
    private let ended = DispatchSemaphore(value: 0)

    /// How often the loop has asked whether it should stop.
    var checks: Int { checkCount.load(ordering: .acquiring) }

    init(
        pause: Duration = .milliseconds(20), overTCP: Bool = false, _ handle: @escaping @Sendable (any Exchange) -> Void
    ) throws {
        path = temporaryPath()
        let socket = try overTCP ? Sockets.listen(address: "127.0.0.1", port: 0) : Sockets.listen(path: path)
        if case .ipv4(let port) = Sockets.family(of: socket.number) { self.port = port } else { port = nil }
        let listener = socket.release()
        Thread.detachNewThread { [self] in
            let error = serve(listener, pause, handle)
            failure.withLock { $0 = error }
            ended.signal()
        }
    }

    private func serve(_ listener: Int32, _ pause: Duration, _ handle: (any Exchange) -> Void) -> GatewayError? {
        let socket = FileDescriptor(owning: listener)
        do throws(GatewayError) {
            let shouldStop = {
                self.checkCount.add(1, ordering: .acquiringAndReleasing)
                return self.shouldStop.load(ordering: .acquiring)
            }
            try Gateway.serve(on: socket, pause: pause, until: shouldStop, handle)
            return nil
        } catch {
            return error
        }
    }

    /// Asks the loop to end after the current request.
    func requestStop() { shouldStop.store(true, ordering: .releasing) }

    /// Waits for the end of the loop. Returns the error that ended it, or nil after a normal stop.
    @discardableResult
    func stop() -> GatewayError? {
        requestStop()
        ended.wait()
        try? FileSystem.unlink(path)
        return failure.withLock { $0 }
    }
}

/// An unused path in the directory for temporary files.
func temporaryPath() -> String {
    "\(NSTemporaryDirectory())/coffer-\(UInt64.random(in: 0 ... .max))"
}

extension Exchange {
    func write(text: String) throws(GatewayError) { try write(Array(text.utf8).span) }

    /// Reads the body to its end.
    func readBody(by chunk: Int = 65_536) throws(GatewayError) -> [UInt8] {
        var body: [UInt8] = []
        var buffer = Buffer(capacity: chunk)
        repeat {
            buffer.removeAll()
            try buffer.append { (space: inout OutputSpan<UInt8>) throws(GatewayError) in try read(into: &space) }
            body += buffer.array
        } while buffer.count > 0
        return body
    }

    /// Responds with the body, or with the error from reading it.
    func echo(by chunk: Int = 65_536) {
        do throws(GatewayError) {
            let body = try readBody(by: chunk)
            try write(body.span)
        } catch {
            try? write(text: "\(error)")
        }
    }
}

/// Bytes in which a shifted or repeated block is noticed, as their period is prime.
func pattern(_ count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count { bytes += block }
    return Array(bytes.prefix(count))
}

private let block = (0..<65_521).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ $0 >> 8) }
