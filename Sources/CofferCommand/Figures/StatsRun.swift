// Collects the figures of an installation from its database, its store and its pool.

internal import BlobStore
internal import CofferCore
internal import Monitoring
internal import Postgres
internal import POSIX
internal import Storage

struct StatsRun {
    private let configuration: Configuration
    private let stores: StoreCache

    init(_ configuration: Configuration) {
        self.configuration = configuration
        stores = StoreCache(configuration, for: .operator)
    }

    /// What cannot be asked is reported on standard error, and its figures are absent.
    func figures() -> [Figure] {
        let owner = report { () throws(Failure) in try OwnerConnection(configuration, timeout: .seconds(60)) }
        let database = owner.flatMap { owner in
            report { () throws(Failure) in
                try owner.call(DatabaseFigures.statement.sql).readOne { try DatabaseFigures($0) }
            }
        }
        let storage = report { () throws(Failure) in
            let store = try store(owner)
            return try mapError(to: Failure.self) { try StorageFigures(testing: store) }
        }
        return Figure.list([Metric].figures(database, storage)) + pool()
    }

    /// The store that uploads go to, or the configured one if the database does not answer.
    private func store(_ owner: OwnerConnection?) throws(Failure) -> any BlobStore {
        guard let owner else { return try mapError(to: Failure.self) { try stores.store() } }
        let current = try Stores(owner, configuration).current
        return try mapError(to: Failure.self) { try stores.store(current) }
    }

    /// The figures that a worker has beyond ours. None if there is no pool.
    private func pool() -> [Figure] {
        let path = configuration.basePath + Route.metrics.path
        do {
            let request = try FastCGIRequest(configuration.socket, timeout: .seconds(10))
            let answer = try request.get(path, [("COFFER_METRICS", "on")])
            guard answer.status == 200 else { return [] }
            return Figure.list(String(decoding: answer.body, as: UTF8.self)).filter { figure in
                ["coffer_pool_", "coffer_request"].contains { figure.name.hasPrefix($0) }
            }
        } catch let error as SystemError where error.number == ErrorNumber.noSuchFile {
            // There is no pool, as on shared hosting.
            return []
        } catch {
            StandardError.write(line: "coffer: no worker answers on \(configuration.socket): \(error)", .error)
            return []
        }
    }

    private func report<Value>(_ body: () throws(Failure) -> Value) -> Value? {
        do throws(Failure) {
            return try body()
        } catch {
            StandardError.write(line: "coffer: \(error.message)", .error)
            return nil
        }
    }
}
