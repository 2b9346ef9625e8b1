// What Glibc's Swift module leaves out: epoll, eventfd, accept4, thread-local state, and errno as a result.
#ifndef SLUICE_CREACTOR_H
#define SLUICE_CREACTOR_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "ring.h"

// Every call returns its result, or minus errno.

int sluice_epoll_create(void);
int sluice_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int sluice_epoll_remove(int epoll, int descriptor);

struct sluice_event {
    uint64_t token;
    uint32_t events;
};

/// Waits for events; a timeout below zero waits for ever, in nanoseconds.
int sluice_epoll_wait(int epoll, struct sluice_event *events, int capacity, int64_t timeout_nanoseconds);

enum {
    SLUICE_IN = 0x001,
    SLUICE_OUT = 0x004,
    SLUICE_ERR = 0x008,
    SLUICE_HUP = 0x010,
    SLUICE_RDHUP = 0x2000,
    SLUICE_EXCLUSIVE = 1u << 28,
    SLUICE_ET = 1u << 31,
};

int sluice_eventfd(void);
int sluice_eventfd_signal(int descriptor);

int sluice_socket(int family);
int sluice_accept(int listener, struct sockaddr *address, socklen_t *length);
int sluice_connect(int descriptor, const struct sockaddr *address, socklen_t length);
int sluice_bind_and_listen(int descriptor, const struct sockaddr *address, socklen_t length, int backlog,
                           int shared);
int64_t sluice_receive(int descriptor, void *bytes, size_t capacity);
int64_t sluice_send(int descriptor, const void *bytes, size_t count);
int64_t sluice_send_two(int descriptor, const void *first, size_t first_count, const void *second,
                        size_t second_count);
int sluice_shutdown_write(int descriptor);
int sluice_socket_error(int descriptor);
int sluice_close(int descriptor);
int sluice_shutdown(int descriptor);
/// Makes the close a reset.
int sluice_set_reset_at_close(int descriptor);
int sluice_set_no_delay(int descriptor);
int sluice_set_keep_alive(int descriptor, int idle_seconds);
int sluice_local_address(int descriptor, struct sockaddr_storage *address, socklen_t *length);

uint64_t sluice_monotonic_nanoseconds(void);

/// The number of the loop whose turn runs on this thread, zero outside of one.
uint64_t sluice_current_loop(void);
void sluice_set_current_loop(uint64_t loop);

/// Names the calling thread; at most 15 bytes.
void sluice_name_thread(const char *name);

#endif
