// What Swift cannot import of libmicrohttpd: variadic calls and macros. Everything else is called directly.
#ifndef SLUICE_CMICROHTTPD_H
#define SLUICE_CMICROHTTPD_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/// What a daemon is started with. Every pointer given to a callback is `context`.
struct sluice_mhd_settings {
    /// A listening socket; the daemon owns it once it has started.
    int listen_socket;
    unsigned int connections_max;
    /// 0 for no limit.
    unsigned int connections_per_address_max;
    unsigned int idle_timeout_seconds;
    /// Bytes of memory a connection has for its head and for what it sends.
    size_t connection_memory_bytes;
    MHD_AcceptPolicyCallback accepting;
    MHD_NotifyConnectionCallback connection_changed;
    /// Sees the request target as it was sent; what it returns is the request's own pointer.
    void *(*target_seen)(void *context, const char *target, struct MHD_Connection *connection);
    MHD_AccessHandlerCallback handler;
    MHD_RequestCompletedCallback request_ended;
    void *context;
};

/// Starts a daemon with one epoll thread; null when the library cannot.
struct MHD_Daemon *sluice_mhd_start(const struct sluice_mhd_settings *settings);

/// The client's address, or null.
const struct sockaddr *sluice_mhd_client_address(struct MHD_Connection *connection);

/// The connection's socket, or -1.
int sluice_mhd_client_socket(struct MHD_Connection *connection);

/// The pointer that `connection_changed` set for the connection, or null.
void *sluice_mhd_connection_context(struct MHD_Connection *connection);

/// The bytes of the request's head, from its method to the end of the empty line, or 0.
size_t sluice_mhd_head_bytes(struct MHD_Connection *connection);

/// Writes an address as `127.0.0.1:80` or `[::1]:80`; false when it is of another family or does not fit.
bool sluice_mhd_address_text(const struct sockaddr *address, char *text, size_t text_bytes);

/// MHD_SIZE_UNKNOWN: a body that ends when its reader says so.
static inline uint64_t sluice_mhd_size_unknown(void) { return MHD_SIZE_UNKNOWN; }

/// MHD_CONTENT_READER_END_OF_STREAM: the body is complete.
static inline ssize_t sluice_mhd_end_of_stream(void) { return MHD_CONTENT_READER_END_OF_STREAM; }

/// MHD_CONTENT_READER_END_WITH_ERROR: the body is cut short and the connection closed.
static inline ssize_t sluice_mhd_end_with_error(void) { return MHD_CONTENT_READER_END_WITH_ERROR; }

#endif
