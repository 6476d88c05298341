import BlobStore
import POSIX
import Testing

@testable import CofferCommand
@testable import Storage

struct FailureMappingTests {
    private func failure(of error: any Error) -> Failure? {
        do throws(Failure) {
            try mapError(to: Failure.self) { throw error }
            return nil
        } catch {
            return error
        }
    }

    @Test func `an error of a lower module is mapped to a failure of the command`() {
        let full = BlobStoreError(.full, "There is no room.")
        #expect(failure(of: full) == Failure("The storage: There is no room."))
        let system = SystemError(.open, ErrorNumber.noSuchFile)
        #expect(failure(of: system) == Failure("open: No such file or directory"))
    }

    @Test func `a failure of the command stays as it is`() {
        #expect(failure(of: Failure("as it is")) == Failure("as it is"))
    }

    private func failure(of error: any Error, as problem: String) -> Failure? {
        do throws(Failure) {
            try mapError(as: problem) { throw error }
            return nil
        } catch {
            return error
        }
    }

    @Test func `an error can be reported after the problem that it causes`() {
        let error = SystemError(.open, ErrorNumber.noSuchFile)
        #expect(failure(of: error, as: "It fails") == Failure("It fails: open: No such file or directory"))
    }

    @Test func `a failure and an interruption stay as they are`() {
        #expect(failure(of: Failure("as it is"), as: "It fails") == Failure("as it is"))
        #expect(failure(of: VerifiedReader.Interrupted(), as: "It fails") == .interrupted)
    }
}
