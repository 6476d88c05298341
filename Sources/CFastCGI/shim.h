#pragma once
#include <fcgiapp.h>

extern char **environ;

// The parameters of a plain CGI program. Swift does not allow access to the mutable global `environ`.
static inline FCGX_ParamArray coffer_cgi_parameters(void) { return environ; }
