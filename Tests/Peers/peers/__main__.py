"""Sluice beside HAProxy and nginx on this machine: CPU time, latency, memory, instructions and system calls."""

import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
from dataclasses import dataclass, field

import counting
import figures
import packages
import proxies
import report
import siege
import targets
import timing
from context import Context, say
from figures import Figures
from measures import MEASURES
from processes import BOTH_CORES, LOAD_CORE, SOURCES, Fault, Workshop
from rows import ROWS, Row

COUNTS = ("instructions", "syscalls")
# Rows whose instructions the whole table has: valgrind needs half a minute for each proxy of a row.
INSTRUCTION_ROWS = ("keepalive",)


def arguments() -> argparse.Namespace:
    """Parses the command line."""
    parser = argparse.ArgumentParser(prog="run", description=__doc__)
    rows = ", ".join(row.name + ("" if row.is_default else " (only when named)") for row in ROWS)
    names = f"{rows}; measures: {', '.join([*MEASURES, *COUNTS])}; or `siege` alone"
    parser.add_argument("names", nargs="*", help=f"what to measure. Rows: {names}")
    parser.add_argument("--all", action="store_true", help="everything that has a target; installs what is missing")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each row (default 5)")
    parser.add_argument("--seconds", type=int, help="seconds of load for each proxy (default 4, with --all 3)")
    parser.add_argument("--json", type=pathlib.Path, help="write every figure to this file")
    parser.add_argument(
        "--targets", type=pathlib.Path, nargs="+", metavar="FILE", help="measure nothing: the targets by such files")
    parser.add_argument("--sluice", help="the sluice executable (default: the release build, when there is one)")
    parser.add_argument("--proxies", help="only these, by comma: sluice,haproxy,nginx,nginx-roomy,floor")
    parser.add_argument("--priority", action="store_true", help="run before everything else on the machine (root)")
    parser.add_argument("--instructions", action="store_true", help="count instructions of the named rows instead")
    parser.add_argument("--syscalls", action="store_true", help="count system calls of the named rows instead")
    parser.add_argument("--users", type=int, default=120, help="siege: concurrent users (default 120)")
    parser.add_argument("--requests", type=int, default=1000, help="siege: requests of each user (default 1000)")
    parser.add_argument("--max-sockets", type=int, default=100, help="siege: maxSockets (default 100)")
    options = parser.parse_args()
    options.seconds = options.seconds or (3 if options.all else 4)
    if min(options.rounds, options.seconds, options.users, options.requests, options.max_sockets) < 1:
        parser.error("numbers must be 1 or more")
    unknown = set(options.names) - {row.name for row in ROWS} - set(MEASURES) - set(COUNTS) - {"siege"}
    if unknown or ("siege" in options.names and len(options.names) > 1):
        parser.error(f"rows are: {names}")
    if options.all and (options.names or options.instructions or options.syscalls):
        parser.error("--all takes no names")
    if set((options.proxies or "").split(",")) - {"", *report.NAMES}:
        parser.error(f"--proxies takes {', '.join(report.NAMES)}")
    return options


@dataclass
class Plan:
    """What to measure: rows to time, rows to count, and other measures by name."""

    timed: list[Row] = field(default_factory=list)
    instructions: list[Row] = field(default_factory=list)
    syscalls: list[Row] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)

    def tools(self) -> list[str]:
        """The programs that it needs."""
        tools = ["cc", "wrk", "/usr/sbin/haproxy", "/usr/sbin/nginx"]
        return tools + ["valgrind", "strip"] * bool(self.instructions) + ["strace"] * bool(self.syscalls)


def plan(options: argparse.Namespace) -> Plan:
    """What the command line asks for."""
    default = [row for row in ROWS if row.is_default]
    counted = [row for row in default if row.name in INSTRUCTION_ROWS]
    if options.all:
        return Plan([row for row in ROWS if row.is_in_table], counted, default, list(MEASURES))
    named = [row for row in ROWS if row.name in options.names]
    if options.instructions or options.syscalls:
        rows = named or default
        return Plan([], rows if options.instructions else [], rows if options.syscalls else [])
    return Plan(
        named if options.names else default, counted if "instructions" in options.names else [],
        default if "syscalls" in options.names else [], [name for name in MEASURES if name in options.names])


def sluice_path(options: argparse.Namespace) -> str | None:
    """The sluice executable to measure, or None."""
    if options.sluice:
        path = pathlib.Path(options.sluice).resolve()
        if not os.access(path, os.X_OK):
            raise Fault(f"--sluice: {path} is not an executable")
        return str(path)
    if options.all:
        return packages.build()
    built = SOURCES.parent.parent / ".build" / "release" / "sluice"
    return str(built) if os.access(built, os.X_OK) else None


@dataclass
class Report:
    """What was found so far: figures, tables, and what is wrong with them."""

    figures: Figures = field(default_factory=dict)
    tables: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    raw: dict = field(default_factory=dict)
    is_bad: bool = False


def time_rows(context: Context, rows: list[Row], found: Report) -> None:
    """The CPU time of some rows."""
    samples = timing.run_rounds(
        context.workshop, rows, context.available, context.rounds, context.seconds, context.sluice)
    for row in rows:
        own = [sample for sample in samples if sample.row == row.name]
        if own:
            found.tables.append(report.timing_table(row, own))
            report.record_timing(found.figures, row, own)
    found.faults += report.faults(samples)
    found.raw["samples"] = [sample.as_json() for sample in samples]
    found.is_bad |= any(sample.fault for sample in samples)


def count_rows(context: Context, todo: Plan, found: Report) -> None:
    """Instructions and system calls of some rows."""
    counted = {}
    if todo.instructions:
        counted["instructions"], calls = counting.instructions(
            context.workshop, todo.instructions, context.available, context.sluice)
        found.tables.append(
            report.counting_table("User-mode instructions per request", ",.0f", counted["instructions"]))
        if calls:
            found.tables.append(report.counting_table("Sluice's calls per request", ".2f", calls, "function"))
        for row, functions in calls.items():
            for function, value in functions.items():
                name = f"{row}.calls.{function}"
                found.figures[name] = figures.Figure([value], "", figures.COUNT_NOISE)
    if todo.syscalls:
        counted["syscalls"], found.raw["systemCallsByName"] = counting.system_calls(
            context.workshop, todo.syscalls, context.available, context.sluice)
        found.tables.append(report.counting_table("System calls per request", ".2f", counted["syscalls"]))
    for what, rows in counted.items():
        for row, counts in rows.items():
            values = {(name, 0): value for name, value in counts.items()}
            figures.record(
                found.figures, f"{row}.{what}", "", values, figures.COUNT_NOISE, figures.COUNT_NOISE)


def measure(context: Context, todo: Plan) -> Report:
    """Runs the plan. A measure that cannot be made is named in the report, and the others are made."""
    found = Report()
    steps = []
    if todo.timed:
        steps.append(("rows", lambda: time_rows(context, todo.timed, found)))
    steps += [(name, lambda name=name: run_measure(context, name, found)) for name in todo.measures]
    if todo.instructions or todo.syscalls:
        steps.append(("counts", lambda: count_rows(context, todo, found)))
    for name, step in steps:
        try:
            step()
        except (Fault, subprocess.SubprocessError) as fault:
            found.faults.append(f"{name}: not measured: {fault}")
            found.is_bad = True
    return found


def run_measure(context: Context, name: str, found: Report) -> None:
    """Makes one of MEASURES."""
    outcome = MEASURES[name](context)
    found.figures |= outcome.figures
    found.tables += outcome.tables
    found.faults += outcome.faults


def benchmark(workshop: Workshop, options: argparse.Namespace) -> int:
    """Runs what the options ask for; returns the exit code."""
    todo = plan(options)
    if options.all:
        packages.install(todo.tools())
    sluice = sluice_path(options)
    if options.names == ["siege"]:
        packages.require(["siege"])
        if sluice is None:
            raise Fault("siege needs sluice: build it with -c release, or name it with --sluice")
        siege.run(workshop, sluice, options.users, options.requests, options.max_sockets)
        return 0
    packages.require(todo.tools())
    if not BOTH_CORES <= os.sched_getaffinity(0):
        raise Fault(f"cores {', '.join(map(str, sorted(BOTH_CORES)))} are needed: one for the proxy, one for the load")
    os.sched_setaffinity(0, {LOAD_CORE})
    if options.priority:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    available = options.proxies.split(",") if options.proxies else list(report.NAMES)
    if sluice is None and "sluice" in available:
        available.remove("sluice")
        say("sluice is not built (-c release) nor named (--sluice): measuring the others")
    machine = report.machine(proxies.versions(available, sluice or ""))
    found = measure(Context(workshop, available, sluice or "", options.rounds, options.seconds), todo)
    print("\n".join([f"{machine}\n", targets.table(found.figures), *found.tables]))
    for fault in found.faults:
        print(f"Caution: {fault}.\n")
    if options.json:
        result = {"machine": machine, "rounds": options.rounds, "seconds": options.seconds} | found.raw
        result |= {"figures": figures.as_json(found.figures), "faults": found.faults}
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 1 if found.is_bad else 0


def main() -> int:
    """Runs the benchmark; whatever ends it, its processes end with it."""
    options = arguments()
    if options.targets:
        found = {}
        for path in options.targets:
            found |= figures.load(path)
        print(targets.table(found))
        return 0
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
