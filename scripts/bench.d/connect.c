/* The minimum of work for a download in a process of its own: connects to PostgreSQL, runs two statements in one round
   trip, and ends.

   Arguments: the database and, for the statements of a download, a session, its user and the path of a file. Without
   these, the statements are trivial. */
#include <libpq-fe.h>
#include <stdio.h>

static const char *const identity =
    "select set_config('coffer.session_id', $1, true), set_config('coffer.user_id', $2, true),"
    " set_config('role', 'coffer_' || $3, true)";
static const char *const lookup =
    "select file_path, content_type, size_bytes, sha256, blob, modified_at, store_url, is_unchanged"
    " from api.retrieve_file_in_session($1)";

int main(int count, char **arguments) {
    if (count != 2 && count != 5) return 2;
    PGconn *connection = PQconnectdb(arguments[1]);
    if (PQstatus(connection) != CONNECTION_OK || !PQenterPipelineMode(connection)) {
        fputs(PQerrorMessage(connection), stderr);
        return 1;
    }
    if (count == 5) {
        const char *caller[] = {arguments[2], arguments[3], "editor"};
        const char *path[] = {arguments[4]};
        PQsendQueryParams(connection, identity, 3, NULL, caller, NULL, NULL, 0);
        PQsendQueryParams(connection, lookup, 1, NULL, path, NULL, NULL, 0);
    } else {
        PQsendQueryParams(connection, "select set_config('coffer.request_id', '1', true)", 0, NULL, NULL, NULL, NULL, 0);
        PQsendQueryParams(connection, "select 1", 0, NULL, NULL, NULL, NULL, 0);
    }
    PQpipelineSync(connection);
    int rows = 0;
    for (ExecStatusType status = PGRES_EMPTY_QUERY; status != PGRES_PIPELINE_SYNC;) {
        PGresult *result = PQgetResult(connection);
        if (!result) continue;
        status = PQresultStatus(result);
        if (status == PGRES_FATAL_ERROR) fputs(PQresultErrorMessage(result), stderr);
        if (status == PGRES_TUPLES_OK) rows += PQntuples(result);
        PQclear(result);
    }
    PQfinish(connection);
    return rows != 2;
}
