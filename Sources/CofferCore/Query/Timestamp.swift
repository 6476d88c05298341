internal import Text

/// Whether a text is a date, or a date and time, in the form of ISO 8601 or PostgreSQL: `2026-11-24`, optionally
/// followed by `T` or a space, hours and minutes, seconds with a fraction, and `Z` or an offset. Years are 0001 to
/// 9999.
public func isTimestamp(_ text: Substring) -> Bool {
    var rest = text.utf8[...]
    func take(_ byte: Character) -> Bool {
        guard let first = rest.first, first == byte.asciiValue else { return false }
        rest = rest.dropFirst()
        return true
    }
    func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
        let run = rest.prefix(digits)
        guard run.count == digits, run.allSatisfy(\.isASCIIDigit) else { return nil }
        rest = rest.dropFirst(digits)
        return run.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }.inside(range)
    }
    func isOffset() -> Bool {
        guard take("+") || take("-") else { return take("Z") || rest.isEmpty }
        guard number(2, 0...15) != nil else { return false }
        return rest.isEmpty || (take(":") || true) && number(2, 0...59) != nil
    }
    func isTime() -> Bool {
        guard number(2, 0...23) != nil, take(":"), number(2, 0...59) != nil else { return false }
        guard take(":") else { return isOffset() }
        guard number(2, 0...59) != nil else { return false }
        if take(".") {
            let fraction = rest.prefix { $0.isASCIIDigit }
            guard (1...9).contains(fraction.count) else { return false }
            rest = rest.dropFirst(fraction.count)
        }
        return isOffset()
    }
    guard let year = number(4, 1...9999), take("-"), let month = number(2, 1...12), take("-"),
        number(2, 1...daysOfMonth(month, year: year)) != nil
    else { return false }
    guard !rest.isEmpty else { return true }
    return (take("T") || take(" ")) && isTime() && rest.isEmpty
}

private func daysOfMonth(_ month: Int, year: Int) -> Int {
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
}

extension Int {
    fileprivate func inside(_ range: ClosedRange<Int>) -> Int? { range.contains(self) ? self : nil }
}
