#include "CMicroHTTPD.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>

struct sluice_tls {
    gnutls_certificate_credentials_t credentials;
    bool asks_clients;
};

static gnutls_datum_t datum(const void *bytes, size_t count) {
    // GnuTLS only reads what a datum of its arguments points to.
    gnutls_datum_t datum = {(unsigned char *)(uintptr_t)bytes, (unsigned int)count};
    return datum;
}

/// Reads certificate and key each for itself, so that it is known which of them is wrong.
static enum sluice_tls_part broken_part(const struct sluice_tls_pem *pem, int *code) {
    gnutls_datum_t data = datum(pem->certificate, pem->certificate_bytes);
    gnutls_x509_crt_t *certificates = NULL;
    unsigned int count = 0;
    *code = gnutls_x509_crt_list_import2(&certificates, &count, &data, GNUTLS_X509_FMT_PEM, 0);
    if (*code < 0) return SLUICE_TLS_CERTIFICATE;
    for (unsigned int index = 0; index < count; index += 1) gnutls_x509_crt_deinit(certificates[index]);
    gnutls_free(certificates);

    gnutls_x509_privkey_t key;
    if ((*code = gnutls_x509_privkey_init(&key)) < 0) return SLUICE_TLS_MEMORY;
    data = datum(pem->key, pem->key_bytes);
    *code = gnutls_x509_privkey_import2(key, &data, GNUTLS_X509_FMT_PEM, NULL, 0);
    gnutls_x509_privkey_deinit(key);
    return *code < 0 ? SLUICE_TLS_KEY : SLUICE_TLS_NONE;
}

static enum sluice_tls_part load(struct sluice_tls *tls, const struct sluice_tls_pem *pem, int *code) {
    enum sluice_tls_part broken = broken_part(pem, code);
    if (broken != SLUICE_TLS_NONE) return broken;
    gnutls_datum_t certificate = datum(pem->certificate, pem->certificate_bytes);
    gnutls_datum_t key = datum(pem->key, pem->key_bytes);
    *code = gnutls_certificate_set_x509_key_mem2(
        tls->credentials, &certificate, &key, GNUTLS_X509_FMT_PEM, NULL, 0);
    // Each is fine by itself: they do not belong together.
    if (*code < 0) return SLUICE_TLS_KEY;
    if (pem->client_ca != NULL) {
        gnutls_datum_t authorities = datum(pem->client_ca, pem->client_ca_bytes);
        *code = gnutls_certificate_set_x509_trust_mem(tls->credentials, &authorities, GNUTLS_X509_FMT_PEM);
        if (*code == 0) *code = GNUTLS_E_NO_CERTIFICATE_FOUND;
        if (*code < 0) return SLUICE_TLS_CLIENT_CA;
        tls->asks_clients = true;
    }
    return SLUICE_TLS_NONE;
}

struct sluice_tls *sluice_tls_load(
    const struct sluice_tls_pem *pem, enum sluice_tls_part *wrong, const char **reason) {
    struct sluice_tls *tls = calloc(1, sizeof *tls);
    int code = GNUTLS_E_MEMORY_ERROR;
    *wrong = SLUICE_TLS_MEMORY;
    if (tls != NULL && (code = gnutls_certificate_allocate_credentials(&tls->credentials)) == 0) {
        *wrong = load(tls, pem, &code);
        if (*wrong == SLUICE_TLS_NONE) return tls;
        gnutls_certificate_free_credentials(tls->credentials);
    }
    // What GnuTLS says of a file without a key names no key.
    bool is_no_key = *wrong == SLUICE_TLS_KEY && code == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE;
    *reason = is_no_key ? "No private key was found." : gnutls_strerror(code);
    free(tls);
    return NULL;
}

void sluice_tls_free(struct sluice_tls *tls) {
    gnutls_certificate_free_credentials(tls->credentials);
    free(tls);
}

static gnutls_session_t session(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    return info == NULL ? NULL : (gnutls_session_t)info->tls_session;
}

void sluice_mhd_use_tls(struct MHD_Connection *connection, struct sluice_tls *tls) {
    gnutls_session_t it = session(connection);
    if (it == NULL) return;
    // In the place of those that the library was started with: a later certificate reaches new connections so.
    gnutls_credentials_set(it, GNUTLS_CRD_CERTIFICATE, tls->credentials);
    gnutls_certificate_server_set_request(it, tls->asks_clients ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
}

bool sluice_mhd_client_is_verified(struct MHD_Connection *connection) {
    gnutls_session_t it = session(connection);
    if (it == NULL) return false;
    gnutls_typed_vdata_st purpose = {GNUTLS_DT_KEY_PURPOSE_OID, (unsigned char *)(uintptr_t)GNUTLS_KP_TLS_WWW_CLIENT, 0};
    unsigned int status = 0;
    return gnutls_certificate_verify_peers(it, &purpose, 1, &status) == 0 && status == 0;
}
