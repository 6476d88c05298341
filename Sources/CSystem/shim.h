#pragma once
#include <sys/fsuid.h>
#include <sys/types.h>

extern char **environ;

// Swift does not allow access to the mutable global `environ`.
static inline char **coffer_environment(void) { return environ; }

// <fcntl.h> declares this only with _GNU_SOURCE, which Swift's importer does not set. 2 is SYNC_FILE_RANGE_WRITE.
extern int sync_file_range(int, __off64_t, __off64_t, unsigned int);
static inline int coffer_start_writeback(int file, __off64_t offset, __off64_t length) {
    return sync_file_range(file, offset, length, 2);
}

// Needs _GNU_SOURCE as well. 1 is FALLOC_FL_KEEP_SIZE.
extern int fallocate(int, int, __off64_t, __off64_t);
static inline int coffer_reserve(int file, __off64_t length) { return fallocate(file, 1, 0, length); }

// <sys/socket.h> declares struct ucred only with _GNU_SOURCE. Its members are these three numbers.
#include <sys/socket.h>
static inline int coffer_peer(int socket, int *process, unsigned int *user) {
    struct { int process; unsigned int user, group; } peer;
    socklen_t size = sizeof peer;
    int result = getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    if (result == 0) { *process = peer.process; *user = peer.user; }
    return result;
}

// <sys/mman.h> declares this only with _GNU_SOURCE. 1 is MFD_CLOEXEC.
extern int memfd_create(const char *, unsigned int);
static inline int coffer_memory_file(const char *name) { return memfd_create(name, 1); }

// Swift has no atomic operations on memory that it did not allocate itself. Relaxed, as no number depends on another.
#include <stdint.h>
static inline void coffer_add(uint64_t *number, uint64_t amount) {
    __atomic_fetch_add(number, amount, __ATOMIC_RELAXED);
}
static inline void coffer_set(uint64_t *number, uint64_t value) {
    __atomic_store_n(number, value, __ATOMIC_RELAXED);
}
static inline uint64_t coffer_value(const uint64_t *number) { return __atomic_load_n(number, __ATOMIC_RELAXED); }
// Replaces 0 by the value. Returns what the number is afterwards.
static inline uint64_t coffer_claim(uint64_t *number, uint64_t value) {
    uint64_t found = 0;
    return __atomic_compare_exchange_n(number, &found, value, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED) ? value : found;
}

// <stdlib.h> declares this only with _GNU_SOURCE.
extern int mkostemp(char *, int);

// <spawn.h> declares this only with _DEFAULT_SOURCE (since glibc 2.34).
#include <spawn.h>
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *, int);
static inline int coffer_add_closefrom(posix_spawn_file_actions_t *actions, int from) {
    return posix_spawn_file_actions_addclosefrom_np(actions, from);
}

// <pthread.h> declares this only with _GNU_SOURCE.
#include <pthread.h>
extern int pthread_timedjoin_np(pthread_t, void **, const struct timespec *);
static inline int coffer_join_until(pthread_t thread, const struct timespec *deadline) {
    return pthread_timedjoin_np(thread, 0, deadline);
}

// <sys/epoll.h> is not in Swift's module of glibc.
#include <sys/epoll.h>
static inline int coffer_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }
static inline int coffer_epoll_add(int queue, int listener) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    return epoll_ctl(queue, EPOLL_CTL_ADD, listener, &event);
}
static inline int coffer_epoll_wait(int queue, int milliseconds) {
    struct epoll_event event;
    return epoll_wait(queue, &event, 1, milliseconds);
}
