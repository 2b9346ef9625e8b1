#define _GNU_SOURCE
#include "ring.h"

#include <errno.h>
#include <linux/io_uring.h>
#include <linux/time_types.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    // What a turn queues beyond this costs a system call more.
    QUEUE = 512,
    // Room for an event of each of many clients at once; the kernel keeps what does not fit, at a price.
    COMPLETIONS = 4096,
    // How many events the kernel works off before it returns, and again when something is handed in (Linux 6.18).
    BATCH = 20,
};

struct sluice_ring {
    int descriptor;
    int is_enabled;
    // Whether the last wait brought a whole batch, so that there are probably more.
    int is_crowded;
    // The kernel moves the first and reads the second.
    uint32_t *queue_head, *queue_tail;
    uint32_t queue_mask;
    struct io_uring_sqe *queue;
    // The kernel moves the second and reads the first.
    uint32_t *completions_head, *completions_tail;
    uint32_t completions_mask;
    struct io_uring_cqe *completions;
    void *rings;
    size_t rings_size, queue_size;
};

static uint32_t acquire(const uint32_t *number) { return __atomic_load_n(number, __ATOMIC_ACQUIRE); }

static void release(uint32_t *number, uint32_t value) { __atomic_store_n(number, value, __ATOMIC_RELEASE); }

// How much is queued that the kernel has not taken. Only this side moves the tail.
static uint32_t queued(const struct sluice_ring *ring) { return *ring->queue_tail - acquire(ring->queue_head); }

static int map(struct sluice_ring *ring, const struct io_uring_params *p) {
    size_t first = p->sq_off.array + p->sq_entries * sizeof(uint32_t);
    size_t second = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
    ring->rings_size = first > second ? first : second;
    ring->queue_size = p->sq_entries * sizeof(struct io_uring_sqe);
    int access = PROT_READ | PROT_WRITE, descriptor = ring->descriptor;
    char *rings = mmap(NULL, ring->rings_size, access, MAP_SHARED, descriptor, IORING_OFF_SQ_RING);
    if (rings == MAP_FAILED) return -errno;
    ring->rings = rings;
    struct io_uring_sqe *queue = mmap(NULL, ring->queue_size, access, MAP_SHARED, descriptor, IORING_OFF_SQES);
    if (queue == MAP_FAILED) return -errno;
    ring->queue = queue;
    ring->queue_head = (uint32_t *)(rings + p->sq_off.head);
    ring->queue_tail = (uint32_t *)(rings + p->sq_off.tail);
    ring->queue_mask = *(uint32_t *)(rings + p->sq_off.ring_mask);
    ring->completions_head = (uint32_t *)(rings + p->cq_off.head);
    ring->completions_tail = (uint32_t *)(rings + p->cq_off.tail);
    ring->completions_mask = *(uint32_t *)(rings + p->cq_off.ring_mask);
    ring->completions = (struct io_uring_cqe *)(rings + p->cq_off.cqes);
    // Entries are handed in in the order of their places.
    uint32_t *order = (uint32_t *)(rings + p->sq_off.array);
    for (uint32_t i = 0; i < p->sq_entries; i++) order[i] = i;
    return 0;
}

int sluice_ring_create(struct sluice_ring **made) {
    // Completions are worked off when the loop waits and not in between (Linux 6.1). That binds the ring to a thread:
    // the one that enables it, which is not the one that makes it.
    struct io_uring_params p = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_R_DISABLED |
                 IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE,
        .cq_entries = COMPLETIONS,
    };
    struct sluice_ring *ring = calloc(1, sizeof *ring);
    if (ring == NULL) return -ENOMEM;
    ring->descriptor = (int)syscall(SYS_io_uring_setup, QUEUE, &p);
    int result = ring->descriptor < 0 ? -errno : map(ring, &p);
    if (result < 0) {
        sluice_ring_destroy(ring);
        return result;
    }
    *made = ring;
    return 0;
}

void sluice_ring_destroy(struct sluice_ring *ring) {
    if (ring->queue != NULL) {
        sluice_ring_submit(ring);
        munmap(ring->queue, ring->queue_size);
    }
    if (ring->rings != NULL) munmap(ring->rings, ring->rings_size);
    if (ring->descriptor >= 0) close(ring->descriptor);
    free(ring);
}

// Hands in what is queued; with a timeout, waits for a completion.
static int enter(struct sluice_ring *ring, const struct io_uring_getevents_arg *timeout) {
    if (!ring->is_enabled) {
        if (syscall(SYS_io_uring_register, ring->descriptor, IORING_REGISTER_ENABLE_RINGS, NULL, 0) < 0) return -errno;
        ring->is_enabled = 1;
    }
    unsigned flags = IORING_ENTER_GETEVENTS | (timeout == NULL ? 0 : IORING_ENTER_EXT_ARG);
    size_t size = timeout == NULL ? 0 : sizeof *timeout;
    long result = syscall(SYS_io_uring_enter, ring->descriptor, queued(ring), timeout != NULL, flags, timeout, size);
    return result < 0 ? -errno : 0;
}

int sluice_ring_submit(struct sluice_ring *ring) { return enter(ring, NULL); }

// A cleared entry at the end of the queue, or NULL when even handing in makes no room.
static struct io_uring_sqe *next(struct sluice_ring *ring, uint8_t operation, int descriptor, uint64_t data) {
    if (queued(ring) > ring->queue_mask) {
        enter(ring, NULL);
        if (queued(ring) > ring->queue_mask) return NULL;
    }
    struct io_uring_sqe *entry = &ring->queue[*ring->queue_tail & ring->queue_mask];
    memset(entry, 0, sizeof *entry);
    entry->opcode = operation;
    entry->fd = descriptor;
    entry->user_data = data;
    return entry;
}

// The entry is complete.
static int queue(struct sluice_ring *ring) {
    release(ring->queue_tail, *ring->queue_tail + 1);
    return 0;
}

int sluice_ring_poll(struct sluice_ring *ring, int descriptor, uint32_t events, int repeats, uint64_t data) {
    struct io_uring_sqe *entry = next(ring, IORING_OP_POLL_ADD, descriptor, data);
    if (entry == NULL) return -EBUSY;
    entry->poll32_events = events;
    entry->len = repeats ? IORING_POLL_ADD_MULTI : 0;
    return queue(ring);
}

// Not IORING_OP_POLL_REMOVE: that one fails, and leaves the poll armed, while an event of it is on its way.
int sluice_ring_cancel(struct sluice_ring *ring, uint64_t data) {
    struct io_uring_sqe *entry = next(ring, IORING_OP_ASYNC_CANCEL, -1, SLUICE_RING_NOTHING);
    if (entry == NULL) return -EBUSY;
    entry->addr = data;
    entry->flags = IOSQE_CQE_SKIP_SUCCESS;
    return queue(ring);
}

int sluice_ring_close(struct sluice_ring *ring, int descriptor) {
    struct io_uring_sqe *entry = next(ring, IORING_OP_CLOSE, descriptor, SLUICE_RING_NOTHING);
    if (entry == NULL) return -EBUSY;
    entry->flags = IOSQE_CQE_SKIP_SUCCESS;
    return queue(ring);
}

// Something to hand in: half the calls that wait where many events come at once, 4.06 a keep-alive request and not 4.11.
static void queue_nothing(struct sluice_ring *ring) {
    struct io_uring_sqe *entry = next(ring, IORING_OP_NOP, -1, SLUICE_RING_NOTHING);
    if (entry == NULL) return;
    entry->flags = IOSQE_CQE_SKIP_SUCCESS;
    queue(ring);
}

int sluice_ring_wait(struct sluice_ring *ring, struct sluice_completion *completions, int capacity,
                     int64_t timeout_nanoseconds) {
    struct __kernel_timespec time = {timeout_nanoseconds / 1000000000, timeout_nanoseconds % 1000000000};
    struct io_uring_getevents_arg timeout = {.ts = timeout_nanoseconds < 0 ? 0 : (uint64_t)(uintptr_t)&time};
    if (ring->is_crowded && queued(ring) == 0) queue_nothing(ring);
    // Completions that are there already end the wait at once. Whatever else it fails with, they are taken.
    int result = enter(ring, timeout_nanoseconds == 0 ? NULL : &timeout);
    uint32_t head = *ring->completions_head, tail = acquire(ring->completions_tail);
    int count = 0;
    for (; head != tail && count < capacity; head++, count++) {
        const struct io_uring_cqe *taken = &ring->completions[head & ring->completions_mask];
        completions[count].data = taken->user_data;
        completions[count].result = taken->res;
        completions[count].more = (taken->flags & IORING_CQE_F_MORE) != 0;
    }
    release(ring->completions_head, head);
    ring->is_crowded = count >= BATCH;
    return count > 0 || result == -ETIME || result == -EINTR ? count : result;
}
