#pragma once
#include <fcgiapp.h>

extern char **environ;

// Swift refuses the mutable global `environ`, the parameters of a plain CGI program.
static inline FCGX_ParamArray coffer_cgi_parameters(void) { return environ; }
