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
    /// Certificate and key in PEM, which only have to live during the start; null for no TLS. Each connection is to get
    /// its own by `sluice_mhd_use_tls` when it starts.
    const char *tls_certificate;
    const char *tls_key;
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

/// Writes the address, without the port, that the client connected to; false when it has none, or it does not fit.
bool sluice_mhd_local_host(struct MHD_Connection *connection, char *text, size_t text_bytes);

/// The bytes of the request's head, from its method to the end of the empty line, or 0.
size_t sluice_mhd_head_bytes(struct MHD_Connection *connection);

/// Writes an address as `127.0.0.1:80` or `[::1]:80`; false when it is of another family or does not fit.
bool sluice_mhd_address_text(const struct sockaddr *address, char *text, size_t text_bytes);

/// Certificate, key and the authorities that clients' certificates are held against, in PEM.
struct sluice_tls_pem {
    const void *certificate;
    size_t certificate_bytes;
    const void *key;
    size_t key_bytes;
    /// Null: clients are asked for no certificate.
    const void *client_ca;
    size_t client_ca_bytes;
};

/// What of it could not be loaded.
enum sluice_tls_part {
    SLUICE_TLS_NONE,
    SLUICE_TLS_CERTIFICATE,
    SLUICE_TLS_KEY,
    SLUICE_TLS_CLIENT_CA,
    SLUICE_TLS_MEMORY,
};

/// The same, loaded, to be used by any number of connections.
struct sluice_tls;

/// Loads it; null when something is wrong: then `wrong` says what, and `reason` is GnuTLS' constant word for it.
struct sluice_tls *sluice_tls_load(
    const struct sluice_tls_pem *pem, enum sluice_tls_part *wrong, const char **reason);

/// Frees it; no connection may use it any more.
void sluice_tls_free(struct sluice_tls *tls);

/// Gives it to a connection that has just started. It must live until that connection is closed.
void sluice_mhd_use_tls(struct MHD_Connection *connection, struct sluice_tls *tls);

/// Whether the client has shown a certificate, made for clients, that leads to one of the authorities.
bool sluice_mhd_client_is_verified(struct MHD_Connection *connection);

/// Has the calling thread give way to the others of the process when the processor is short.
void sluice_thread_be_nice(void);

/// MHD_SIZE_UNKNOWN: a body that ends when its reader says so.
static inline uint64_t sluice_mhd_size_unknown(void) { return MHD_SIZE_UNKNOWN; }

/// MHD_CONTENT_READER_END_OF_STREAM: the body is complete.
static inline ssize_t sluice_mhd_end_of_stream(void) { return MHD_CONTENT_READER_END_OF_STREAM; }

/// MHD_CONTENT_READER_END_WITH_ERROR: the body is cut short and the connection closed.
static inline ssize_t sluice_mhd_end_with_error(void) { return MHD_CONTENT_READER_END_WITH_ERROR; }

#endif
