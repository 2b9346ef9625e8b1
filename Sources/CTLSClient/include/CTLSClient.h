// One HTTP exchange over TLS, for the command line: GnuTLS is there already, as libmicrohttpd's TLS.
#ifndef SLUICE_CTLSCLIENT_H
#define SLUICE_CTLSCLIENT_H

#include <stddef.h>

/// Where a request is sent and who is trusted.
struct sluice_tls_peer {
    /// A name or a literal address, which the certificate must have.
    const char *host;
    /// In decimal.
    const char *port;
    /// A PEM file of authorities; null for those of the system.
    const char *ca_file;
    /// PEM files with the client's own certificate and key; null for none.
    const char *certificate_file;
    const char *key_file;
    /// How long one step may take: to connect, to shake hands, to send, to be sent something.
    unsigned int timeout_seconds;
};

/// What came back, up to the server's end of the connection.
struct sluice_tls_answer {
    /// The caller frees it; null when nothing came.
    unsigned char *bytes;
    size_t count;
};

/// Sends `request` and receives everything up to `answer_max` bytes. It blocks.
///
/// Returns 0, or -1 with the reason in words, ended by a zero and cut to `reason_bytes`.
int sluice_tls_exchange(
    const struct sluice_tls_peer *peer, const void *request, size_t request_bytes, size_t answer_max,
    struct sluice_tls_answer *answer, char *reason, size_t reason_bytes);

#endif
