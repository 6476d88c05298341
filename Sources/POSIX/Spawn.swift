// Starting a program that inherits nothing except what it is given explicitly, and becoming another program.

internal import CSystem
internal import Glibc

extension Process {
    /// Starts a program in its own process group (so that the interrupt key does not reach it). No signals are blocked,
    /// all have their default actions, and only descriptors 0, 1, 2 and perhaps 3 are open.
    ///
    /// The corresponding C function is `posix_spawn`. Fails like `execve`, for example with ENOENT or EACCES.
    ///
    /// - Parameters:
    ///   - path: the program's path. PATH is not searched.
    ///   - arguments: without the program's name.
    ///   - standardInput: an open descriptor that becomes the program's descriptor 0.
    ///   - third: an open descriptor, not 0, 1 or 2, that becomes the program's descriptor 3. nil for none.
    public static func spawn(
        _ path: String, arguments: [String] = [], environment: [String: String], standardInput: Int32,
        third: Int32? = nil
    ) throws(SystemError) -> Process {
        var id: pid_t = 0
        let attributes = unsafe SpawnAttributes()
        let actions = unsafe SpawnActions(standardInput: standardInput, third: third)
        let variables = environment.map { "\($0.key)=\($0.value)" }
        let failure = unsafe withCStrings([path] + arguments) { arguments in
            unsafe withCStrings(variables) { variables in
                unsafe posix_spawn(&id, path, actions.raw, attributes.raw, arguments, variables)
            }
        }
        // posix_spawn(3) returns the error number instead of setting errno.
        try Faults.call(.posix_spawn, retrying: false) {
            errno = failure
            return failure == 0 ? 0 : -1
        }
        return Process(id: id)
    }

    /// Becomes another program, which keeps the environment, the terminal and all descriptors without close-on-exec.
    ///
    /// The corresponding C function is `execve`. Returns only by failing, for example with ENOENT or EACCES.
    ///
    /// - Parameters:
    ///   - path: the program's path. PATH is not searched.
    ///   - arguments: without the program's name.
    public static func replace(with path: String, arguments: [String]) throws(SystemError) -> Never {
        try Faults.call(.execve) {
            unsafe withCStrings([path] + arguments) { arguments in
                unsafe execve(path, arguments, coffer_environment())
            }
        }
        // execve(2) returns only -1, and Faults throws then.
        fatalError("execve has returned.")
    }
}

/// Owns a `posix_spawnattr_t`.
@unsafe private struct SpawnAttributes: ~Copyable {
    let raw = UnsafeMutablePointer<posix_spawnattr_t>.allocate(capacity: 1)

    init() {
        unsafe posix_spawnattr_init(raw)
        var none = sigset_t()
        var all = sigset_t()
        _ = unsafe sigemptyset(&none)
        _ = unsafe sigfillset(&all)
        unsafe posix_spawnattr_setsigmask(raw, &none)
        unsafe posix_spawnattr_setsigdefault(raw, &all)
        unsafe posix_spawnattr_setpgroup(raw, 0)
        let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
        unsafe posix_spawnattr_setflags(raw, Int16(flags))
    }

    deinit {
        unsafe posix_spawnattr_destroy(raw)
        unsafe raw.deallocate()
    }
}

/// Owns a `posix_spawn_file_actions_t`.
@unsafe private struct SpawnActions: ~Copyable {
    let raw = UnsafeMutablePointer<posix_spawn_file_actions_t>.allocate(capacity: 1)

    init(standardInput: Int32, third: Int32?) {
        unsafe posix_spawn_file_actions_init(raw)
        // If the number is already 0, this clears its close-on-exec flag.
        unsafe posix_spawn_file_actions_adddup2(raw, standardInput, 0)
        if let third { unsafe posix_spawn_file_actions_adddup2(raw, third, 3) }
        unsafe coffer_add_closefrom(raw, third == nil ? 3 : 4)
    }

    deinit {
        unsafe posix_spawn_file_actions_destroy(raw)
        unsafe raw.deallocate()
    }
}

/// Calls `body` with a null-terminated C array of C strings.
private func withCStrings<Value>(
    _ texts: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Value
) -> Value {
    let strings = unsafe texts.map { unsafe strdup($0) } + [nil]
    defer { for index in unsafe strings.indices { unsafe free(strings[index]) } }
    return unsafe strings.withUnsafeBufferPointer { unsafe body($0.baseAddress!) }
}
