"""The status page in a real browser, against a running sluice.

    SLUICE_ADMIN=http://127.0.0.1:1986 SLUICE_PROXY=http://127.0.0.1:1985 python3 page_test.py
    python3 page_test.py --mock             # against mock_admin.py instead

Needs Playwright (pip install playwright) and a Chromium, found by name or named by CHROMIUM. The proxy must have an
agent `k` at /k, as a sluice without configuration has. Its settings are put back at the end. --screenshots DIR keeps
pictures.
"""

import argparse
import os
import pathlib
import shutil
import sys
import time
import traceback

import card_checks
import steer_checks
import wall_checks
from page_suite import Api, Suite
from playwright.sync_api import Error, sync_playwright

CHECKS = [*card_checks.CHECKS, *steer_checks.CHECKS, *wall_checks.CHECKS]


def pictures(suite, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for width, height in ((360, 800), (1280, 800), (2560, 1440)):
        for scheme in ("light", "dark"):
            page = suite.open(width, height, color_scheme=scheme)
            page.screenshot(path=folder / f"page-{width}-{scheme}.png", full_page=True)
            page.context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mock", action="store_true", help="start mock_admin.py and test against it")
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="DIR")
    parser.add_argument("only", nargs="*", help="names of checks to run")
    options = parser.parse_args()
    mock = None
    if options.mock:
        import mock_admin
        admin, proxy, mock = mock_admin.start()
    else:
        admin, proxy = os.environ.get("SLUICE_ADMIN"), os.environ.get("SLUICE_PROXY")
    if not admin or not proxy:
        parser.error("set SLUICE_ADMIN and SLUICE_PROXY, or pass --mock")
    api = Api(admin)
    before = {agent["name"]: agent for agent in api.agents()}
    passed = failed = 0
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        suite = Suite(api, proxy, browser, mock)
        for check in CHECKS:
            if options.only and check.__name__ not in options.only:
                continue
            name, started = check.__name__.replace("_", " "), time.monotonic()
            try:
                check(suite)
                passed += 1
                print(f"ok   {name} ({time.monotonic() - started:.1f} s)", flush=True)
            except (AssertionError, Error, OSError, KeyError) as error:
                failed += 1
                print(f"FAIL {name}: {error}", flush=True)
                traceback.print_tb(error.__traceback__, limit=3)
        if options.screenshots:
            pictures(suite, options.screenshots)
        browser.close()
    for name, agent in before.items():
        api.patch(name, {key: value for key, value in agent.items() if key not in ("name", "status")})
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
