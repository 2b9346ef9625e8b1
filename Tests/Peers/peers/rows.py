"""The workloads. To add one, add a Row: the configurations of the proxies follow from its fields."""

from dataclasses import dataclass, field


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
    script: a Lua script for wrk (another method, a request body), "" for none.
    is_default: whether the row runs when none is named.
    """

    name: str
    title: str
    mode: str
    proxies: tuple[str, ...] = ("sluice", "haproxy", "nginx")
    path: str = "/"
    headers: dict[str, str] = field(default_factory=dict)
    closes: bool = False
    clients: int = 120
    script: str = ""
    is_default: bool = True

    def sockets_fault(self, created: int, requests: int) -> str:
        """Says how the sockets that the upstream counted contradict the mode, or "" when they do not."""
        ratio = created / max(requests, 1)
        # Requests that wrk abandons when its time is over may have opened a socket that carried none.
        if self.mode == "normal" and not 0.99 <= ratio <= 1.01:
            return f"{ratio:.4f} sockets a request, expected 1"
        if self.mode == "keepalive" and ratio > 0.5:
            return f"{ratio:.4f} sockets a request: sockets are not used again"
        return ""


UPLOAD = 'wrk.method = "POST"\nwrk.body = string.rep("x", 4096)\nwrk.headers["Content-Type"] = "text/plain"\n'

ROWS = [
    Row("keepalive", "keep-alive", "keepalive", ("sluice", "haproxy", "nginx", "nginx-roomy", "floor")),
    Row("normal", "normal (an upstream socket per request)", "normal"),
    Row("close", "a client connection per request, pooled upstream", "keepalive", closes=True),
    Row(
        "download", "keep-alive, 64 KiB responses", "keepalive", ("sluice", "haproxy", "nginx", "floor"),
        path="/bytes/65536", is_default=False),
    Row(
        "upload", "keep-alive, 4 KiB request bodies", "keepalive", ("sluice", "haproxy", "nginx", "floor"),
        script=UPLOAD, is_default=False),
]
