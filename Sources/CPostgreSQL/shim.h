#pragma once
#include <libpq-fe.h>

// Swift does not import the PG_DIAG_ macros, since they are character literals.
enum {
    coffer_diag_severity = PG_DIAG_SEVERITY_NONLOCALIZED,
    coffer_diag_sqlstate = PG_DIAG_SQLSTATE,
    coffer_diag_message = PG_DIAG_MESSAGE_PRIMARY,
    coffer_diag_detail = PG_DIAG_MESSAGE_DETAIL,
    coffer_diag_hint = PG_DIAG_MESSAGE_HINT,
    coffer_diag_constraint = PG_DIAG_CONSTRAINT_NAME
};
