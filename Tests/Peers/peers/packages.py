"""The programs that the benchmark needs and where they come from."""

import os
import shutil
import subprocess

from context import say
from processes import SOURCES, Fault

# Each program and its Debian package.
TOOLS = {
    "cc": "gcc", "wrk": "wrk", "/usr/sbin/haproxy": "haproxy", "/usr/sbin/nginx": "nginx", "valgrind": "valgrind",
    "strace": "strace", "strip": "binutils", "siege": "siege"}
INSTALL_SECONDS, BUILD_SECONDS = 600, 1800


def _missing(tools: list[str]) -> list[str]:
    return [TOOLS[tool] for tool in tools if shutil.which(tool) is None]


def require(tools: list[str]) -> None:
    """A Fault that names the Debian packages of the tools that are missing."""
    if missing := _missing(tools):
        raise Fault(f"missing: apt-get install {' '.join(missing)}")


def install(tools: list[str]) -> None:
    """Installs the packages of the tools that are missing, as root or by sudo; a Fault that names them otherwise."""
    missing = _missing(tools)
    if not missing:
        return
    if shutil.which("apt-get") is None or (os.geteuid() != 0 and shutil.which("sudo") is None):
        require(tools)
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    say(f"installing {' '.join(missing)}")
    for command in (["update"], ["install", "--yes", "--no-install-recommends", *missing]):
        environment = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet", *command]
        done = subprocess.run(environment, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
        if done.returncode != 0:
            say(done.stderr.strip())
    require(tools)


def build() -> str:
    """Builds Sluice as it is released, and returns its path."""
    root = SOURCES.parent.parent
    say("building Sluice (-c release)")
    command = ["swift", "build", "-c", "release", "--static-swift-stdlib", "--product", "sluice"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    if done.returncode != 0:
        raise Fault(f"swift build failed: {(done.stdout + done.stderr)[-2000:]}")
    return str(root / ".build" / "release" / "sluice")
