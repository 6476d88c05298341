#pragma once
#include <fcgiapp.h>

extern char **environ;

// The parameters of a plain CGI program. Swift does not allow access to the mutable global `environ`.
static inline FCGX_ParamArray coffer_cgi_parameters(void) { return environ; }

// The beginning of libfcgi's FCGX_Stream_Data, which has been the same in all versions. No function says whether a
// stream has bytes that arrived together with those before, and the socket does not have them any more.
struct coffer_stream_data {
    unsigned char *buffer;
    int capacity;
    unsigned char *allocated;
    unsigned char *end;
    int type, stops_at_record, skips;
    int content, padding;
};

// Whether reading on does not need the socket: there are bytes of the current record, or the head of the next one.
static inline int coffer_has_arrived(const FCGX_Stream *stream) {
    const struct coffer_stream_data *data = stream->data;
    return data->end - stream->rdNext > (data->content > 0 ? 0 : data->padding);
}
