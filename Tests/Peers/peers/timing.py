"""The rounds: each proxy in turn, in changing order, with its CPU time divided by the requests it served."""

import dataclasses
import resource
import time
from dataclasses import dataclass

import proxies
from context import say
from load import run_wrk
from processes import Upstream, Workshop, cpu_seconds, enter_fresh_network, machine_busy_seconds, resident_mebibytes
from rows import Row

WARM_UP_SECONDS = 1


@dataclass
class Sample:
    """One proxy in one round of one row. CPU times are microseconds per request."""

    row: str
    proxy: str
    round: int
    user: float
    system: float
    requests: int
    requests_per_second: float
    latency50: float
    latency99: float
    sockets_created: int
    upstream_requests: int
    sockets_most_open: int
    resident: float
    other_load: float
    fault: str

    @property
    def cpu(self) -> float:
        """User and system time together, in microseconds per request."""
        return self.user + self.system

    def as_json(self) -> dict:
        """The sample for --json."""
        return dataclasses.asdict(self) | {"cpu": self.cpu}


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(workshop: Workshop, row: Row, name: str, number: int, seconds: int, sluice: str) -> Sample:
    """Measures one proxy on one row. Proxy, upstream and network are new each time: none inherits sockets."""
    enter_fresh_network()
    upstream = Upstream(workshop, row.load_core)
    proxy = proxies.start(workshop, name, row, upstream.port, sluice)
    try:
        run_wrk(workshop, row, proxy.port, WARM_UP_SECONDS)
        pids = (proxy.process.pid, upstream.process.pid)
        before = [cpu_seconds(pid) for pid in pids]
        own_before, busy_before, start = _children_seconds(), machine_busy_seconds(), time.monotonic()
        load = run_wrk(workshop, row, proxy.port, seconds)
        after = [cpu_seconds(pid) for pid in pids]
        elapsed = time.monotonic() - start
        ours = _children_seconds() - own_before + sum(map(sum, after)) - sum(map(sum, before))
        other = max(0.0, machine_busy_seconds() - busy_before - ours) / elapsed
        stats = upstream.stats()
        resident = resident_mebibytes(proxy.process.pid)
    finally:
        workshop.end(proxy.process)
        workshop.end(upstream.process)
    faults = [row.sockets_fault(stats["accepted"], stats["requests"])]
    if load.bad_status or load.socket_errors or not load.requests:
        faults.append(f"{load.bad_status} bad statuses, {load.socket_errors} socket errors of {load.requests}")
    requests = max(load.requests, 1)
    return Sample(
        row=row.name, proxy=name, round=number,
        user=(after[0][0] - before[0][0]) * 1e6 / requests, system=(after[0][1] - before[0][1]) * 1e6 / requests,
        requests=load.requests, requests_per_second=load.requests / load.seconds, latency50=load.latency50,
        latency99=load.latency99, sockets_created=stats["accepted"], upstream_requests=stats["requests"],
        sockets_most_open=stats["mostOpen"], resident=resident, other_load=other,
        fault="; ".join(fault for fault in faults if fault))


def order(names: list[str], number: int) -> list[str]:
    """The order of a round: another one goes first each time, and each second turn runs backwards."""
    first = number % len(names)
    turned = names[first:] + names[:first]
    return turned[::-1] if number // len(names) % 2 else turned


def run_rounds(
    workshop: Workshop, rows: list[Row], available: list[str], rounds: int, seconds: int, sluice: str
) -> list[Sample]:
    """Runs every row in every round, and says on standard error what it is at."""
    samples = []
    for number in range(rounds):
        for row in rows:
            for name in order([name for name in row.proxies if name in available], number):
                sample = measure(workshop, row, name, number, seconds, sluice)
                samples.append(sample)
                say(
                    f"round {number + 1}/{rounds} {row.name:10} {name:12} {sample.cpu:6.2f} us "
                    f"({sample.user:.2f} + {sample.system:.2f}) {sample.requests_per_second:8,.0f}/s "
                    f"{sample.sockets_created} sockets, other load {sample.other_load:.0%} {sample.fault}")
    return samples
