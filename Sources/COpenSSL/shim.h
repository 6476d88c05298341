#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

// The functions of SHA-256 alone, which OpenSSL 3 calls deprecated. EVP would need a provider, and cannot save the
// state of a digest.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static inline SHA256_CTX coffer_sha256_begin(void) {
    SHA256_CTX context;
    SHA256_Init(&context);
    return context;
}

static inline void coffer_sha256_update(SHA256_CTX *context, const void *bytes, size_t count) {
    SHA256_Update(context, bytes, count);
}

static inline void coffer_sha256_final(SHA256_CTX *context, unsigned char *digest) { SHA256_Final(digest, context); }

#pragma GCC diagnostic pop

// Swift imports the arrays of the structure as tuples. The state is the eight words and the bytes of the last block.
static inline size_t coffer_sha256_save(const SHA256_CTX *context, unsigned char *state) {
    for (int word = 0; word < 8; word++)
        for (int byte = 0; byte < 4; byte++) state[4 * word + byte] = context->h[word] >> (24 - 8 * byte);
    memcpy(state + 32, context->data, context->num);
    return 32 + context->num;
}

static inline SHA256_CTX coffer_sha256_restore(const unsigned char *state, unsigned long long count) {
    SHA256_CTX context = coffer_sha256_begin();
    for (int word = 0; word < 8; word++) {
        context.h[word] = 0;
        for (int byte = 0; byte < 4; byte++) context.h[word] = context.h[word] << 8 | state[4 * word + byte];
    }
    context.Nl = (SHA_LONG)(count << 3);
    context.Nh = (SHA_LONG)(count >> 29);
    context.num = count % 64;
    memcpy(context.data, state + 32, context.num);
    return context;
}
