// A helper for tests that expect a refusal.

import CofferCore

/// The failure that `body` throws. nil if it does not throw.
func refusal<Value>(_ body: () throws(Failure) -> Value) -> Failure? {
    do {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
