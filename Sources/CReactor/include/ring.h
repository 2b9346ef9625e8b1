// An io_uring by its raw system calls: polls, closes and cancellations, all of a turn handed in by the call that waits.
#ifndef SLUICE_RING_H
#define SLUICE_RING_H

#include <stdint.h>

struct sluice_ring;

struct sluice_completion {
    /// What the poll was given; SLUICE_RING_NOTHING for whatever is no poll.
    uint64_t data;
    /// The events, as epoll numbers them, or minus errno.
    int32_t result;
    /// Whether the poll goes on.
    int32_t more;
};

static const uint64_t SLUICE_RING_NOTHING = UINT64_MAX;

// Each returns 0 or minus errno where nothing else is said. All but the first are for one thread only, the one that
// calls any of them first.

/// Makes a ring; -ENOSYS, -EINVAL or -EPERM where the kernel is too old (before Linux 6.1) or forbids it.
int sluice_ring_create(struct sluice_ring **ring);
/// Hands in what is queued, and lets go of everything.
void sluice_ring_destroy(struct sluice_ring *ring);

/// Queues a poll of `events`: of one event, or of every edge until it is cancelled.
int sluice_ring_poll(struct sluice_ring *ring, int descriptor, uint32_t events, int repeats, uint64_t data);
/// Queues the end of the poll that was given `data`.
int sluice_ring_cancel(struct sluice_ring *ring, uint64_t data);
/// Queues a close.
int sluice_ring_close(struct sluice_ring *ring, int descriptor);
/// Hands in what is queued, without waiting.
int sluice_ring_submit(struct sluice_ring *ring);
/// Hands in what is queued and waits for completions, in nanoseconds and below zero for ever; returns how many it took.
int sluice_ring_wait(struct sluice_ring *ring, struct sluice_completion *completions, int capacity,
                     int64_t timeout_nanoseconds);

#endif
