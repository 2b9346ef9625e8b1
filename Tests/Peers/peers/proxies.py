"""The proxies side by side, each configured for one thread and for the same work on a request."""

import pathlib
import re
import subprocess
from dataclasses import dataclass

from processes import Fault, Workshop, free_ports, wait_until_serving
from rows import Row

SLUICE = """\
listen: 127.0.0.1:{port}
admin:
  listen: 127.0.0.1:{admin_port}
threads: {threads}
agents:
  default: {{upstream: "http://127.0.0.1:{upstream}", mode: {mode}, maxSockets: {max}, freeSocketTimeout: 30s}}
"""

# `no strict-limits`: it asks for twice as many open files as there may be clients, which idle ones never need.
# In normal mode `option http-server-close` closes the upstream side alone after each response, and `http-reuse never`
# keeps the socket from serving another client; the upstream's count verifies it.
HAPROXY = """\
global
    nbthread {threads}
    no strict-limits
    maxconn {clients}
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout queue 30s
    timeout http-request 10s
    timeout http-keep-alive 60s
    option forwardfor
    {mode}
frontend clients
    bind 127.0.0.1:{port} backlog 4096
    http-request set-header X-Forwarded-Proto http
    http-request set-header X-Forwarded-Host %[req.hdr(host)]
    http-request add-header Via "1.1 haproxy"
    default_backend upstream
backend upstream
    server upstream 127.0.0.1:{upstream} maxconn {max}
"""
HAPROXY_MODES = {
    "keepalive": "http-reuse always",
    "normal": "option http-server-close\n    http-reuse never",
}

# `keepalive` bounds the idle sockets; nginx has no queue for a socket, so nothing bounds the open ones.
NGINX = """\
daemon off;
master_process off;
worker_processes 1;
pid {directory}/pid;
error_log stderr crit;
events {{
    use epoll;
    worker_connections {connections};
}}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    proxy_max_temp_file_size 0;
    proxy_request_buffering off;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_requests 1000000000;
    keepalive_timeout 60s;
    upstream upstream {{
        server 127.0.0.1:{upstream};
        {pool}
    }}
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        location / {{
            proxy_pass http://upstream;
            proxy_http_version 1.1;
            proxy_set_header Connection "{connection}";
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;
            proxy_set_header X-Forwarded-Host $http_host;
            proxy_set_header Via "1.1 nginx";
        }}
    }}
}}
"""
NGINX_POOL = "keepalive {idle};\n        keepalive_requests 1000000000;"


@dataclass
class RunningProxy:
    """A proxy that serves on a port; `process` is the proxy itself, or the tool that runs it."""

    name: str
    process: subprocess.Popen
    port: int


def _sluice(row: Row, upstream: int, ports: list[int], directory: pathlib.Path, sluice: str) -> list[str]:
    file, (port, admin_port) = directory / "sluice.yaml", ports
    file.write_text(
        SLUICE.format(port=port, admin_port=admin_port, upstream=upstream, mode=row.mode, max=row.sockets, threads=row.threads))
    return [sluice, "serve", "--config", str(file)]


def _haproxy(row: Row, upstream: int, ports: list[int], directory: pathlib.Path, _: str) -> list[str]:
    file = directory / "haproxy.cfg"
    file.write_text(
        HAPROXY.format(
            port=ports[0], upstream=upstream, mode=HAPROXY_MODES[row.mode], max=row.sockets, threads=row.threads,
            clients=max(4000, row.clients + 1000)))
    return ["/usr/sbin/haproxy", "-db", "-f", str(file)]


def _nginx(
    row: Row, upstream: int, ports: list[int], directory: pathlib.Path, _: str, idle: int | None = None
) -> list[str]:
    file = directory / "nginx.conf"
    pooled = row.mode == "keepalive"
    file.write_text(
        NGINX.format(
            port=ports[0], upstream=upstream, directory=directory, connection="" if pooled else "close",
            pool=NGINX_POOL.format(idle=idle or row.sockets) if pooled else "",
            # A slot for each client, and for the upstream's side of those that have a request under way.
            connections=max(512, row.clients + min(row.clients, 1000))))
    return ["/usr/sbin/nginx", "-e", "stderr", "-p", str(directory), "-c", str(file)]


def _roomy_nginx(row: Row, upstream: int, ports: list[int], directory: pathlib.Path, _: str) -> list[str]:
    # As many idle sockets as there are clients: none is ever closed for want of room.
    return _nginx(row, upstream, ports, directory, _, idle=2 * row.clients)


COMMANDS = {"sluice": _sluice, "haproxy": _haproxy, "nginx": _nginx, "nginx-roomy": _roomy_nginx}


def start(
    workshop: Workshop, name: str, row: Row, upstream: int, sluice: str, wrapper: tuple[str, ...] = (),
    seconds: float = 10
) -> RunningProxy:
    """Starts a proxy on its row's core in front of an upstream port, and returns once it accepts connections.

    wrapper: a command that runs the proxy's as its last arguments (valgrind …).
    seconds: how long it may take to listen.
    """
    if name == "floor":
        program = str(workshop.compile("floor"))
        process, ports = workshop.start_announcing([*wrapper, program, str(upstream)], row.core)
        return RunningProxy(name, process, ports[0])
    for attempt in range(3):
        directory, ports = workshop.directory(name), free_ports(2)
        command = [*wrapper, *COMMANDS[name](row, upstream, ports, directory, sluice)]
        log = directory / "log"
        process = workshop.start(command, row.core, log, stdout=subprocess.DEVNULL)
        try:
            wait_until_serving(ports[0], process, log, seconds)
            return RunningProxy(name, process, ports[0])
        except Fault as fault:
            workshop.end(process)
            # Another process may have taken the port in between.
            if attempt == 2 or "use" not in str(fault):
                raise
    raise AssertionError("unreachable")


def versions(names: list[str], sluice: str) -> dict[str, str]:
    """The version of each proxy, as it says itself."""
    commands = {
        "sluice": [sluice, "--version"], "haproxy": ["/usr/sbin/haproxy", "-v"], "nginx": ["/usr/sbin/nginx", "-v"]}
    found = {}
    for name in dict.fromkeys(name.removesuffix("-roomy") for name in names):
        if name in commands:
            done = subprocess.run(commands[name], capture_output=True, text=True, timeout=10)
            match = re.search(r"\d+\.\d+[\w.+~-]*", done.stdout + done.stderr)
            found[name] = match.group() if match else "unknown"
    return found
