// The upstream of the side-by-side benchmark: one thread, epoll, HTTP/1.1. It answers each request with the same small
// response (about 150 bytes with its head), /bytes/N with N bytes, /delay/N after N milliseconds, reads and discards
// request bodies, honors `Connection: close` and HTTP/1.0, and counts what the proxies do to it. It is a load target, not a server: it trusts
// its peers to send well-formed requests and closes the connection on anything else.
//
// Usage: upstream. Listens on two free ports of 127.0.0.1 and prints both as one line: that for requests and that for
// `GET /stats`, which answers {"accepted": …, "open": …, "mostOpen": …, "requests": …, "bodyBytes": …}.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { inputMax = 32768, outputMax = 16384 };
enum kind { requestListener, statsListener, requestConnection, statsConnection };
// What of a request comes next; the chunk states follow RFC 9112, section 7.1.
enum part { head, fixedBody, chunkSize, chunkExtension, chunkData, chunkEnd, trailer };

struct connection {
    enum kind kind;
    int fd;
    enum part part;
    bool closed, closeAfterOutput, lineHasBytes, watchesOutput;
    unsigned long long left;    // bytes of the body or chunk still to discard
    unsigned long long filler;  // bytes of a /bytes/N response still to send after `output`
    bool owesResponse, isHead, keepAlive10, isBytes;  // the response owed once the request's body has been read
    unsigned long long bytes;                         // N of /bytes/N
    long long delay, due;  // N of /delay/N, and when its response is due; milliseconds
    bool isDelayed;
    struct connection *nextDelayed;
    size_t inputCount, outputCount, outputSent;
    struct connection *nextClosed;
    char input[inputMax], output[outputMax];
};

static int poller;
static struct connection *closedConnections;
// Those whose responses are not due yet, by age: all requests of a run ask for the same delay.
static struct connection *firstDelayed, **lastDelayed = &firstDelayed;
static struct { unsigned long long accepted, open, mostOpen, requests, bodyBytes; } counts;
static char fillerBytes[65536];

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static void closeConnection(struct connection *connection) {
    if (connection->closed) return;
    connection->closed = true;
    close(connection->fd);
    if (connection->kind == requestConnection) counts.open--;
    connection->nextClosed = closedConnections;
    closedConnections = connection;
}

static struct connection *listenOn(enum kind kind, int *port) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    int on = 1;
    struct connection *listener = calloc(1, sizeof *listener);
    if (listener == NULL) fail("upstream: calloc");
    listener->kind = kind;
    listener->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (bind(listener->fd, (struct sockaddr *)&address, length) != 0) fail("upstream: bind");
    if (listen(listener->fd, 4096) != 0) fail("upstream: listen");
    if (getsockname(listener->fd, (struct sockaddr *)&address, &length) != 0) fail("upstream: getsockname");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, listener->fd, &event) != 0) fail("upstream: epoll_ctl");
    *port = ntohs(address.sin_port);
    return listener;
}

static void acceptConnections(struct connection *listener) {
    for (int count = 0; count < 64; count++) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        // malloc and not calloc: the two buffers need no zeros, and in normal mode this runs for each request.
        struct connection *connection = malloc(sizeof *connection);
        if (connection == NULL) fail("upstream: malloc");
        memset(connection, 0, offsetof(struct connection, input));
        connection->fd = fd;
        connection->kind = listener->kind == requestListener ? requestConnection : statsConnection;
        if (connection->kind == requestConnection) {
            counts.accepted++;
            if (++counts.open > counts.mostOpen) counts.mostOpen = counts.open;
        }
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
        if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event) != 0) closeConnection(connection);
    }
}

// Sends what is queued; false when the connection is gone or its peer must be waited for.
static bool flush(struct connection *connection) {
    while (connection->outputSent < connection->outputCount || connection->filler > 0) {
        bool inOutput = connection->outputSent < connection->outputCount;
        const char *bytes = inOutput ? connection->output + connection->outputSent : fillerBytes;
        size_t count = inOutput ? connection->outputCount - connection->outputSent : sizeof fillerBytes;
        if (!inOutput && count > connection->filler) count = (size_t)connection->filler;
        int more = inOutput && connection->filler > 0 ? MSG_MORE : 0;
        ssize_t sent = send(connection->fd, bytes, count, MSG_NOSIGNAL | more);
        if (sent < 0 && errno == EAGAIN) return false;
        if (sent < 0) {
            closeConnection(connection);
            return false;
        }
        if (inOutput) connection->outputSent += (size_t)sent;
        else connection->filler -= (unsigned long long)sent;
    }
    connection->outputCount = connection->outputSent = 0;
    // The output may be an interim response only: the close belongs to the final one.
    if (connection->closeAfterOutput && connection->part == head) closeConnection(connection);
    return !connection->closed;
}

static void queueResponse(struct connection *connection) {
    static const char smallBody[] = "The upstream answers the same few bytes each time.\n";
    char stats[256];
    const char *body = smallBody, *type = "text/plain";
    if (connection->kind == statsConnection) {
        snprintf(
            stats, sizeof stats,
            "{\"accepted\": %llu, \"open\": %llu, \"mostOpen\": %llu, \"requests\": %llu, \"bodyBytes\": %llu}\n",
            counts.accepted, counts.open, counts.mostOpen, counts.requests, counts.bodyBytes);
        body = stats;
        type = "application/json";
    }
    int count = snprintf(
        connection->output + connection->outputCount, outputMax - connection->outputCount,
        "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nCache-Control: no-store\r\nContent-Length: %llu\r\n%s\r\n%s", type,
        connection->isBytes ? connection->bytes : strlen(body),
        connection->closeAfterOutput ? "Connection: close\r\n"
        : connection->keepAlive10 ? "Connection: keep-alive\r\n" : "",
        connection->isHead || connection->isBytes ? "" : body);
    connection->outputCount += (size_t)count;
    if (connection->isBytes && !connection->isHead) connection->filler = connection->bytes;
    connection->owesResponse = false;
}

static long long milliseconds(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

static void delayResponse(struct connection *connection) {
    // One more, since the clock's milliseconds may be nearly over: never less than was asked for.
    connection->due = milliseconds() + connection->delay + 1;
    connection->isDelayed = true;
    connection->nextDelayed = NULL;
    *lastDelayed = connection;
    lastDelayed = &connection->nextDelayed;
}

// Whether a comma-separated field value holds a token, in any case (RFC 9110, section 5.6.1).
static bool hasToken(const char *value, size_t count, const char *token) {
    size_t length = strlen(token), start = 0;
    while (start < count) {
        size_t end = start;
        while (end < count && value[end] != ',') end++;
        size_t first = start, last = end;
        while (first < last && (value[first] == ' ' || value[first] == '\t')) first++;
        while (last > first && (value[last - 1] == ' ' || value[last - 1] == '\t')) last--;
        if (last - first == length && strncasecmp(value + first, token, length) == 0) return true;
        start = end + 1;
    }
    return false;
}

struct request {
    bool isVersion10, close, keepAlive, chunked, expectsContinue;
    unsigned long long contentLength;
};

static void readFields(const char *line, const char *end, struct request *request) {
    while (line < end) {
        const char *next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL) next = end;
        const char *colon = memchr(line, ':', (size_t)(next - line));
        if (colon != NULL) {
            size_t name = (size_t)(colon - line);
            const char *value = colon + 1, *last = next;
            while (value < last && (*value == ' ' || *value == '\t')) value++;
            while (last > value && (last[-1] == '\r' || last[-1] == ' ')) last--;
            size_t count = (size_t)(last - value);
            if (name == 10 && strncasecmp(line, "connection", 10) == 0) {
                request->close |= hasToken(value, count, "close");
                request->keepAlive |= hasToken(value, count, "keep-alive");
            } else if (name == 14 && strncasecmp(line, "content-length", 14) == 0) {
                request->contentLength = strtoull(value, NULL, 10);
            } else if (name == 17 && strncasecmp(line, "transfer-encoding", 17) == 0) {
                request->chunked = hasToken(value, count, "chunked");
            } else if (name == 6 && strncasecmp(line, "expect", 6) == 0) {
                request->expectsContinue = hasToken(value, count, "100-continue");
            }
        }
        line = next + 1;
    }
}

// Takes the head at the start of the input, and notes how it is to be answered once its body has been read.
static void takeHead(struct connection *connection, const char *bytes, size_t count) {
    struct request request = {0};
    const char *lineEnd = memchr(bytes, '\n', count);
    const char *target = memchr(bytes, ' ', (size_t)(lineEnd - bytes));
    if (target == NULL) {
        closeConnection(connection);
        return;
    }
    target++;
    request.isVersion10 = memmem(bytes, (size_t)(lineEnd - bytes), " HTTP/1.0", 9) != NULL;
    readFields(lineEnd + 1, bytes + count, &request);
    if (connection->kind == requestConnection) counts.requests++;
    connection->owesResponse = true;
    connection->isHead = count > 5 && memcmp(bytes, "HEAD ", 5) == 0;
    connection->closeAfterOutput =
        connection->kind == statsConnection || request.close || (request.isVersion10 && !request.keepAlive);
    connection->keepAlive10 = request.isVersion10 && !connection->closeAfterOutput;
    connection->isBytes = connection->kind == requestConnection && strncmp(target, "/bytes/", 7) == 0;
    if (connection->isBytes) connection->bytes = strtoull(target + 7, NULL, 10);
    connection->delay = strncmp(target, "/delay/", 7) == 0 ? strtoll(target + 7, NULL, 10) : 0;
    connection->part = request.chunked ? chunkSize : request.contentLength > 0 ? fixedBody : head;
    connection->left = request.chunked ? 0 : request.contentLength;
    connection->lineHasBytes = false;
    if (request.expectsContinue) {
        static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
        memcpy(connection->output + connection->outputCount, interim, sizeof interim - 1);
        connection->outputCount += sizeof interim - 1;
    }
}

// Takes one byte of a chunked body's frame (not of its data).
static void takeFrameByte(struct connection *connection, char byte) {
    switch (connection->part) {
    case chunkSize:
        if (isxdigit((unsigned char)byte)) {
            int digit = isdigit((unsigned char)byte) ? byte - '0' : (byte | 0x20) - 'a' + 10;
            connection->left = connection->left * 16 + (unsigned long long)digit;
            break;
        }
        connection->part = chunkExtension;
        __attribute__((fallthrough));  // the byte may be the line's end
    case chunkExtension:
        if (byte == '\n') connection->part = connection->left > 0 ? chunkData : trailer;
        break;
    case chunkEnd:
        if (byte == '\n') connection->part = chunkSize;
        break;
    case trailer:
        if (byte == '\n' && !connection->lineHasBytes) connection->part = head;
        connection->lineHasBytes = byte != '\n' && (connection->lineHasBytes || byte != '\r');
        break;
    case head: case fixedBody: case chunkData:
        break;
    }
}

// Works through the input until it needs more bytes or the output must be sent first.
static void process(struct connection *connection) {
    size_t at = 0;
    while (at < connection->inputCount && !connection->closed) {
        if (connection->part == head) {
            // Room for one more response must be left, and a filler ends what can be queued.
            if (connection->closeAfterOutput || connection->filler > 0 || connection->isDelayed) break;
            if (connection->outputCount > outputMax - 1024) break;
            char *start = connection->input + at;
            char *end = memmem(start, connection->inputCount - at, "\r\n\r\n", 4);
            if (end == NULL) break;
            takeHead(connection, start, (size_t)(end + 4 - start));
            at += (size_t)(end + 4 - start);
        } else if (connection->part == fixedBody || connection->part == chunkData) {
            unsigned long long count = connection->inputCount - at;
            if (count > connection->left) count = connection->left;
            connection->left -= count;
            counts.bodyBytes += count;
            at += (size_t)count;
            if (connection->left == 0) connection->part = connection->part == fixedBody ? head : chunkEnd;
        } else {
            takeFrameByte(connection, connection->input[at++]);
        }
        if (connection->part == head && connection->owesResponse && !connection->closed && !connection->isDelayed) {
            if (connection->delay > 0) delayResponse(connection);
            else queueResponse(connection);
        }
    }
    connection->inputCount -= at;
    memmove(connection->input, connection->input + at, connection->inputCount);
    if (connection->inputCount == inputMax && connection->outputCount == 0 && connection->filler == 0) {
        closeConnection(connection);  // a head that does not fit
    }
}

static void watchOutput(struct connection *connection, bool wanted) {
    if (connection->closed || connection->watchesOutput == wanted) return;
    connection->watchesOutput = wanted;
    // While output waits nothing more is read: back-pressure on a peer that does not take its responses.
    struct epoll_event event = {.events = wanted ? EPOLLOUT : EPOLLIN, .data.ptr = connection};
    if (epoll_ctl(poller, EPOLL_CTL_MOD, connection->fd, &event) != 0) closeConnection(connection);
}

// Answers what is due; returns how long the next one has to wait, in milliseconds (-1: there is none).
static int answerDelayed(void) {
    while (firstDelayed != NULL) {
        struct connection *connection = firstDelayed;
        long long wait = connection->due - milliseconds();
        if (wait > 0) return (int)wait;
        firstDelayed = connection->nextDelayed;
        if (firstDelayed == NULL) lastDelayed = &firstDelayed;
        connection->isDelayed = false;
        if (connection->closed) {
            free(connection);
            continue;
        }
        queueResponse(connection);
        watchOutput(connection, !flush(connection));
    }
    return -1;
}

static void serve(struct connection *connection, unsigned events) {
    if (events & EPOLLIN) {
        ssize_t count = recv(
            connection->fd, connection->input + connection->inputCount, inputMax - connection->inputCount, 0);
        if (count < 0 && errno == EAGAIN) return;
        if (count <= 0) {
            closeConnection(connection);
            return;
        }
        connection->inputCount += (size_t)count;
    } else if (events & (EPOLLERR | EPOLLHUP)) {
        closeConnection(connection);
        return;
    }
    size_t before;
    do {
        before = connection->inputCount;
        process(connection);
        if (connection->closed) return;
        if (!flush(connection)) {
            watchOutput(connection, true);
            return;
        }
    } while (connection->inputCount > 0 && connection->inputCount < before);
    watchOutput(connection, false);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    memset(fillerBytes, 'x', sizeof fillerBytes);
    poller = epoll_create1(EPOLL_CLOEXEC);
    if (poller < 0) fail("upstream: epoll_create1");
    int requestPort, statsPort;
    listenOn(requestListener, &requestPort);
    listenOn(statsListener, &statsPort);
    printf("%d %d\n", requestPort, statsPort);
    fflush(stdout);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(poller, events, 256, answerDelayed());
        if (count < 0 && errno != EINTR) fail("upstream: epoll_wait");
        for (int index = 0; index < count; index++) {
            struct connection *connection = events[index].data.ptr;
            if (connection->closed) continue;
            if (connection->kind == requestListener || connection->kind == statsListener) acceptConnections(connection);
            else serve(connection, events[index].events);
        }
        while (closedConnections != NULL) {
            struct connection *next = closedConnections->nextClosed;
            if (!closedConnections->isDelayed) free(closedConnections);
            closedConnections = next;
        }
    }
}
