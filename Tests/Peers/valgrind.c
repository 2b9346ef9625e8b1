// Loaded before the C library (LD_PRELOAD) when Sluice runs under valgrind 3.19, which cannot do two of its calls. It
// ends when the mask of sigsuspend(2) is in read-only memory, as libdispatch's is, since it writes to it; and it does
// not know epoll_pwait2(2). Both are called a few times in a thousand requests, so the count does not feel it.

#define _GNU_SOURCE
#include <limits.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

int sigsuspend(const sigset_t *mask) {
    sigset_t copy = *mask;
    return (int)syscall(SYS_rt_sigsuspend, &copy, _NSIG / 8);
}

int epoll_pwait2(int epoll, struct epoll_event *events, int limit, const struct timespec *timeout,
                 const sigset_t *mask) {
    long long milliseconds = -1;
    if (timeout != NULL) {
        // Rounded up: a wait that ends early would be repeated with nothing to do.
        milliseconds = timeout->tv_sec * 1000LL + (timeout->tv_nsec + 999999) / 1000000;
        if (milliseconds > INT_MAX) milliseconds = INT_MAX;
    }
    return epoll_pwait(epoll, events, limit, (int)milliseconds, mask);
}
