"""The workloads. To add one, add a Row: the configurations of the proxies follow from its fields."""

from dataclasses import dataclass, field

from processes import LOAD_CORE, PROXY_CORE


@dataclass(frozen=True)
class Row:
    """One workload of the table.

    name: what the command line calls it.
    title: what the table calls it.
    mode: "keepalive" (a bounded pool of upstream sockets) or "normal" (a new upstream socket for each request).
    proxies: which proxies take part; the floor only where a blind relay does the same work.
    path, headers: what the clients request.
    closes: whether the clients open a connection for each request.
    clients: concurrent clients.
    sockets: the bound of the upstream sockets.
    threads, core: the threads of the proxy, and the core or cores it may use.
    load_threads, load_core: the same for wrk; the upstream is where wrk is.
    script: a Lua script for wrk (another method, a request body), "" for none.
    is_default: whether the row runs when none is named.
    is_in_table: whether it is one of those that `--all` measures.
    """

    name: str
    title: str
    mode: str
    proxies: tuple[str, ...] = ("sluice", "haproxy", "nginx")
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    closes: bool = False
    clients: int = 120
    sockets: int = 100
    threads: int = 1
    core: int | frozenset[int] = PROXY_CORE
    load_threads: int = 1
    load_core: int | frozenset[int] = LOAD_CORE
    script: str = ""
    is_default: bool = True
    is_in_table: bool = True

    def sockets_fault(self, created: int, requests: int) -> str:
        """Says how the sockets that the upstream counted contradict the mode, or "" when they do not."""
        ratio = created / max(requests, 1)
        # Requests that wrk abandons when its time is over may have opened a socket that carried none.
        if self.mode == "normal" and not 0.99 <= ratio <= 1.01:
            return f"{ratio:.4f} sockets a request, expected 1"
        if self.mode == "keepalive" and ratio > 0.5:
            return f"{ratio:.4f} sockets a request: sockets are not used again"
        return ""


def _upload(size: int) -> str:
    """A script for wrk that sends so many bytes with each request."""
    return f'wrk.method = "POST"\nwrk.body = string.rep("x", {size})\nwrk.headers["Content-Type"] = "text/plain"\n'


WITH_FLOOR = ("sluice", "haproxy", "nginx", "floor")

ROWS = [
    Row("keepalive", "keep-alive", "keepalive", ("sluice", "haproxy", "nginx", "nginx-roomy", "floor")),
    Row("normal", "normal (an upstream socket per request)", "normal"),
    Row("close", "a client connection per request, pooled upstream", "keepalive", closes=True),
    Row(
        "download", "keep-alive, 64 KiB responses", "keepalive", WITH_FLOOR, path="/bytes/65536", is_default=False),
    Row(
        "download-1m", "keep-alive, 1 MiB responses", "keepalive", WITH_FLOOR, path="/bytes/1048576",
        is_default=False),
    Row(
        "upload", "keep-alive, 64 KiB request bodies", "keepalive", WITH_FLOOR, script=_upload(65536),
        is_default=False),
    Row(
        "upload-4k", "keep-alive, 4 KiB request bodies", "keepalive", WITH_FLOOR, script=_upload(4096),
        is_default=False, is_in_table=False),
]
