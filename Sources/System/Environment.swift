// The environment this process was started with.

internal import CSystem
internal import Glibc

public enum Environment {
    /// The value of a variable; nil when it is not set or not UTF-8.
    ///
    /// The corresponding C function is `getenv`.
    public static func value(_ name: String) -> String? {
        unsafe getenv(name).flatMap { unsafe String(validatingCString: $0) }
    }

    /// All variables; those that are not UTF-8 or have no `=` are left out. The corresponding C object is `environ`.
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
