import POSIX
import Testing

struct MapErrorTests {
    private enum Outer: MappedError, Equatable {
        case system(Int32), other

        init(mapping error: any Error) {
            switch error {
            case let error as Outer: self = error
            case let error as SystemError: self = .system(error.number)
            default: self = .other
            }
        }
    }

    private struct Unknown: Error {}

    @Test func `an error below becomes an error of the type above`() {
        #expect(throws: Outer.system(ErrorNumber.noSpace)) {
            try mapError(to: Outer.self) { throw SystemError(.write, ErrorNumber.noSpace) }
        }
        #expect(throws: Outer.other) { try mapError(to: Outer.self) { throw Unknown() } }
    }

    @Test func `an error of the type above passes unchanged, and so does a value`() throws {
        #expect(throws: Outer.system(1)) {
            try mapError(to: Outer.self) { try mapError(to: Outer.self) { throw Outer.system(1) } }
        }
        #expect(try mapError(to: Outer.self) { 42 } == 42)
    }
}
