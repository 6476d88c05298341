#include "shim.h"
#include <dlfcn.h>

struct coffer_curl_functions coffer_curl;

int coffer_curl_load(void) {
    void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
    if (!library) return 0;
#define COFFER_LOAD(name) \
    if (!(*(void **)&coffer_curl.name = dlsym(library, "curl_" #name))) return 0;
    COFFER_LOAD(global_init)
    COFFER_LOAD(easy_init)
    COFFER_LOAD(easy_cleanup)
    COFFER_LOAD(easy_reset)
    COFFER_LOAD(easy_setopt)
    COFFER_LOAD(easy_getinfo)
    COFFER_LOAD(easy_pause)
    COFFER_LOAD(easy_strerror)
    COFFER_LOAD(multi_init)
    COFFER_LOAD(multi_cleanup)
    COFFER_LOAD(multi_add_handle)
    COFFER_LOAD(multi_remove_handle)
    COFFER_LOAD(multi_perform)
    COFFER_LOAD(multi_poll)
    COFFER_LOAD(multi_info_read)
    COFFER_LOAD(slist_append)
    COFFER_LOAD(slist_free_all)
#undef COFFER_LOAD
    return coffer_curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
}
