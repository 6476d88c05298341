// What most tests of the core ask: what is refused, and in which words.

import CofferCore

/// The failure that `body` throws; nil where it throws none.
func refusal<Value>(_ body: () throws(Failure) -> Value) -> Failure? {
    do {
        _ = try body()
        return nil
    } catch {
        return error
    }
}
