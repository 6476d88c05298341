/* The least a program that asks PostgreSQL can do: connects to the database its argument names, runs two statements,
   ends. Figures are compared with it. */
#include <libpq-fe.h>
#include <stdio.h>

int main(int count, char **arguments) {
    const char *statements[] = {"select set_config('coffer.request_id', '1', true)", "select 1"};
    if (count != 2) return 2;
    PGconn *connection = PQconnectdb(arguments[1]);
    for (int i = 0; i < 2; i++) {
        PGresult *result = PQexecParams(connection, statements[i], 0, NULL, NULL, NULL, NULL, 0);
        if (PQresultStatus(result) != PGRES_TUPLES_OK) {
            fputs(PQerrorMessage(connection), stderr);
            return 1;
        }
        PQclear(result);
    }
    PQfinish(connection);
    return 0;
}
