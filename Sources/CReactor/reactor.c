#define _GNU_SOURCE
#include "CReactor.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define RESULT(call)                      \
    do {                                  \
        int result_ = (call);             \
        return result_ < 0 ? -errno : result_; \
    } while (0)

_Static_assert(SLUICE_IN == EPOLLIN && SLUICE_OUT == EPOLLOUT && SLUICE_ERR == EPOLLERR, "epoll's own numbers");
_Static_assert(SLUICE_HUP == EPOLLHUP && SLUICE_RDHUP == EPOLLRDHUP && SLUICE_ET == EPOLLET, "epoll's own numbers");

int sluice_epoll_create(void) { RESULT(epoll_create1(EPOLL_CLOEXEC)); }

int sluice_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    RESULT(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event));
}

int sluice_epoll_remove(int epoll, int descriptor) { RESULT(epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, NULL)); }

enum { BATCH = 256 };

int sluice_epoll_wait(int epoll, struct sluice_event *events, int capacity, int64_t timeout_nanoseconds) {
    struct epoll_event ready[BATCH];
    struct timespec timeout = {timeout_nanoseconds / 1000000000, timeout_nanoseconds % 1000000000};
    int limit = capacity < BATCH ? capacity : BATCH;
    // Before Linux 5.11 there is no such call, and old seccomp profiles forbid it: milliseconds then, rounded up.
    static _Atomic int lacks_pwait2;
    int count = -1;
    if (!lacks_pwait2) {
        count = epoll_pwait2(epoll, ready, limit, timeout_nanoseconds < 0 ? NULL : &timeout, NULL);
        if (count < 0 && (errno == ENOSYS || errno == EPERM)) lacks_pwait2 = 1;
    }
    if (lacks_pwait2) {
        int64_t milliseconds = timeout_nanoseconds / 1000000 + 1;
        if (milliseconds > INT_MAX) milliseconds = INT_MAX;
        count = epoll_wait(epoll, ready, limit, timeout_nanoseconds < 0 ? -1 : (int)milliseconds);
    }
    if (count < 0) return -errno;
    for (int i = 0; i < count; i++) {
        events[i].token = ready[i].data.u64;
        events[i].events = ready[i].events;
    }
    return count;
}

int sluice_eventfd(void) { RESULT(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)); }

int sluice_eventfd_signal(int descriptor) { RESULT(eventfd_write(descriptor, 1)); }

int sluice_socket(int family) { RESULT(socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)); }

int sluice_accept(int listener, struct sockaddr *address, socklen_t *length) {
    RESULT(accept4(listener, address, length, SOCK_CLOEXEC | SOCK_NONBLOCK));
}

int sluice_connect(int descriptor, const struct sockaddr *address, socklen_t length) {
    RESULT(connect(descriptor, address, length));
}

// TCP_NODELAY is set on the listener because accepted sockets inherit it: a system call less for each.
int sluice_bind_and_listen(int descriptor, const struct sockaddr *address, socklen_t length, int backlog, int shared) {
    int on = 1;
    if (address->sa_family != AF_UNIX) {
        if (setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0) return -errno;
        if (shared && setsockopt(descriptor, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) < 0) return -errno;
        if (setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0) return -errno;
    }
    if (address->sa_family == AF_INET6) {
        if (setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) < 0) return -errno;
    }
    if (bind(descriptor, address, length) < 0) return -errno;
    RESULT(listen(descriptor, backlog));
}

// Receiving and sending go past libc's wrappers: those are points where a thread can be cancelled, which costs each
// call two locked instructions and 33 in all. No thread of this process ever is.

int64_t sluice_receive(int descriptor, void *bytes, size_t capacity) {
    ssize_t count;
    do count = syscall(SYS_recvfrom, descriptor, bytes, capacity, 0, NULL, NULL);
    while (count < 0 && errno == EINTR);
    return count < 0 ? -errno : count;
}

int64_t sluice_send(int descriptor, const void *bytes, size_t count) {
    ssize_t sent;
    do sent = syscall(SYS_sendto, descriptor, bytes, count, MSG_NOSIGNAL, NULL, 0);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int64_t sluice_send_two(int descriptor, const void *first, size_t first_count, const void *second,
                        size_t second_count) {
    struct iovec parts[2] = {{(void *)first, first_count}, {(void *)second, second_count}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent;
    do sent = syscall(SYS_sendmsg, descriptor, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : sent;
}

int sluice_shutdown_write(int descriptor) { RESULT(shutdown(descriptor, SHUT_WR)); }

int sluice_socket_error(int descriptor) {
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) < 0) return -errno;
    return -error;
}

int sluice_close(int descriptor) { RESULT(close(descriptor)); }

int sluice_shutdown(int descriptor) { RESULT(shutdown(descriptor, SHUT_RDWR)); }

int sluice_set_reset_at_close(int descriptor) {
    struct linger now = {1, 0};
    RESULT(setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &now, sizeof now));
}

int sluice_set_no_delay(int descriptor) {
    int on = 1;
    RESULT(setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
}

int sluice_set_keep_alive(int descriptor, int idle_seconds) {
    int on = 1;
    if (setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) < 0) return -errno;
    RESULT(setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &idle_seconds, sizeof idle_seconds));
}

int sluice_local_address(int descriptor, struct sockaddr_storage *address, socklen_t *length) {
    RESULT(getsockname(descriptor, (struct sockaddr *)address, length));
}

uint64_t sluice_monotonic_nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static _Thread_local uint64_t current_loop;

uint64_t sluice_current_loop(void) { return current_loop; }

void sluice_set_current_loop(uint64_t loop) { current_loop = loop; }

void sluice_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }
