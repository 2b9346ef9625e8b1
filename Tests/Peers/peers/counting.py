"""What a proxy does per request, counted and not timed: instructions by callgrind, system calls by strace.

Both are the difference of two runs with different numbers of requests, so that start, stop and the clients'
connections drop out.
"""

import pathlib
import re
import signal
import subprocess
import time

import proxies
from context import say
from load import run_exactly
from processes import Fault, Upstream, Workshop, enter_fresh_network
from rows import Row

FEW, MANY = 2000, 12000
# What Swift's values cost beyond their bytes.
CALLS = ("swift_retain", "swift_release", "swift_allocObject", "malloc")
INSTRUCTION_CLIENTS = 8
SYSTEM_CALL_CLIENTS = 120
# Valgrind runs a program about fifty times slower, and starting is the slowest part of it.
VALGRIND_SECONDS = 300


def _without_debug_information(workshop: Workshop, program: str) -> str:
    """A copy of an executable that valgrind can read: its 3.19 ends at some of what Swift's DWARF 5 holds."""
    copy = workshop.directory("stripped") / pathlib.Path(program).name
    subprocess.run(["strip", "--strip-debug", "-o", str(copy), program], check=True, timeout=60)
    return str(copy)


def _calls(profile: str) -> dict[str, int]:
    """How often a callgrind profile has the functions of CALLS called. It names a function once, then by number."""
    names: dict[str, str] = {}
    calls = dict.fromkeys(CALLS, 0)
    called = ""
    for line in profile.splitlines():
        if line.startswith(("fn=(", "cfn=(")):
            number, _, name = line.partition("=")[2].partition(" ")
            if name:
                names[number] = name
            if line.startswith("c"):
                called = names[number]
        elif line.startswith("calls=") and called in calls:
            calls[called] += int(line[6:].split()[0])
    return calls


def _instructions(workshop: Workshop, row: Row, name: str, sluice: str, requests: int) -> dict[str, int]:
    """User-mode instructions of a proxy's whole life in which it serves so many requests, and calls by function."""
    directory = workshop.directory("callgrind")
    log = directory / "valgrind"
    wrapper = ("valgrind", "--tool=callgrind", f"--callgrind-out-file={directory}/out", f"--log-file={log}")
    if name == "sluice":
        preload = workshop.compile("valgrind", "-shared", "-fPIC")
        # On io_uring a program gets nowhere under valgrind 3.19.
        wrapper = ("env", f"LD_PRELOAD={preload}", "SLUICE_IO=epoll", *wrapper)
    enter_fresh_network()
    upstream = Upstream(workshop)
    try:
        proxy = proxies.start(workshop, name, row, upstream.port, sluice, wrapper, VALGRIND_SECONDS)
    except Fault as fault:
        raise Fault(f"{fault}\n{log.read_text()[-2000:] if log.exists() else ''}") from None
    try:
        run_exactly(workshop, row, proxy.port, INSTRUCTION_CLIENTS, requests, VALGRIND_SECONDS)
    finally:
        workshop.end(proxy.process, signal.SIGTERM, 60)
        workshop.end(upstream.process)
    found = re.search(r"Collected : (\d+)", log.read_text())
    if found is None:
        raise Fault(f"valgrind did not count {name}: {log.read_text()[-2000:]}")
    return {"instructions": int(found[1])} | _calls((directory / "out").read_text())


def instructions(workshop: Workshop, rows: list[Row], available: list[str], sluice: str) -> tuple[dict, dict]:
    """User-mode instructions per request, as {row: {proxy: count}}, and Sluice's calls as {row: {function: count}}."""
    figures: dict[str, dict[str, float]] = {}
    calls: dict[str, dict[str, float]] = {}
    if "sluice" in available:
        sluice = _without_debug_information(workshop, sluice)
    for row in rows:
        for name in (name for name in row.proxies if name in available):
            few, many = (_instructions(workshop, row, name, sluice, requests) for requests in (FEW, MANY))
            found = {key: (many[key] - few[key]) / (MANY - FEW) for key in many}
            figures.setdefault(row.name, {})[name] = found.pop("instructions")
            if name == "sluice":
                calls[row.name] = found
            say(f"{row.name:10} {name:12} {figures[row.name][name]:,.0f} instructions/request")
    return figures, calls


def _trace(workshop: Workshop, row: Row, proxy: proxies.RunningProxy, requests: int) -> dict[str, int]:
    """System calls by name while the proxy serves so many requests."""
    directory = workshop.directory("strace")
    summary, log = directory / "summary", directory / "log"
    tracer = workshop.start(
        ["strace", "-f", "-c", "-U", "calls,name", "-o", str(summary), "-p", str(proxy.process.pid)], None, log)
    try:
        _wait_for_attached(tracer, log)
        run_exactly(workshop, row, proxy.port, SYSTEM_CALL_CLIENTS, requests, 120)
    finally:
        workshop.end(tracer, signal.SIGINT, 20)
    lines = re.findall(r"^\s*(\d+)\s+(\w+)\s*$", summary.read_text(), re.MULTILINE)
    return {name: int(calls) for calls, name in lines if name != "total"}


def _wait_for_attached(tracer: subprocess.Popen, log: pathlib.Path) -> None:
    """Returns once strace says that it has attached; it says so on standard error, a line for each process."""
    deadline = time.monotonic() + 10
    while "attached" not in log.read_text():
        if tracer.poll() is not None or time.monotonic() > deadline:
            raise Fault(f"strace did not attach: {log.read_text()}")
        time.sleep(0.02)


def system_calls(workshop: Workshop, rows: list[Row], available: list[str], sluice: str) -> tuple[dict, dict]:
    """System calls per request, as {row: {proxy: count}}, and the same by name as {row: {proxy: {name: count}}}."""
    figures: dict[str, dict[str, float]] = {}
    by_name: dict[str, dict[str, dict[str, float]]] = {}
    for row in rows:
        for name in (name for name in row.proxies if name in available):
            enter_fresh_network()
            upstream = Upstream(workshop)
            proxy = proxies.start(workshop, name, row, upstream.port, sluice)
            try:
                run_exactly(workshop, row, proxy.port, SYSTEM_CALL_CLIENTS, FEW, 60)
                few, many = (_trace(workshop, row, proxy, requests) for requests in (FEW, MANY))
            finally:
                workshop.end(proxy.process)
                workshop.end(upstream.process)
            calls = {key: (many.get(key, 0) - few.get(key, 0)) / (MANY - FEW) for key in many}
            by_name.setdefault(row.name, {})[name] = {
                key: count for key, count in sorted(calls.items(), key=lambda item: -item[1]) if count >= 0.005}
            figures.setdefault(row.name, {})[name] = sum(calls.values())
            named = ", ".join(f"{key} {count:.2f}" for key, count in by_name[row.name][name].items())
            say(f"{row.name:10} {name:12} {figures[row.name][name]:.2f} system calls: {named}")
    return figures, by_name
