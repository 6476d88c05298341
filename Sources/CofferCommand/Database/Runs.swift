// When the operator's long work last succeeded. The database keeps it, so that every host can ask.

internal import Postgres

/// Work of which the database keeps the time of the last success.
enum Run: String, CaseIterable {
    case backup, check, gc
}

extension OwnerConnection {
    /// Records that a run has succeeded now.
    func recordRun(_ run: Run) throws(Failure) {
        try call("select internal.record_run($1)", [.text(run.rawValue)])
    }
}
