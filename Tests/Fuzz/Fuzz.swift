// The entry of libFuzzer. One program holds every target; `COFFER_FUZZ_TARGET` says which one runs. A rule that does not
// hold ends the program, so that libFuzzer keeps the input. Built by scripts/fuzz, as one module with CofferCore.

import Glibc

private let targets: [String: @Sendable ([UInt8]) -> Void] = [
    "query": fuzzQuery, "headers": fuzzHeaders, "paths": fuzzPaths, "tokens": fuzzTokens,
]

private let target: @Sendable ([UInt8]) -> Void = {
    let name = getenv("COFFER_FUZZ_TARGET").map { String(cString: $0) } ?? ""
    guard let target = targets[name] else { fatalError("COFFER_FUZZ_TARGET is none of \(targets.keys.sorted())") }
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    target(Array(UnsafeBufferPointer(start: start, count: count)))
    return 0
}

/// Ends the program where a rule does not hold.
func require(_ holds: Bool, _ rule: @autoclosure () -> String, _ file: StaticString = #file, _ line: UInt = #line) {
    if !holds { fatalError(rule(), file: file, line: line) }
}

/// The lines of an input that is text.
func lines(_ input: [UInt8]) -> [String] {
    input.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        .compactMap { String(validating: $0, as: UTF8.self) }
}

/// What a step gives; nil where it refuses, in one of the ways that it may.
func attempt<Value>(_ kinds: Set<Failure.Kind>, _ step: () throws(Failure) -> Value) -> Value? {
    do {
        return try step()
    } catch {
        require(kinds.contains(error.kind), "refused with \(error.kind): \(error.message)")
        require((400...499).contains(error.kind.status), "the status \(error.kind.status) is not the client's")
        guard case .object(let members)? = try? JSON(Array(error.body.utf8)) else {
            fatalError("no object: \(error.body)")
        }
        require(members.keys.sorted() == ["code", "details", "hint", "message"], "other keys: \(error.body)")
        require(
            members["message"]?.string?.utf8.elementsEqual(error.message.utf8) == true, "another message: \(error.body)"
        )
        return nil
    }
}

func isEqual(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }
