#include "CMicroHTTPD.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/resource.h>

struct MHD_Daemon *sluice_mhd_start(const struct sluice_mhd_settings *settings) {
    unsigned int flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC;
    // TLS 1.2 and 1.3 (RFC 8446, RFC 9325), the server's choice of cipher, and no key exchange without forward secrecy.
    const char *priorities = "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE";
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)settings->tls_certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)settings->tls_key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)priorities},
        {MHD_OPTION_END, 0, NULL},
    };
    if (settings->tls_certificate != NULL) {
        flags |= MHD_USE_TLS;
    } else {
        tls[0].option = MHD_OPTION_END;
    }
    return MHD_start_daemon(
        flags, 0, settings->accepting, settings->context, settings->handler, settings->context,
        MHD_OPTION_LISTEN_SOCKET, settings->listen_socket, MHD_OPTION_CONNECTION_LIMIT, settings->connections_max,
        MHD_OPTION_PER_IP_CONNECTION_LIMIT, settings->connections_per_address_max, MHD_OPTION_CONNECTION_TIMEOUT,
        settings->idle_timeout_seconds, MHD_OPTION_CONNECTION_MEMORY_LIMIT, settings->connection_memory_bytes,
        MHD_OPTION_NOTIFY_CONNECTION, settings->connection_changed, settings->context, MHD_OPTION_URI_LOG_CALLBACK,
        settings->target_seen, settings->context, MHD_OPTION_NOTIFY_COMPLETED, settings->request_ended,
        settings->context, MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

const struct sockaddr *sluice_mhd_client_address(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    return info == NULL ? NULL : info->client_addr;
}

int sluice_mhd_client_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

void *sluice_mhd_connection_context(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

size_t sluice_mhd_head_bytes(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    return info == NULL ? 0 : info->header_size;
}

bool sluice_mhd_local_host(struct MHD_Connection *connection, char *text, size_t text_bytes) {
    struct sockaddr_storage address;
    socklen_t length = sizeof address;
    if (getsockname(sluice_mhd_client_socket(connection), (struct sockaddr *)&address, &length) != 0) return false;
    const void *host = NULL;
    if (address.ss_family == AF_INET) {
        host = &((const struct sockaddr_in *)(const void *)&address)->sin_addr;
    } else if (address.ss_family == AF_INET6) {
        host = &((const struct sockaddr_in6 *)(const void *)&address)->sin6_addr;
    }
    return host != NULL && inet_ntop(address.ss_family, host, text, (socklen_t)text_bytes) != NULL;
}

bool sluice_mhd_address_text(const struct sockaddr *address, char *text, size_t text_bytes) {
    char host[INET6_ADDRSTRLEN];
    int written = -1;
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
        if (inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host) == NULL) return false;
        written = snprintf(text, text_bytes, "%s:%u", host, ntohs(v4->sin_port));
    } else if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
        if (inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host) == NULL) return false;
        written = snprintf(text, text_bytes, "[%s]:%u", host, ntohs(v6->sin6_port));
    }
    return written > 0 && (size_t)written < text_bytes;
}

void sluice_thread_be_nice(void) {
    // A third of the weight of a thread at 0 (sched(7)). At 10, a tenth, what somebody asks beside a flood waits for
    // seconds, and so do locks that are held meanwhile (Tests/Peers/admin-load).
    enum { NICENESS = 5 };
    static _Thread_local bool is_nice = false;
    // On Linux, 0 is the calling thread and not its process (setpriority(2), "C library/kernel differences").
    if (!is_nice) is_nice = setpriority(PRIO_PROCESS, 0, NICENESS) == 0;
}
