// Progress of a long command on standard error: at a terminal one line that is updated, otherwise a line from time to
// time, and nothing if the output is for programs.

internal import POSIX

/// A number of files and their bytes.
struct Amount: Equatable, Sendable {
    var files: Int64 = 0
    var bytes: Int64 = 0

    static func += (left: inout Amount, right: Amount) {
        left.files += right.files
        left.bytes += right.bytes
    }
}

/// The text of a progress line.
struct ProgressText {
    /// Nil if it is not known in advance.
    let total: Amount?
    /// Whether the remaining time is estimated from bytes. If false, from files.
    let countsBytes: Bool

    /// - Parameter seconds: since the start of the work.
    func line(_ done: Amount, seconds: Double) -> String {
        let rate = Double(countsBytes ? done.bytes : done.files) / max(seconds, 0.001)
        var parts = ["\(grouped(done.files))\(total.map { " of \(grouped($0.files))" } ?? "") files"]
        if countsBytes {
            parts.append(total.map { "\(binary(done.bytes)) of \(binary($0.bytes))" } ?? binary(done.bytes))
            parts.append("\(binary(Int64(rate)))/s")
        } else {
            parts.append("\(grouped(Int64(rate))) files/s")
        }
        if let left = left(done, rate) { parts.append("\(clock(left)) left") }
        return parts.joined(separator: ", ")
    }

    private func left(_ done: Amount, _ rate: Double) -> Int64? {
        guard let total, rate > 0 else { return nil }
        let rest = countsBytes ? total.bytes - done.bytes : total.files - done.files
        return Int64((Double(max(rest, 0)) / rate).rounded(.up))
    }
}

/// `1234567` as `1,234,567`.
func grouped(_ number: Int64) -> String {
    let digits = String(number.magnitude)
    var text = number < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
        if index > 0, (digits.count - index) % 3 == 0 { text += "," }
        text.append(digit)
    }
    return text
}

/// A number of bytes in the largest binary unit in which it is at least 1: `1.5 MiB`.
func binary(_ bytes: Int64) -> String {
    var value = Double(bytes)
    var unit = "B"
    for next in ["KiB", "MiB", "GiB", "TiB", "PiB"] where value >= 1024 {
        value /= 1024
        unit = next
    }
    if unit == "B" { return "\(bytes) B" }
    let tenths = Int64((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10) \(unit)"
}

/// Seconds as `m:ss` or `h:mm:ss`.
func clock(_ seconds: Int64) -> String {
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let minutes = seconds / 60
    if minutes < 60 { return "\(minutes):\(two(seconds % 60))" }
    return "\(minutes / 60):\(two(minutes % 60)):\(two(seconds % 60))"
}

/// Shows the progress of a command.
final class Progress {
    enum Style {
        case terminal, lines, silent
    }

    private let style: Style
    private let text: ProgressText
    private let start = Clock.monotonicNanoseconds()
    private var shown: Int64
    private(set) var done = Amount()

    init(total: Amount?, countsBytes: Bool, isSilent: Bool) {
        style = isSilent ? .silent : Terminal.isTerminal(2) ? .terminal : .lines
        text = ProgressText(total: total, countsBytes: countsBytes)
        shown = start
    }

    func add(_ amount: Amount) {
        done += amount
        let now = Clock.monotonicNanoseconds()
        guard style != .silent, now - shown >= (style == .terminal ? 200_000_000 : 10_000_000_000) else { return }
        shown = now
        show(now)
    }

    /// Shows the final state and ends the line.
    func end() {
        guard style != .silent else { return }
        show(Clock.monotonicNanoseconds())
        if style == .terminal { StandardError.write("\n") }
    }

    private func show(_ now: Int64) {
        let line = text.line(done, seconds: Double(now - start) / 1e9)
        // At a terminal: returns to the first column and clears the line.
        StandardError.write(style == .terminal ? "\r\u{1B}[K\(line)" : "\(line)\n")
    }
}
