"""Starts, pins, measures and ends the processes of the benchmark. Nothing that is started here outlives it."""

import ctypes
import fcntl
import json
import os
import pathlib
import platform
import re
import resource
import signal
import socket
import struct
import subprocess
import tempfile
import time
import urllib.request

PROXY_CORE = 1
LOAD_CORE = 0
BOTH_CORES = frozenset({PROXY_CORE, LOAD_CORE})
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1  # prctl(2)
SYS_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}.get(platform.machine(), -1)  # syscall(2)
CLONE_NEWNET = 0x40000000  # unshare(2)
SIOCSIFFLAGS, IFF_UP = 0x8914, 1  # netdevice(7)
SOURCES = pathlib.Path(__file__).resolve().parent.parent
_libc = ctypes.CDLL(None, use_errno=True)


class Fault(Exception):
    """Something the benchmark needs is missing or went wrong; the message is for people."""


def _prepare(core: int | frozenset[int] | None) -> None:
    priority = os.getpriority(os.PRIO_PROCESS, 0)
    if priority != 0 and os.path.exists("/proc/self/autogroup"):
        # Each session is weighed as a whole (sched(7), autogroup): the priority of its processes alone does nothing.
        pathlib.Path("/proc/self/autogroup").write_text(str(priority))
    # The kernel ends a child whose starter dies, even when that is killed and can clean nothing up.
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if core is not None:
        os.sched_setaffinity(0, core if isinstance(core, frozenset) else {core})


class Workshop:
    """A temporary directory with the compiled programs and every process that was started, as a context manager."""

    def __enter__(self) -> "Workshop":
        self._directory = tempfile.TemporaryDirectory(prefix="sluice-peers-")
        self.path = pathlib.Path(self._directory.name)
        self._running: list[subprocess.Popen] = []
        self._count = 0
        return self

    def __exit__(self, *_) -> None:
        for process in list(self._running):
            self.end(process)
        self._directory.cleanup()

    def compile(self, name: str, *flags: str) -> pathlib.Path:
        """Compiles one of our C files, once, and returns the path of what it became."""
        program = self.path / name
        if not program.exists():
            command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-o", str(program), str(SOURCES / f"{name}.c")]
            subprocess.run([*command, *flags], check=True, timeout=60)
        return program

    def directory(self, name: str) -> pathlib.Path:
        """Makes a directory of its own for one process's files."""
        self._count += 1
        path = self.path / f"{self._count:04}-{name}"
        path.mkdir()
        return path

    def start(self, command: list[str], core: int | frozenset[int] | None, log: pathlib.Path, **options) -> subprocess.Popen:
        """Starts a process pinned to a core (None: anywhere) with its standard error in a file."""
        with open(log, "ab") as errors:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stderr=errors, start_new_session=True,
                preexec_fn=lambda: _prepare(core), **options)
        self._running.append(process)
        return process

    def end(self, process: subprocess.Popen, first: int = signal.SIGTERM, seconds: float = 15) -> None:
        """Asks a process to end, and kills it when it has not after some seconds.

        It is asked again every few seconds: nginx without a master loses a signal that arrives just before it waits.
        """
        deadline = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < deadline:
            process.send_signal(first)
            try:
                process.wait(3)
            except subprocess.TimeoutExpired:
                continue
        if process.poll() is None:
            process.kill()
            process.wait(10)
        if process.stdout is not None:
            process.stdout.close()
        if process in self._running:
            self._running.remove(process)

    def start_announcing(self, command: list[str], core: int | frozenset[int] | None) -> tuple[subprocess.Popen, list[int]]:
        """Starts one of our C programs, which take free ports and print them as their only line."""
        log = self.directory(pathlib.Path(command[0]).name) / "log"
        process = self.start(command, core, log, stdout=subprocess.PIPE, text=True)
        line = process.stdout.readline()
        if not line:
            raise Fault(f"{command[0]} did not start: {log.read_text()}")
        return process, [int(port) for port in line.split()]

    def run(self, command: list[str], core: int | frozenset[int] | None, seconds: float) -> subprocess.CompletedProcess:
        """Runs a process to its end, within some seconds, and returns what it printed."""
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            start_new_session=True, preexec_fn=lambda: _prepare(core))
        self._running.append(process)
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise Fault(f"{command[0]} did not end within {seconds:g} s") from None
        finally:
            self.end(process, signal.SIGKILL)
        return subprocess.CompletedProcess(command, process.returncode, output, errors)


class Upstream:
    """A running upstream.c."""

    def __init__(self, workshop: Workshop, core: int | frozenset[int] | None = LOAD_CORE) -> None:
        self.process, ports = workshop.start_announcing([str(workshop.compile("upstream"))], core)
        self.port, self._stats_port = ports

    def stats(self) -> dict[str, int]:
        """What the upstream has counted: accepted, open, mostOpen, requests, bodyBytes."""
        return get_json(f"http://127.0.0.1:{self._stats_port}/stats")


def get_json(url: str) -> dict:
    """The JSON value behind a URL of this machine."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as response:
        return json.load(response)


def enter_fresh_network() -> bool:
    """Moves this process, and what it starts from now on, into a network namespace with nothing but a loopback.

    The thousands of sockets that one run leaves in TIME_WAIT then neither slow the next run's search for a port nor
    take ports from other programs of the machine. False, and nothing happens, where that is not allowed (not root).
    """
    if _libc.unshare(CLONE_NEWNET) != 0:
        return False
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        interface = struct.pack("16sh14x", b"lo", IFF_UP)
        fcntl.ioctl(control, SIOCSIFFLAGS, interface)
    return True


def shorten_time_slices() -> None:
    """Has this process, and what it starts from now on, take turns on a core after 0.1 ms and not after about 3 ms.

    The clients and the upstream share a core: the wait for the other one's turn would be the tail of all latencies.
    Linux has this since 6.12 (sched_setattr(2), sched_runtime of an ordinary process); older ones ignore it.
    """
    attributes = struct.pack("=IIQiIQQQ", 48, 0, 0, 0, 0, 100_000, 0, 0)
    _libc.syscall(SYS_SCHED_SETATTR, 0, attributes, 0)


def allow_open_files(count: int) -> None:
    """Lets this process, and what it starts from now on, have so many open files; a Fault where that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft >= count:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (count, max(count, hard)))
    except (ValueError, OSError):
        raise Fault(f"{count} open files are needed, and the limit is {hard}: run as root, or raise it") from None


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago, for programs that cannot take port 0 and say which one they got."""
    probes = [socket.socket() for _ in range(count)]
    try:
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]
    finally:
        for probe in probes:
            probe.close()


def wait_until_serving(port: int, process: subprocess.Popen, log: pathlib.Path, seconds: float = 10) -> None:
    """Returns once something accepts connections on the port; a Fault when the process ends or takes too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Fault(f"{process.args[0]} ended with {process.returncode}: {log.read_text()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Fault(f"{process.args[0]} did not listen within {seconds:g} s: {log.read_text()[-2000:]}")


def cpu_seconds(pid: int) -> tuple[float, float]:
    """User and system CPU time of a process and all its threads, in seconds (proc(5), fields 14 and 15)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND


def machine_busy_seconds() -> float:
    """CPU time that all cores together have spent on anything, in seconds."""
    user, nice, system, _, _, irq, softirq, steal = [
        int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND


def _status(pid: int, field: str) -> int:
    """A number of /proc/PID/status; sizes are in KiB."""
    found = re.search(rf"^{field}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) if found else 0


def resident_mebibytes(pid: int) -> float:
    """Resident memory of a process now, in MiB."""
    return _status(pid, "VmRSS") / 1024


def own_bytes(pid: int) -> int:
    """Resident memory of a process that is no file's (proc(5), RssAnon and RssShmem): its data, without its code."""
    return (_status(pid, "RssAnon") + _status(pid, "RssShmem")) * 1024
