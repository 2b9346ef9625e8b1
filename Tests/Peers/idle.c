// Clients that stay. Opens connections one after the other, each of which may have one request answered, and then
// holds them until it is told to end (SIGTERM).
//
// Usage: idle PORT CONNECTIONS [PATH]; without a path the connections never send a byte. Prints how many are open as
// one line, and when it ends how many of them the proxy has closed meanwhile.

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static void fail(const char *what) {
    perror(what);
    exit(1);
}

static int openConnection(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) fail("idle: socket");
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) fail("idle: connect");
    return fd;
}

// Waits for the whole of a small response with a Content-Length.
static void ask(int fd, const char *request) {
    char input[4096];
    size_t count = 0;
    if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0) fail("idle: send");
    for (;;) {
        ssize_t received = recv(fd, input + count, sizeof input - 1 - count, 0);
        if (received <= 0) fail("idle: recv");
        count += (size_t)received;
        input[count] = 0;
        char *end = strstr(input, "\r\n\r\n"), *length = strcasestr(input, "\r\ncontent-length:");
        if (end == NULL) continue;
        if (count >= (size_t)(end + 4 - input) + (length == NULL ? 0 : strtoul(length + 17, NULL, 10))) break;
    }
    if (memcmp(input, "HTTP/1.1 200", 12) != 0) {
        fprintf(stderr, "idle: %.64s\n", input);
        exit(1);
    }
}

int main(int argc, char **argv) {
    if (argc < 3 || argc > 4) {
        fprintf(stderr, "usage: idle PORT CONNECTIONS [PATH]\n");
        return 64;
    }
    int port = atoi(argv[1]), count = atoi(argv[2]);
    if (count < 1) return 64;
    int *connections = calloc((size_t)count, sizeof *connections);
    if (connections == NULL) fail("idle: calloc");
    char request[1024];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", argc > 3 ? argv[3] : "");
    sigset_t end;
    sigemptyset(&end);
    sigaddset(&end, SIGTERM);
    sigprocmask(SIG_BLOCK, &end, NULL);
    for (int index = 0; index < count; index++) {
        connections[index] = openConnection(port);
        if (argc > 3) ask(connections[index], request);
    }
    printf("%d\n", count);
    fflush(stdout);
    int signalNumber, closed = 0;
    sigwait(&end, &signalNumber);
    for (int index = 0; index < count; index++) {
        char byte;
        bool isOpen = recv(connections[index], &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
        if (!isOpen) closed++;
    }
    printf("%d\n", closed);
    return 0;
}
