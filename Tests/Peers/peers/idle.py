"""What a client connection costs that nobody uses: the growth of the proxy's own memory by 10,000 of them."""

import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import proxies
from context import Context, Outcome, say
from figures import record
from load import run_exactly
from processes import LOAD_CORE, Fault, Upstream, allow_open_files, enter_fresh_network, own_bytes
from proxies import RunningProxy
from report import NAMES, table
from rows import Row

CLIENTS = 10_000
ROW = Row("idle", "idle clients", "keepalive", ("sluice", "haproxy", "nginx"), clients=CLIENTS)
# The same proxies set up for the clients of the other rows.
FEW = Row("idle-few", "few clients", "keepalive", ROW.proxies)
KINDS = {"answered": "one request answered", "silent": "never a byte sent"}
# What frees memory later has freed it by then.
SETTLE_SECONDS = 1


@contextmanager
def _proxy(context: Context, name: str, row: Row) -> Iterator[RunningProxy]:
    """A proxy that has served some requests: what a first one makes for all times is there."""
    workshop = context.workshop
    enter_fresh_network()
    upstream = Upstream(workshop)
    proxy = proxies.start(workshop, name, row, upstream.port, context.sluice)
    try:
        run_exactly(workshop, row, proxy.port, 8, 1000, 30)
        yield proxy
    finally:
        workshop.end(proxy.process)
        workshop.end(upstream.process)


def _settled_bytes(proxy: RunningProxy) -> int:
    time.sleep(SETTLE_SECONDS)
    return own_bytes(proxy.process.pid)


def _without(context: Context, name: str) -> int:
    """The memory of a proxy that is set up for few clients: what one for many sets aside at its start (nginx 424 bytes
    for each) counts as theirs."""
    with _proxy(context, name, FEW) as proxy:
        return _settled_bytes(proxy)


def _with(context: Context, name: str, kind: str) -> int:
    """The memory of a proxy that has idle clients."""
    workshop = context.workshop
    with _proxy(context, name, ROW) as proxy:
        directory = workshop.directory("idle")
        command = [str(workshop.compile("idle")), str(proxy.port), str(CLIENTS)]
        clients = workshop.start(
            command + (["/"] if kind == "answered" else []), LOAD_CORE, directory / "log", stdout=subprocess.PIPE,
            text=True)
        if clients.stdout.readline().strip() != str(CLIENTS):
            raise Fault(f"{name}, idle clients: {(directory / 'log').read_text()}")
        used = _settled_bytes(proxy)
        clients.send_signal(signal.SIGTERM)
        closed = clients.stdout.readline().strip()
        workshop.end(clients)
        if closed != "0":
            raise Fault(f"{name} closed {closed} of {CLIENTS} idle clients while they were counted")
    return used


def run(context: Context) -> Outcome:
    """Measures each proxy with both kinds of idle clients."""
    allow_open_files(CLIENTS + 4096)
    outcome, names, cells = Outcome(), context.proxies(ROW.proxies), {}
    for kind in KINDS:
        values = {}
        for name in names:
            before, after = _without(context, name), _with(context, name, kind)
            values[name, 0] = (after - before) / CLIENTS
            cells[kind, name] = [f"{values[name, 0]:,.0f}", f"{before / 2**20:.1f} → {after / 2**20:.1f}"]
            say(f"idle       {name:12} {kind:8} {values[name, 0]:,.0f} bytes a connection")
        record(outcome.figures, f"idle.{kind}", "bytes", values, 0.05, 0.05)
    head = ["proxy"] + [part for title in KINDS.values() for part in (f"{title}: bytes each", "MiB before → with")]
    lines = [[NAMES[name], *(cell for kind in KINDS for cell in cells[kind, name])] for name in names]
    outcome.tables.append(table(f"{CLIENTS:,} idle client connections, memory beyond the kernel's", head, lines))
    return outcome
