// A client that makes an exact number of requests and then exits, for counting what a proxy does per request. Each of
// its connections has one request under way at a time; with `close` each request has a connection of its own.
//
// Usage: client PORT CONNECTIONS REQUESTS PATH [close]. Prints {"requests": …, "failed": …} and exits 0 when all
// were answered 200. It gives up (exit 1) when nothing arrives for 30 seconds.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { inputMax = 16384 };

struct connection {
    int fd;
    size_t headCount;         // bytes of the head received so far, while it is incomplete
    bool inBody;
    unsigned long long left;  // bytes of the body still to come
    char input[inputMax];
};

static int poller, port;
static bool closes;
static char request[1024];
static size_t requestCount;
static long started, finished, failed, wanted;

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void openConnection(struct connection *connection) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    connection->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection->fd < 0) fail("client: socket");
    setsockopt(connection->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(connection->fd, (struct sockaddr *)&address, sizeof address) != 0) fail("client: connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, connection->fd, &event) != 0) fail("client: epoll_ctl");
}

static void startRequest(struct connection *connection) {
    if (started == wanted) return;
    started++;
    if (connection->fd < 0) openConnection(connection);
    connection->headCount = 0;
    connection->inBody = false;
    if (send(connection->fd, request, requestCount, MSG_NOSIGNAL) != (ssize_t)requestCount) fail("client: send");
}

static void finishRequest(struct connection *connection, bool succeeded, bool mustClose) {
    finished++;
    if (!succeeded) failed++;
    if (closes || mustClose) {
        close(connection->fd);
        connection->fd = -1;
    }
    startRequest(connection);
}

// Takes what arrived; true when the response is complete. Only responses with a Content-Length occur here.
static bool takeHead(struct connection *connection) {
    char *end = memmem(connection->input, connection->headCount, "\r\n\r\n", 4);
    if (end == NULL) return false;
    *end = 0;
    char *length = strcasestr(connection->input, "\r\ncontent-length:");
    connection->left = length == NULL ? 0 : strtoull(length + 17, NULL, 10);
    connection->inBody = true;
    unsigned long long body = connection->headCount - (size_t)(end + 4 - connection->input);
    connection->left = body > connection->left ? 0 : connection->left - body;
    return connection->left == 0;
}

static void receive(struct connection *connection) {
    static char body[65536];
    bool inBody = connection->inBody;
    char *target = inBody ? body : connection->input + connection->headCount;
    size_t room = inBody ? sizeof body : inputMax - connection->headCount - 1;
    ssize_t count = recv(connection->fd, target, room, 0);
    if (count <= 0) {
        finishRequest(connection, false, true);
        return;
    }
    bool complete;
    if (inBody) {
        connection->left -= (unsigned long long)count > connection->left ? connection->left : (size_t)count;
        complete = connection->left == 0;
    } else {
        connection->headCount += (size_t)count;
        complete = takeHead(connection);
    }
    if (!complete) return;
    bool succeeded = memcmp(connection->input, "HTTP/1.1 200", 12) == 0;
    finishRequest(connection, succeeded, !succeeded);
}

int main(int argc, char **argv) {
    if (argc < 5 || argc > 6) {
        fprintf(stderr, "usage: client PORT CONNECTIONS REQUESTS PATH [close]\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    port = atoi(argv[1]);
    int count = atoi(argv[2]);
    wanted = atol(argv[3]);
    closes = argc == 6;
    requestCount = (size_t)snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n%s\r\n", argv[4], port,
        closes ? "Connection: close\r\n" : "");
    if (requestCount >= sizeof request || count < 1) return 64;
    poller = epoll_create1(EPOLL_CLOEXEC);
    struct connection *connections = calloc((size_t)count, sizeof *connections);
    if (poller < 0 || connections == NULL) fail("client: start");
    for (int index = 0; index < count; index++) {
        connections[index].fd = -1;
        startRequest(&connections[index]);
    }
    while (finished < wanted) {
        struct epoll_event events[64];
        int ready = epoll_wait(poller, events, 64, 30000);
        if (ready == 0) {
            fprintf(stderr, "client: nothing arrived for 30 s; %ld of %ld done\n", finished, wanted);
            return 1;
        }
        if (ready < 0 && errno != EINTR) fail("client: epoll_wait");
        for (int index = 0; index < ready; index++) receive(events[index].data.ptr);
    }
    printf("{\"requests\": %ld, \"failed\": %ld}\n", finished, failed);
    return failed == 0 ? 0 : 1;
}
