// Lists for people: aligned columns of plain text. Programs use --json.

internal import POSIX

struct Table {
    struct Column {
        let title: String
        let isNumber: Bool

        static func text(_ title: String) -> Column { Column(title: title, isNumber: false) }
        static func number(_ title: String) -> Column { Column(title: title, isNumber: true) }
    }

    let columns: [Column]
    let rows: [[String]]

    /// A line of titles, then the rows. Numbers are aligned to the right. Lines have no trailing spaces.
    var text: String {
        let lines = [columns.map(\.title)] + rows.map { $0.map(\.oneLine) }
        let widths = columns.indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line($0, widths) + "\n" }.joined()
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = columns.indices.map { column in
            let blank = String(repeating: " ", count: widths[column] - cells[column].count)
            return columns[column].isNumber ? blank + cells[column] : cells[column] + blank
        }
        var line = padded.joined(separator: "  ")
        while line.last == " " { line.removeLast() }
        return line
    }
}
