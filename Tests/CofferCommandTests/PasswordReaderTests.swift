import POSIX
import Testing

@testable import CofferCommand

@Suite struct PasswordReaderTests {
    /// Gives the answers in order, to prompts and as lines of a pipe.
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

    @Test func `at a terminal the password must be typed twice`() throws {
        #expect(try readNewPassword(from: Answers(["secret", "secret"], isTerminal: true)) == "secret")
        #expect(failure(["secret", "Secret"], isTerminal: true) == "The two passwords differ.")
        #expect(failure(["secret", nil], isTerminal: true) == "No password was given.")
    }

    @Test func `from a pipe the password is one line`() throws {
        #expect(try readNewPassword(from: Answers(["se cret "], isTerminal: false)) == "se cret ")
        #expect(try readNewPassword(from: Answers(["secret\r"], isTerminal: false)) == "secret")
        #expect(failure([nil], isTerminal: false) == "Standard input contains no password.")
    }
}
