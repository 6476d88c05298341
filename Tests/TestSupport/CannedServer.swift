import Glibc

/// An HTTP server on a loopback port with fixed responses. It sends one for each connection, after the request's head.
public final class CannedServer: Sendable {
    public let url: String
    private let listener: Int32

    /// - Parameters:
    ///   - answers: one for each connection, in order. Further connections get the last one again.
    ///   - pause: in seconds, before each response.
    public init(_ answers: [String], pause: UInt32 = 0) {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        self.listener = listener
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                precondition(unsafe bind(listener, address, length) == 0 && listen(listener, 8) == 0)
                precondition(unsafe getsockname(listener, address, &length) == 0)
            }
        }
        url = "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))"
        Self.serve(listener, answers, pause)
    }

    deinit { _ = shutdown(listener, Int32(SHUT_RDWR)) }

    private static func serve(_ listener: Int32, _ answers: [String], _ pause: UInt32) {
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(Work(listener, answers, pause)).toOpaque()
        unsafe pthread_create(
            &thread, nil,
            { context in
                unsafe Unmanaged<Work>.fromOpaque(context!).takeRetainedValue().run()
                return nil
            }, context)
    }

    private final class Work {
        let listener: Int32
        var answers: [String]
        let pause: UInt32

        init(_ listener: Int32, _ answers: [String], _ pause: UInt32) {
            (self.listener, self.answers, self.pause) = (listener, answers, pause)
        }

        func run() {
            while case let connection = accept(listener, nil, nil), connection >= 0 {
                var head: [UInt8] = []
                var byte: UInt8 = 0
                while !head.suffix(4).elementsEqual("\r\n\r\n".utf8), unsafe read(connection, &byte, 1) == 1 {
                    head.append(byte)
                }
                sleep(pause)
                let answer = Array((answers.count > 1 ? answers.removeFirst() : answers[0]).utf8)
                var sent = 0
                while sent < answer.count {
                    let count = unsafe answer[sent...].withUnsafeBytes {
                        unsafe send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                    }
                    if count <= 0 { break }
                    sent += count
                }
                _ = close(connection)
            }
            _ = close(listener)
        }
    }
}
