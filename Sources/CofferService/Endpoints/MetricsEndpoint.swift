// 3. The metrics, for a monitoring system.

internal import CofferCore
internal import Monitoring
internal import Postgres
internal import Storage

struct MetricsEndpoint {
    let database: Database
    let storage: StoreCache
    /// nil where there is no pool.
    let counters: PoolCounters?
    let logger: Logger

    /// `GET` and `HEAD /metrics`. The answer is 200 also while the database or the store is unavailable, as that is one
    /// of the figures; those of the database are absent then.
    func metrics(_: Request) -> Response {
        let known = database.figures()
        let metrics = [Metric].figures(known, storageFigures(asking: known != nil))
        return Response(
            200, [.contentType("text/plain; version=0.0.4"), .noStore],
            .text((metrics + (counters.map([Metric].pool) ?? [])).exposition))
    }

    /// - Parameter asksDatabase: whether to ask the database which store uploads go to. If it is unavailable, do not
    ///   wait for it a second time.
    private func storageFigures(asking asksDatabase: Bool) -> StorageFigures? {
        try? logger.reporting {
            let current = CurrentStore(database: database, storage: storage)
            let store = try asksDatabase ? current.open() : storage.store()
            return try storage.stopwatch.measure { try StorageFigures(testing: store) }
        }
    }
}
