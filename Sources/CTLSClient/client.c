#include "CTLSClient.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

struct exchange {
    int socket;
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    char *reason;
    size_t reason_bytes;
};

static int fail(struct exchange *it, const char *what, const char *why) {
    snprintf(it->reason, it->reason_bytes, "%s: %s", what, why);
    return -1;
}

static int connect_to(struct exchange *it, const struct sluice_tls_peer *peer) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *addresses = NULL;
    int code = getaddrinfo(peer->host, peer->port, &hints, &addresses);
    if (code != 0) return fail(it, "the name cannot be looked up", gai_strerror(code));
    int error = 0;
    for (struct addrinfo *next = addresses; next != NULL && it->socket < 0; next = next->ai_next) {
        int descriptor = socket(next->ai_family, SOCK_STREAM | SOCK_CLOEXEC, next->ai_protocol);
        struct timeval patience = {.tv_sec = peer->timeout_seconds};
        // On Linux the time to send bounds connecting too (socket(7)).
        if (descriptor >= 0 && setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
            connect(descriptor, next->ai_addr, next->ai_addrlen) == 0) {
            it->socket = descriptor;
        } else {
            error = errno;
            if (descriptor >= 0) close(descriptor);
        }
    }
    freeaddrinfo(addresses);
    return it->socket < 0 ? fail(it, "nothing accepts a connection there", strerror(error)) : 0;
}

static int load_credentials(struct exchange *it, const struct sluice_tls_peer *peer) {
    int code = gnutls_certificate_allocate_credentials(&it->credentials);
    if (code < 0) return fail(it, "TLS", gnutls_strerror(code));
    code = peer->ca_file == NULL
        ? gnutls_certificate_set_x509_system_trust(it->credentials)
        : gnutls_certificate_set_x509_trust_file(it->credentials, peer->ca_file, GNUTLS_X509_FMT_PEM);
    // Without system trust every certificate is refused, which the handshake says; a file was named to be used.
    if (peer->ca_file != NULL && code == 0) return fail(it, peer->ca_file, "has no certificate");
    if (peer->ca_file != NULL && code < 0) return fail(it, peer->ca_file, gnutls_strerror(code));
    if (peer->certificate_file == NULL) return 0;
    code = gnutls_certificate_set_x509_key_file(
        it->credentials, peer->certificate_file, peer->key_file, GNUTLS_X509_FMT_PEM);
    return code < 0 ? fail(it, peer->certificate_file, gnutls_strerror(code)) : 0;
}

static int shake_hands(struct exchange *it, const struct sluice_tls_peer *peer) {
    int code = gnutls_init(&it->session, GNUTLS_CLIENT);
    if (code < 0) return fail(it, "TLS", gnutls_strerror(code));
    gnutls_set_default_priority(it->session);
    gnutls_credentials_set(it->session, GNUTLS_CRD_CERTIFICATE, it->credentials);
    // RFC 6066, section 3: a literal address is no server name. A bracket or a letter past f shows a name.
    if (strspn(peer->host, "0123456789abcdefABCDEF.:") != strlen(peer->host))
        gnutls_server_name_set(it->session, GNUTLS_NAME_DNS, peer->host, strlen(peer->host));
    gnutls_session_set_verify_cert(it->session, peer->host, 0);
    gnutls_transport_set_int2(it->session, it->socket, it->socket);
    gnutls_handshake_set_timeout(it->session, peer->timeout_seconds * 1000);
    do code = gnutls_handshake(it->session);
    while (code == GNUTLS_E_INTERRUPTED);
    if (code == 0) return 0;
    gnutls_datum_t words = {0};
    unsigned int status = gnutls_session_get_verify_cert_status(it->session);
    if (code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR &&
        gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0) == 0) {
        fail(it, "its certificate is not trusted (--ca-file names who signed it)", (const char *)words.data);
        gnutls_free(words.data);
        return -1;
    }
    return fail(it, "the TLS handshake failed", gnutls_strerror(code));
}

static int send_all(struct exchange *it, const unsigned char *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = gnutls_record_send(it->session, bytes, count);
        if (sent == GNUTLS_E_INTERRUPTED) continue;
        if (sent < 0) return fail(it, "the request could not be sent", gnutls_strerror((int)sent));
        bytes += sent;
        count -= (size_t)sent;
    }
    return 0;
}

static time_t seconds_now(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

static int receive_all(
    struct exchange *it, unsigned int patience_seconds, size_t most, struct sluice_tls_answer *answer) {
    size_t room = 0;
    while (answer->count <= most) {
        if (answer->count == room) {
            // One byte more than is allowed shows that there is more.
            size_t wanted = room == 0 ? 16384 : room * 2;
            if (wanted > most + 1) wanted = most + 1;
            unsigned char *larger = wanted > room ? realloc(answer->bytes, wanted) : NULL;
            if (larger == NULL) return fail(it, "no answer", "it is too long");
            answer->bytes = larger;
            room = wanted;
        }
        time_t began = seconds_now();
        ssize_t got = gnutls_record_recv(it->session, answer->bytes + answer->count, room - answer->count);
        // A connection that ends without TLS' own end may have been cut; whoever reads the answer checks its length.
        if (got == 0 || got == GNUTLS_E_PREMATURE_TERMINATION) return 0;
        if (got == GNUTLS_E_INTERRUPTED) continue;
        if (got == GNUTLS_E_AGAIN) {
            // A message after the handshake, such as a ticket (RFC 8446, section 4.6), ends a wait early.
            if (seconds_now() - began < (time_t)patience_seconds) continue;
            return fail(it, "no answer", "it took too long");
        }
        if (got < 0) return fail(it, "no answer", gnutls_strerror((int)got));
        answer->count += (size_t)got;
    }
    return fail(it, "no answer", "it is too long");
}

int sluice_tls_exchange(
    const struct sluice_tls_peer *peer, const void *request, size_t request_bytes, size_t answer_max,
    struct sluice_tls_answer *answer, char *reason, size_t reason_bytes) {
    struct exchange it = {.socket = -1, .reason = reason, .reason_bytes = reason_bytes};
    *answer = (struct sluice_tls_answer){0};
    int code = load_credentials(&it, peer);
    if (code == 0) code = connect_to(&it, peer);
    if (code == 0) code = shake_hands(&it, peer);
    if (code == 0) code = send_all(&it, request, request_bytes);
    if (code == 0) code = receive_all(&it, peer->timeout_seconds, answer_max, answer);
    if (it.session != NULL) gnutls_deinit(it.session);
    if (it.credentials != NULL) gnutls_certificate_free_credentials(it.credentials);
    if (it.socket >= 0) close(it.socket);
    return code;
}
