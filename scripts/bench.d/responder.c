/* The simplest FastCGI program, for comparison: it responds to every request with "hello". */
#include <fcgiapp.h>

int main(void) {
    FCGX_Request request;
    if (FCGX_Init() || FCGX_InitRequest(&request, 0, 0)) return 1;
    while (FCGX_Accept_r(&request) == 0) {
        FCGX_PutS("Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n", request.out);
        FCGX_Finish_r(&request);
    }
    return 0;
}
