// coffer stats

internal import ArgumentParser
internal import CofferCore
internal import Monitoring

struct Stats: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print the figures of this installation, as /metrics has them.",
        discussion: """
            The figures of the pool come from a worker, and those of the database and the store from this program. \
            They are absent where there is no pool, or while a part is unavailable.
            """)

    @Flag(help: "Print JSON.") var json = false

    func run() throws {
        let figures = try StatsRun(loadConfiguration()).figures()
        if json { return print(Figure.json(figures)) }
        let rows = figures.map { figure in
            [figure.name, figure.labels.map { "\($0.name)=\($0.value)" }.joined(separator: " "), figure.value]
        }
        print(Table(columns: [.text("FIGURE"), .text("OF"), .number("VALUE")], rows: rows).text, terminator: "")
    }
}
