// The environment variables of this process.

internal import CSystem
internal import Glibc

public enum Environment {
    /// The value of a variable, or nil if it is not set or not UTF-8.
    ///
    /// The corresponding C function is `getenv`.
    public static func value(_ name: String) -> String? {
        unsafe getenv(name).flatMap { unsafe String(validatingCString: $0) }
    }

    /// Sets a variable of this process. No other thread may use the environment meanwhile.
    ///
    /// The corresponding C function is `setenv`.
    public static func set(_ name: String, _ value: String) { unsafe setenv(name, value, 1) }

    /// All variables, except those that are not UTF-8 or contain no `=`. The corresponding C object is `environ`.
    public static func all() -> [String: String] {
        var variables: [String: String] = [:]
        guard var next = unsafe coffer_environment() else { return [:] }
        while let entry = unsafe next.pointee {
            if let text = unsafe String(validatingCString: entry), let equals = text.firstIndex(of: "=") {
                variables[String(text[..<equals])] = String(text[text.index(after: equals)...])
            }
            unsafe next += 1
        }
        return variables
    }
}
