#pragma once
#include <curl/curl.h>
#include <stddef.h>
#include <string.h>

// libcurl is loaded at its first use instead of being linked. Its 25 libraries would add a third to the start-up time
// of every worker in CGI mode, even if blobs are stored in a local directory. The table is defined in load.c, since a
// definition here would give every Swift object file its own copy.
extern struct coffer_curl_functions {
    CURLcode (*global_init)(long);
    CURL *(*easy_init)(void);
    void (*easy_cleanup)(CURL *);
    void (*easy_reset)(CURL *);
    CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
    CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
    CURLcode (*easy_pause)(CURL *, int);
    const char *(*easy_strerror)(CURLcode);
    CURLM *(*multi_init)(void);
    CURLMcode (*multi_cleanup)(CURLM *);
    CURLMcode (*multi_add_handle)(CURLM *, CURL *);
    CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
    CURLMcode (*multi_perform)(CURLM *, int *);
    CURLMcode (*multi_poll)(CURLM *, struct curl_waitfd[], unsigned int, int, int *);
    CURLMsg *(*multi_info_read)(CURLM *, int *);
    struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
    void (*slist_free_all)(struct curl_slist *);
} coffer_curl;

// Returns 0 if the library or one of its functions is missing. Call it once, before all other functions here.
int coffer_curl_load(void);

static inline CURL *coffer_easy_init(void) { return coffer_curl.easy_init(); }
static inline void coffer_easy_cleanup(CURL *easy) { coffer_curl.easy_cleanup(easy); }
static inline void coffer_easy_reset(CURL *easy) { coffer_curl.easy_reset(easy); }
static inline int coffer_easy_resume(CURL *easy) { return coffer_curl.easy_pause(easy, CURLPAUSE_CONT) == CURLE_OK; }
static inline const char *coffer_easy_strerror(int code) { return coffer_curl.easy_strerror((CURLcode)code); }

// Swift does not import the variadic curl_easy_setopt, so there is one function for each argument type.
static inline int coffer_set_long(CURL *easy, CURLoption option, long value) {
    return coffer_curl.easy_setopt(easy, option, value) == CURLE_OK;
}
static inline int coffer_set_offset(CURL *easy, CURLoption option, curl_off_t value) {
    return coffer_curl.easy_setopt(easy, option, value) == CURLE_OK;
}
static inline int coffer_set_text(CURL *easy, CURLoption option, const char *value) {
    return coffer_curl.easy_setopt(easy, option, value) == CURLE_OK;
}
static inline int coffer_set_list(CURL *easy, CURLoption option, struct curl_slist *value) {
    return coffer_curl.easy_setopt(easy, option, value) == CURLE_OK;
}
typedef size_t (*coffer_transfer)(char *, size_t, size_t, void *);
static inline int coffer_set_callbacks(CURL *easy, void *context, coffer_transfer read, coffer_transfer write, coffer_transfer head) {
    return coffer_curl.easy_setopt(easy, CURLOPT_READFUNCTION, read) == CURLE_OK
        && coffer_curl.easy_setopt(easy, CURLOPT_READDATA, context) == CURLE_OK
        && coffer_curl.easy_setopt(easy, CURLOPT_WRITEFUNCTION, write) == CURLE_OK
        && coffer_curl.easy_setopt(easy, CURLOPT_WRITEDATA, context) == CURLE_OK
        && coffer_curl.easy_setopt(easy, CURLOPT_HEADERFUNCTION, head) == CURLE_OK
        && coffer_curl.easy_setopt(easy, CURLOPT_HEADERDATA, context) == CURLE_OK;
}

// The rest of a line about the server's own certificate that begins with `name`, or NULL. Lists of lists are awkward in
// Swift.
static inline const char *coffer_certificate_field(CURL *easy, const char *name) {
    struct curl_certinfo *certificates = NULL;
    if (coffer_curl.easy_getinfo(easy, CURLINFO_CERTINFO, &certificates) != CURLE_OK || !certificates
        || certificates->num_of_certs < 1)
        return NULL;
    for (struct curl_slist *line = certificates->certinfo[0]; line; line = line->next)
        if (!strncmp(line->data, name, strlen(name))) return line->data + strlen(name);
    return NULL;
}

static inline CURLM *coffer_multi_init(void) { return coffer_curl.multi_init(); }
static inline void coffer_multi_cleanup(CURLM *multi) { coffer_curl.multi_cleanup(multi); }
static inline int coffer_multi_add(CURLM *multi, CURL *easy) {
    return coffer_curl.multi_add_handle(multi, easy) == CURLM_OK;
}
static inline void coffer_multi_remove(CURLM *multi, CURL *easy) { coffer_curl.multi_remove_handle(multi, easy); }
static inline int coffer_multi_perform(CURLM *multi) {
    int running;
    return coffer_curl.multi_perform(multi, &running) == CURLM_OK;
}
static inline int coffer_multi_poll(CURLM *multi, int milliseconds) {
    return coffer_curl.multi_poll(multi, NULL, 0, milliseconds, NULL) == CURLM_OK;
}
// Returns the next finished transfer and its CURLcode, or NULL. The code is in a union, which Swift does not import.
static inline CURL *coffer_multi_ended(CURLM *multi, int *code) {
    CURLMsg *message;
    int left;
    while ((message = coffer_curl.multi_info_read(multi, &left))) {
        if (message->msg != CURLMSG_DONE) continue;
        *code = message->data.result;
        return message->easy_handle;
    }
    return NULL;
}

static inline struct curl_slist *coffer_list_append(struct curl_slist *list, const char *text) {
    return coffer_curl.slist_append(list, text);
}
static inline void coffer_list_free(struct curl_slist *list) { coffer_curl.slist_free_all(list); }

// Swift does not import macros with casts.
enum { coffer_read_abort = CURL_READFUNC_ABORT, coffer_write_pause = CURL_WRITEFUNC_PAUSE };
