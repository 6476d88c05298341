import System
import Testing

@testable import CofferCommand

@Suite struct PasswordReaderTests {
    /// Answers in order; a line of a pipe is the first answer.
    private final class Answers: PasswordSource {
        let isTerminal: Bool
        var answers: [String?]

        init(_ answers: [String?], isTerminal: Bool) { (self.answers, self.isTerminal) = (answers, isTerminal) }

        func ask(_ prompt: String) throws(SystemError) -> String? { answers.removeFirst() }
        func readLine() throws(SystemError) -> String? { answers.removeFirst() }
    }

    private func failure(_ answers: [String?], isTerminal: Bool) -> String? {
        do {
            _ = try readNewPassword(from: Answers(answers, isTerminal: isTerminal))
            return nil
        } catch {
            return error.message
        }
    }

    @Test func `a person types it twice, alike`() throws {
        #expect(try readNewPassword(from: Answers(["secret", "secret"], isTerminal: true)) == "secret")
        #expect(failure(["secret", "Secret"], isTerminal: true) == "The two passwords differ.")
        #expect(failure(["secret", nil], isTerminal: true) == "No password was given.")
    }

    @Test func `a pipe gives one line`() throws {
        #expect(try readNewPassword(from: Answers(["se cret "], isTerminal: false)) == "se cret ")
        #expect(try readNewPassword(from: Answers(["secret\r"], isTerminal: false)) == "secret")
        #expect(failure([nil], isTerminal: false) == "Standard input holds no password.")
    }
}
