// Threads for parallel work in commands, and for calls that may block longer than a worker can wait.

internal import CSystem
internal import Glibc

public enum Threads {
    /// Runs `body` on `count` threads, including the calling one, with a thread number from 0. Returns when all have
    /// ended.
    ///
    /// The corresponding C functions are `pthread_create` and `pthread_join`. If a thread cannot be created, fewer
    /// threads run; the calling thread always does.
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

    /// Runs `body` on a new thread and waits until it ends, for at most `limit`. After the limit, it continues in the
    /// background.
    ///
    /// The corresponding C functions are `pthread_create` and `pthread_timedjoin_np`. If the thread cannot be created,
    /// `body` does not run.
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
