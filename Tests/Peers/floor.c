// The floor of the side-by-side benchmark: a blind relay. For each client connection it holds one upstream socket and
// does nothing but receive, send, receive, send: no parsing, no pool, no time limits. No proxy that forwards a request
// and its response through one thread of the same kernel interface can make fewer system calls, so what a proxy costs
// above this figure is its own work.
//
// Usage: floor UPSTREAM-PORT. Listens on a free port of 127.0.0.1 and prints it as one line.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

// One direction's source; its partner is where the bytes go.
struct side {
    int fd;
    struct side *partner;
    struct side *nextClosed;
    bool closed;
};

static int poller;
static struct sockaddr_in upstreamAddress;
// Closed sides are freed only after a batch of events, since a later event of the batch may point at them.
static struct side *closedSides;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static struct sockaddr_in loopback(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void closePair(struct side *side) {
    struct side *both[2] = {side, side->partner};
    for (int index = 0; index < 2; index++) {
        if (both[index]->closed) continue;
        both[index]->closed = true;
        close(both[index]->fd);
        both[index]->nextClosed = closedSides;
        closedSides = both[index];
    }
}

static bool watch(struct side *side) {
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = side};
    return epoll_ctl(poller, EPOLL_CTL_ADD, side->fd, &event) == 0;
}

static void acceptClients(int listener) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        int upstream = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        int on = 1;
        if (upstream < 0 || connect(upstream, (struct sockaddr *)&upstreamAddress, sizeof upstreamAddress) != 0) {
            perror("floor: connect");
            if (upstream >= 0) close(upstream);
            close(fd);
            continue;
        }
        setsockopt(upstream, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        struct side *client = calloc(1, sizeof *client), *server = calloc(1, sizeof *server);
        if (client == NULL || server == NULL) fail("floor: calloc");
        *client = (struct side){.fd = fd, .partner = server};
        *server = (struct side){.fd = upstream, .partner = client};
        if (!watch(client) || !watch(server)) closePair(client);
    }
}

// Sends all of it; waits in poll(2) for a peer that is slow, which the small messages of this benchmark never are.
static bool sendAll(int fd, const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = send(fd, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EAGAIN) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            if (poll(&writable, 1, 5000) != 1) return false;
            continue;
        }
        if (sent < 0) return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

static void relay(struct side *side) {
    static char buffer[65536];
    ssize_t count;
    do {
        count = recv(side->fd, buffer, sizeof buffer, MSG_DONTWAIT);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0 || !sendAll(side->partner->fd, buffer, (size_t)count)) {
            closePair(side);
            return;
        }
        // Edge-triggered: a full buffer may hide more bytes; anything less was all there was.
    } while (count == sizeof buffer);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: floor UPSTREAM-PORT\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    upstreamAddress = loopback(atoi(argv[1]));
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    int on = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    // Accepted sockets inherit TCP_NODELAY from the listener: one system call saved for each.
    setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 4096) != 0) fail("floor: listen");
    if (getsockname(listener, (struct sockaddr *)&address, &length) != 0) fail("floor: getsockname");
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (poller < 0 || epoll_ctl(poller, EPOLL_CTL_ADD, listener, &event) != 0) fail("floor: epoll");
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(poller, events, 256, -1);
        if (count < 0 && errno != EINTR) fail("floor: epoll_wait");
        for (int index = 0; index < count; index++) {
            struct side *side = events[index].data.ptr;
            if (side == NULL) acceptClients(listener);
            else if (!side->closed) relay(side);
        }
        while (closedSides != NULL) {
            struct side *next = closedSides->nextClosed;
            free(closedSides);
            closedSides = next;
        }
    }
}
