// Threads, for commands that keep several disks or processors busy, and for calls that may block for longer than a worker
// can wait.

internal import CSystem
internal import Glibc

public enum Threads {
    /// Runs `body` on `count` threads at once, each with its number from 0, and returns when all have ended.
    ///
    /// The corresponding C functions are `pthread_create` and `pthread_join`. Where no further thread can be had, those
    /// that there are do the work; the last resort is this one.
    public static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        var threads: [pthread_t] = []
        for number in 1..<max(1, count) {
            let task = unsafe Unmanaged.passRetained(Task { body(number) })
            var thread = pthread_t()
            guard unsafe pthread_create(&thread, nil, start, task.toOpaque()) == 0 else {
                unsafe task.release()
                break
            }
            threads.append(thread)
        }
        body(0)
        for thread in threads { _ = pthread_join(thread, nil) }
    }

    /// Runs `body` on a thread of its own, and waits for its end no longer than `limit`. What takes longer goes on.
    ///
    /// The corresponding C functions are `pthread_create` and `pthread_timedjoin_np`.
    public static func run(atMost limit: Duration, _ body: @escaping @Sendable () -> Void) {
        let task = unsafe Unmanaged.passRetained(Task(body))
        var thread = pthread_t()
        guard unsafe pthread_create(&thread, nil, start, task.toOpaque()) == 0 else { return unsafe task.release() }
        var deadline = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &deadline)
        let nanoseconds = deadline.tv_nsec + Int(limit.components.attoseconds / 1_000_000_000)
        deadline.tv_sec += Int(limit.components.seconds) + nanoseconds / 1_000_000_000
        deadline.tv_nsec = nanoseconds % 1_000_000_000
        if unsafe coffer_join_until(thread, &deadline) != 0 { _ = pthread_detach(thread) }
    }

    private final class Task {
        let body: () -> Void
        init(_ body: @escaping () -> Void) { self.body = body }
    }

    private static let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { pointer in
        if let pointer = unsafe pointer { unsafe Unmanaged<Task>.fromOpaque(pointer).takeRetainedValue().body() }
        return nil
    }
}
