// Starts a server, asks it for / until it answers, ends it, and prints how many microseconds passed between the start
// and the first whole response head.
//
// Usage: start CORE PORT COMMAND ARGUMENT…

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static void become(int core, char **command) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(core, &cores);
    int nowhere = open("/dev/null", O_RDWR);
    if (sched_setaffinity(0, sizeof cores, &cores) == 0 && nowhere >= 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        dup2(nowhere, STDIN_FILENO);
        dup2(nowhere, STDOUT_FILENO);
        execv(command[0], command);
    }
    perror("start");
    _exit(127);
}

// Whether the server answered 200. Its port refuses connections until it listens.
static bool asks(int port) {
    static const char request[] = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    struct timeval limit = {.tv_sec = 5};
    char input[4096] = "";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    bool answered = connect(fd, (struct sockaddr *)&address, sizeof address) == 0
        && send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == sizeof request - 1
        && recv(fd, input, sizeof input - 1, 0) > 0 && strncmp(input, "HTTP/1.1 200", 12) == 0
        && strstr(input, "\r\n\r\n") != NULL;
    close(fd);
    return answered;
}

int main(int argc, char **argv) {
    if (argc < 4) {
        fprintf(stderr, "usage: start CORE PORT COMMAND ARGUMENT...\n");
        return 64;
    }
    int64_t begin = now();
    pid_t child = fork();
    if (child < 0) return 71;
    if (child == 0) become(atoi(argv[1]), argv + 3);
    bool answered = false;
    while (!answered && now() - begin < 10000000000LL && waitpid(child, NULL, WNOHANG) == 0) {
        answered = asks(atoi(argv[2]));
        if (!answered) usleep(100);
    }
    int64_t end = now();
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    if (answered) printf("%lld\n", (long long)(end - begin) / 1000);
    return answered ? 0 : 1;
}
