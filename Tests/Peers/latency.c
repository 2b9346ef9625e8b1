// A client that measures latency. With a rate, requests are due at times that do not depend on the answers (a seeded
// Poisson process, "open loop"), and each one's latency counts from when it was due, not from when a connection was
// free to carry it: a proxy that stops for a moment is charged for everybody who would have come meanwhile. With rate
// 0 each connection asks again as soon as it is answered.
//
// Usage: latency PORT CONNECTIONS RATE WARM-UP SECONDS SEED PATH. What is due in the warm-up is answered but not
// counted. Prints {"requests": …, "failed": …, "late": …, "p50": …, "p99": …, "p999": …, "max": …}, latencies in
// microseconds; `late` counts requests that left more than a millisecond after they were due. It gives up (exit 1)
// when nothing arrives for 10 seconds.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <math.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { inputMax = 4096, lateNanoseconds = 1000000 };

struct connection {
    int fd;
    int64_t due;
    size_t count;  // bytes of the response so far; all of it must fit
    char input[inputMax];
};

static int poller, port;
static char request[1024];
static size_t requestCount;
static struct connection **ring;  // connections without a request, the one free for longest first
static size_t ringFirst, ringCount, connectionCount;
static int64_t *latencies, countedFrom;
static size_t latencyCount, latencyRoom, failed, late;
static uint64_t randomState;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

// The time to the next arrival of a Poisson process (splitmix64 under the logarithm).
static int64_t interval(double rate) {
    uint64_t mixed = randomState += 0x9E3779B97F4A7C15;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
    mixed ^= mixed >> 31;
    double uniform = (double)((mixed >> 11) + 1) / 9007199254740993.0;
    return (int64_t)(-log(uniform) / rate * 1e9);
}

static void openConnection(struct connection *connection) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) fail("latency: socket");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) fail("latency: connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) != 0) fail("latency: epoll_ctl");
}

static void release(struct connection *connection) {
    ring[(ringFirst + ringCount++) % connectionCount] = connection;
}

static void finish(struct connection *connection, bool succeeded) {
    if (connection->due >= countedFrom) {
        if (latencyCount == latencyRoom) {
            latencyRoom = latencyRoom == 0 ? 65536 : latencyRoom * 2;
            latencies = realloc(latencies, latencyRoom * sizeof *latencies);
            if (latencies == NULL) fail("latency: realloc");
        }
        latencies[latencyCount++] = now() - connection->due;
    }
    if (!succeeded) {
        failed++;
        close(connection->fd);
        openConnection(connection);
    }
    release(connection);
}

static void start(int64_t due, int64_t time) {
    struct connection *connection = ring[ringFirst];
    ringFirst = (ringFirst + 1) % connectionCount;
    ringCount--;
    connection->due = due;
    connection->count = 0;
    if (due >= countedFrom && time - due > lateNanoseconds) late++;
    if (send(connection->fd, request, requestCount, MSG_NOSIGNAL) != (ssize_t)requestCount) finish(connection, false);
}

// Takes what arrived. Only small responses with a Content-Length occur here.
static void receive(struct connection *connection) {
    ssize_t count = recv(connection->fd, connection->input + connection->count, inputMax - 1 - connection->count, 0);
    if (count <= 0) {
        finish(connection, false);
        return;
    }
    connection->count += (size_t)count;
    connection->input[connection->count] = 0;
    char *end = strstr(connection->input, "\r\n\r\n");
    char *length = strcasestr(connection->input, "\r\ncontent-length:");
    if (end == NULL) return;
    size_t wanted = (size_t)(end + 4 - connection->input) + (length == NULL ? 0 : strtoul(length + 17, NULL, 10));
    if (connection->count >= wanted) finish(connection, memcmp(connection->input, "HTTP/1.1 200", 12) == 0);
}

static int ascending(const void *one, const void *other) {
    int64_t left = *(const int64_t *)one, right = *(const int64_t *)other;
    return (left > right) - (left < right);
}

// In microseconds; the value that so many parts of all are not above.
static double quantile(double part) {
    if (latencyCount == 0) return 0;
    size_t index = (size_t)ceil(part * (double)latencyCount);
    return (double)latencies[index == 0 ? 0 : index - 1] / 1000;
}

static void run(double rate, int64_t begin, int64_t end) {
    int64_t due = begin, lastAnswer = begin;
    for (;;) {
        int64_t time = now();
        if (rate == 0 && due < end) due = time;
        while (ringCount > 0 && due <= time && due < end) {
            start(due, time);
            if (rate > 0) due += interval(rate);
        }
        if (due >= end && ringCount == connectionCount) return;
        if (ringCount == connectionCount) lastAnswer = time;
        if (time - lastAnswer > 10000000000LL) {
            fprintf(stderr, "latency: nothing arrived for 10 s\n");
            exit(1);
        }
        int64_t wait = ringCount > 0 && due < end ? due - time : 1000000000LL;
        struct timespec timeout = {.tv_sec = wait / 1000000000LL, .tv_nsec = wait % 1000000000LL};
        struct epoll_event events[256];
        int ready = epoll_pwait2(poller, events, 256, &timeout, NULL);
        if (ready < 0 && errno != EINTR) fail("latency: epoll_pwait2");
        if (ready > 0) lastAnswer = now();
        for (int index = 0; index < ready; index++) receive(events[index].data.ptr);
    }
}

int main(int argc, char **argv) {
    if (argc != 8) {
        fprintf(stderr, "usage: latency PORT CONNECTIONS RATE WARM-UP SECONDS SEED PATH\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    // The kernel may otherwise add 50 microseconds to each wait (prctl(2), PR_SET_TIMERSLACK).
    prctl(PR_SET_TIMERSLACK, 1);
    port = atoi(argv[1]);
    connectionCount = strtoul(argv[2], NULL, 10);
    double rate = atof(argv[3]), warmUp = atof(argv[4]), seconds = atof(argv[5]);
    randomState = strtoull(argv[6], NULL, 10);
    requestCount =
        (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n", argv[7], port);
    if (requestCount >= sizeof request || connectionCount < 1 || rate < 0 || seconds <= 0 || warmUp < 0) return 64;
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct connection *connections = calloc(connectionCount, sizeof *connections);
    ring = calloc(connectionCount, sizeof *ring);
    if (poller < 0 || connections == NULL || ring == NULL) fail("latency: start");
    for (size_t index = 0; index < connectionCount; index++) {
        openConnection(&connections[index]);
        release(&connections[index]);
    }
    int64_t begin = now();
    countedFrom = begin + (int64_t)(warmUp * 1e9);
    run(rate, begin, countedFrom + (int64_t)(seconds * 1e9));
    qsort(latencies, latencyCount, sizeof *latencies, ascending);
    printf(
        "{\"requests\": %zu, \"failed\": %zu, \"late\": %zu, \"p50\": %.1f, \"p99\": %.1f, \"p999\": %.1f, "
        "\"max\": %.1f}\n",
        latencyCount, failed, late, quantile(0.5), quantile(0.99), quantile(0.999), quantile(1));
    return 0;
}
