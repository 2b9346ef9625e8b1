"""Heap allocations per request of a running proxy: the difference of two numbers of requests (see counting.py)."""

import mmap
import struct

import proxies
from context import Context, Outcome, say
from counting import SYSTEM_CALL_CLIENTS
from figures import COUNT_NOISE, record
from load import run_exactly
from processes import Upstream, enter_fresh_network
from report import NAMES, table
from rows import ROWS, Row


FEW, MANY = 2000, 52000


def _per_request(context: Context, row: Row, name: str) -> float:
    workshop = context.workshop
    counter = workshop.directory("allocations") / "counter"
    counter.write_bytes(bytes(mmap.PAGESIZE))
    preload = workshop.compile("allocations", "-shared", "-fPIC")
    enter_fresh_network()
    upstream = Upstream(workshop)
    wrapper = ("env", f"LD_PRELOAD={preload}", f"ALLOCATIONS={counter}")
    proxy = proxies.start(workshop, name, row, upstream.port, context.sluice, wrapper)

    def after(requests: int) -> int:
        run_exactly(workshop, row, proxy.port, SYSTEM_CALL_CLIENTS, requests, 60)
        return struct.unpack("=Q", counter.read_bytes()[:8])[0]

    try:
        start = after(FEW)
        few = after(FEW)
        many = after(MANY)
    finally:
        workshop.end(proxy.process)
        workshop.end(upstream.process)
    # To a thousandth, where what happens beside the requests ends; and no "-0.000".
    return round(((many - few) - (few - start)) / (MANY - FEW), 3) + 0.0


def run(context: Context) -> Outcome:
    """Counts for each row and proxy."""
    outcome, rows = Outcome(), [row for row in ROWS if row.is_default]
    names = context.proxies(("sluice", "haproxy", "nginx"))
    for row in rows:
        values = {(name, 0): _per_request(context, row, name) for name in names}
        record(outcome.figures, f"{row.name}.allocations", "", values, COUNT_NOISE, COUNT_NOISE)
        say(f"{row.name:10} " + ", ".join(f"{name} {value:.3f}" for (name, _), value in values.items())
            + " allocations/request")
    outcome.tables.append(table(
        "Heap allocations per request", ["proxy", *(row.name for row in rows)],
        [[NAMES[name], *(f"{outcome.figures[f'{row.name}.allocations.{name}'].median:.3f}" for row in rows)]
         for name in names]))
    return outcome
