"""Sluice beside HAProxy and nginx on this machine: CPU time, instructions and system calls per request."""

import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys

import counting
import proxies
import report
import siege
import timing
from processes import LOAD_CORE, PROXY_CORE, SOURCES, Fault, Workshop
from rows import ROWS, Row

TOOLS = {
    "cc": "gcc", "wrk": "wrk", "/usr/sbin/haproxy": "haproxy", "/usr/sbin/nginx": "nginx", "valgrind": "valgrind",
    "strace": "strace", "strip": "binutils", "siege": "siege"}


def arguments() -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    names = ", ".join(row.name + ("" if row.is_default else " (only when named)") for row in ROWS)
    parser.add_argument("rows", nargs="*", help=f"workloads: {names}; or `siege` alone")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each row (default 5)")
    parser.add_argument("--seconds", type=int, default=4, help="seconds of load for each proxy (default 4)")
    parser.add_argument("--json", type=pathlib.Path, help="write every figure to this file")
    parser.add_argument("--sluice", help="the sluice executable (default: the release build, when there is one)")
    parser.add_argument("--proxies", help="only these, by comma: sluice,haproxy,nginx,nginx-roomy,floor")
    parser.add_argument("--priority", action="store_true", help="run before everything else on the machine (root)")
    parser.add_argument("--instructions", action="store_true", help="count instructions per request instead")
    parser.add_argument("--syscalls", action="store_true", help="count system calls per request instead")
    parser.add_argument("--users", type=int, default=120, help="siege: concurrent users (default 120)")
    parser.add_argument("--requests", type=int, default=1000, help="siege: requests of each user (default 1000)")
    parser.add_argument("--max-sockets", type=int, default=100, help="siege: maxSockets (default 100)")
    options = parser.parse_args()
    if min(options.rounds, options.seconds, options.users, options.requests, options.max_sockets) < 1:
        parser.error("numbers must be 1 or more")
    unknown = set(options.rows) - {row.name for row in ROWS} - {"siege"}
    if unknown or ("siege" in options.rows and len(options.rows) > 1):
        parser.error(f"rows are: {names}; or `siege` alone")
    if set((options.proxies or "").split(",")) - {"", *report.NAMES}:
        parser.error(f"--proxies takes {', '.join(report.NAMES)}")
    return options


def require(tools: list[str]) -> None:
    """A Fault that names the Debian packages of the tools that are missing."""
    missing = [TOOLS[tool] for tool in tools if shutil.which(tool) is None]
    if missing:
        raise Fault(f"missing: apt-get install {' '.join(missing)}")


def sluice_path(options: argparse.Namespace) -> str | None:
    """The sluice executable to measure, or None."""
    if options.sluice:
        path = pathlib.Path(options.sluice).resolve()
        if not os.access(path, os.X_OK):
            raise Fault(f"--sluice: {path} is not an executable")
        return str(path)
    built = SOURCES.parent.parent / ".build" / "release" / "sluice"
    return str(built) if os.access(built, os.X_OK) else None


def count(workshop: Workshop, options, rows: list[Row], available: list[str], sluice: str) -> dict:
    """Runs the counting modes, prints their tables and returns the figures."""
    result = {}
    if options.instructions:
        require(["valgrind", "strip"])
        result["instructions"] = counting.instructions(workshop, rows, available, sluice)
        print(report.counting_table("User-mode instructions per request", ",.0f", result["instructions"]))
    if options.syscalls:
        require(["strace"])
        result["systemCalls"], result["systemCallsByName"] = counting.system_calls(workshop, rows, available, sluice)
        print(report.counting_table("System calls per request", ".2f", result["systemCalls"]))
    return result


def benchmark(workshop: Workshop, options: argparse.Namespace) -> int:
    """Runs what the options ask for; returns the exit code."""
    sluice = sluice_path(options)
    if options.rows == ["siege"]:
        require(["siege"])
        if sluice is None:
            raise Fault("siege needs sluice: build it with -c release, or name it with --sluice")
        siege.run(workshop, sluice, options.users, options.requests, options.max_sockets)
        return 0
    require(["cc", "wrk", "/usr/sbin/haproxy", "/usr/sbin/nginx"])
    if not {LOAD_CORE, PROXY_CORE} <= os.sched_getaffinity(0):
        raise Fault(f"cores {LOAD_CORE} and {PROXY_CORE} are needed, one for the proxy and one for the load")
    os.sched_setaffinity(0, {LOAD_CORE})
    if options.priority:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    rows = [row for row in ROWS if (row.name in options.rows if options.rows else row.is_default)]
    available = options.proxies.split(",") if options.proxies else list(report.NAMES)
    if sluice is None and "sluice" in available:
        available.remove("sluice")
        print("sluice is not built (-c release) nor named (--sluice): measuring the others", file=sys.stderr)
    versions = proxies.versions(available, sluice or "")
    print(f"{report.machine(versions)}\n")
    result: dict = {"machine": report.machine(versions), "rounds": options.rounds, "seconds": options.seconds}
    bad = False
    if options.instructions or options.syscalls:
        result |= count(workshop, options, rows, available, sluice or "")
    else:
        samples = timing.run_rounds(workshop, rows, available, options.rounds, options.seconds, sluice or "")
        for row in rows:
            print(report.timing_table(row, [sample for sample in samples if sample.row == row.name]))
        for fault in report.faults(samples):
            print(f"Caution: {fault}.\n")
        result["samples"] = [sample.as_json() for sample in samples]
        bad = any(sample.fault for sample in samples)
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 1 if bad else 0


def main() -> int:
    """Runs the benchmark; whatever ends it, its processes end with it."""
    options = arguments()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        with Workshop() as workshop:
            return benchmark(workshop, options)
    except (Fault, subprocess.SubprocessError) as fault:
        print(f"run: {fault}", file=sys.stderr)
        return 69
    except KeyboardInterrupt:
        return 130


sys.exit(main())
