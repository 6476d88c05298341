internal import Glibc

/// Ends the process. The corresponding C function is `exit`.
public func exit(status: Int32) -> Never { Glibc.exit(status) }
