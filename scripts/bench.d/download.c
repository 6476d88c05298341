/* The minimum of work for a download in a FastCGI program: hashes a token, runs the worker's two statements in one
   pipeline, and names the blob to the web server. The difference to this is the worker's overhead.

   Arguments: the database, a session, its user, the path of one of the user's files. */
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

static const char *const identity =
    "select set_config('coffer.session_id', $1, true), set_config('coffer.user_id', $2, true),"
    " set_config('role', 'coffer_' || $3, true)";
static const char *const lookup =
    "select file_path, content_type, size_bytes, sha256, blob, modified_at, store_url, is_unchanged"
    " from api.retrieve_file_in_session($1)";

static void command(PGconn *connection, const char *text) { PQclear(PQexec(connection, text)); }

/* The names in a statement are looked up when it is prepared, and only a request role may look. */
static int prepare(PGconn *connection) {
    PQclear(PQprepare(connection, "identity", identity, 0, NULL));
    command(connection, "begin; set local role coffer_editor");
    PQclear(PQprepare(connection, "lookup", lookup, 0, NULL));
    command(connection, "commit");
    return PQsetnonblocking(connection, 1) == 0 && PQenterPipelineMode(connection);
}

/* Waits for the end of a batch and returns the result of its second query. */
static PGresult *receive(PGconn *connection) {
    PGresult *second = NULL;
    for (int count = 0;;) {
        while (PQisBusy(connection)) {
            struct pollfd ready = {PQsocket(connection), POLLIN, 0};
            poll(&ready, 1, -1);
            if (!PQconsumeInput(connection)) return NULL;
        }
        PGresult *result = PQgetResult(connection);
        if (!result) continue;
        ExecStatusType status = PQresultStatus(result);
        if (status == PGRES_TUPLES_OK && ++count == 2) {
            second = result;
            continue;
        }
        PQclear(result);
        if (status == PGRES_PIPELINE_SYNC) return second;
    }
}

static void answer(FCGX_Request *request, PGconn *connection, char **arguments) {
    const char *token = FCGX_GetParam("HTTP_AUTHORIZATION", request->envp);
    const char *id = FCGX_GetParam("COFFER_REQUEST_ID", request->envp);
    const char *caller[] = {arguments[2], arguments[3], "editor"};
    const char *path[] = {arguments[4]};
    unsigned char code[32];
    unsigned length;
    HMAC(EVP_sha256(), "32 bytes of what nobody verifies", 32, (const unsigned char *)token, strlen(token), code, &length);
    PQsendQueryPrepared(connection, "identity", 3, caller, NULL, NULL, 0);
    PQsendQueryPrepared(connection, "lookup", 1, path, NULL, NULL, 0);
    PQpipelineSync(connection);
    PGresult *row = receive(connection);
    char head[2048] = "Status: 500 Internal Server Error\r\n\r\n";
    if (row && PQntuples(row) == 1) {
        const char *blob = PQgetvalue(row, 0, 4);
        snprintf(head, sizeof head,
                 "Status: 200 OK\r\nX-Request-Id: %s\r\nETag: \"%s\"\r\nContent-Type: %s\r\n"
                 "Last-Modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nCache-Control: private, no-cache\r\n"
                 "Content-Disposition: attachment; filename=\"small.bin\"\r\n"
                 "Repr-Digest: sha-256=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:\r\n"
                 "X-Content-Type-Options: nosniff\r\nContent-Security-Policy: sandbox; default-src 'none'\r\n"
                 "X-Accel-Redirect: /_coffer/blobs/%.2s/%s\r\n\r\n",
                 id, PQgetvalue(row, 0, 3), PQgetvalue(row, 0, 1), blob, blob);
    }
    FCGX_PutS(head, request->out);
    PQclear(row);
}

int main(int count, char **arguments) {
    if (count != 5) return 2;
    PGconn *connection = PQconnectdb(arguments[1]);
    if (PQstatus(connection) != CONNECTION_OK || !prepare(connection)) {
        fputs(PQerrorMessage(connection), stderr);
        return 1;
    }
    FCGX_Request request;
    if (FCGX_Init() || FCGX_InitRequest(&request, 0, 0)) return 1;
    while (FCGX_Accept_r(&request) == 0) {
        answer(&request, connection, arguments);
        FCGX_Finish_r(&request);
    }
    return 0;
}
