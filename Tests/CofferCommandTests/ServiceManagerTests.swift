import POSIX
import TestSupport
import Testing

@testable import CofferCommand

@Suite struct ServiceManagerTests {
    @Test func `without a socket there is no service manager`() {
        #expect(ServiceManager([:]) == nil)
        #expect(ServiceManager(["NOTIFY_SOCKET": ""]) == nil)
        // A virtual machine's, which systemd sets only for itself.
        #expect(ServiceManager(["NOTIFY_SOCKET": "vsock:2:1234"]) == nil)
    }

    @Test func `it learns when the pool is ready, reloads, is ready again, and stops`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/notify"
        for address in [path, "@coffer-test-\(UInt64.random(in: 0 ... .max))"] {
            let receiver = DatagramReceiver(address)
            let manager = try #require(ServiceManager(["NOTIFY_SOCKET": address]))
            manager.report(.started(slot: 0, id: 7))
            #expect(receiver.next() == "STATUS=worker 1 started, pid 7")
            manager.report(.ready(workers: 1))
            #expect(receiver.next() == "READY=1\nSTATUS=ready; 1 workers accept requests")
            let before = Clock.monotonicNanoseconds() / 1000
            manager.report(.replacing)
            let lines = try #require(receiver.next()).split(separator: "\n")
            #expect(lines.first == "RELOADING=1")
            let moment = try #require(lines.dropFirst().first.flatMap { Int64($0.dropFirst("MONOTONIC_USEC=".count)) })
            #expect(lines[1].hasPrefix("MONOTONIC_USEC=") && moment >= before)
            #expect(moment <= Clock.monotonicNanoseconds() / 1000)
            #expect(lines.last == "STATUS=replacing the workers one by one")
            manager.report(.replaced)
            #expect(receiver.next() == "READY=1\nSTATUS=all workers have been replaced")
            manager.report(.replacing)
            #expect(receiver.next()?.hasPrefix("RELOADING=1\n") == true)
            manager.report(.replacementFailed(reason: "x"))
            #expect(receiver.next()?.hasPrefix("READY=1\nSTATUS=the replacement was cancelled") == true)
            manager.report(.draining(workers: 1))
            #expect(receiver.next() == "STOPPING=1\nSTATUS=stopping; 1 workers finish their requests")
            #expect(receiver.next(within: 0) == nil)
        }
    }

    @Test func `a replacement before the pool is ready does not make it ready`() throws {
        let directory = try TemporaryDirectory()
        let receiver = DatagramReceiver(directory.path + "/notify")
        let manager = try #require(ServiceManager(["NOTIFY_SOCKET": directory.path + "/notify"]))
        manager.report(.replacing)
        manager.report(.replaced)
        #expect(receiver.next() == "STATUS=replacing the workers one by one")
        #expect(receiver.next() == "STATUS=all workers have been replaced")
    }

    @Test func `a manager that has gone does not disturb the pool`() throws {
        let directory = try TemporaryDirectory()
        let manager = try #require(ServiceManager(["NOTIFY_SOCKET": directory.path + "/nowhere"]))
        manager.report(.ready(workers: 1))
        manager.sendHeartbeat()
    }

    @Test func `signs of life are wanted twice in the time of the watchdog, unless it watches another process`() {
        let interval = { (more: [String: String]) in
            ServiceManager(more.merging(["NOTIFY_SOCKET": "/nowhere"]) { $1 })?.heartbeatInterval
        }
        #expect(interval([:]) == nil)
        #expect(interval(["WATCHDOG_USEC": "3000000"]) == .milliseconds(1500))
        #expect(interval(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": "1"]) == nil)
        let mine = String(Process.current.id)
        #expect(interval(["WATCHDOG_USEC": "3000000", "WATCHDOG_PID": mine]) == .milliseconds(1500))
        for text in ["", "0", "-1", "x"] { #expect(interval(["WATCHDOG_USEC": text]) == nil) }
    }
}
