"""Ask the open database of vulnerabilities (osv.dev) about every version in the lock files.

    python tools/audit_dependencies.py requirements.lock requirements-dev.lock

Exit 1 where one has a known weakness. Where the database cannot be reached it says that nothing was audited, and exits 0: a
machine without a network must still be able to check its code.
"""

import http.client
import json
import os
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ADDRESS = os.environ.get("OFFICINA_OSV", "https://api.osv.dev/v1/querybatch")
SECONDS = 6


def pinned(lock: str) -> set[tuple[str, str]]:
    """The names and versions of a lock file."""
    return set(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", lock, re.MULTILINE))


def weaknesses(packages: list[tuple[str, str]]) -> list[str]:
    """A line for each package with known weaknesses. Asks the database once; OSError or ValueError where it does not answer."""
    asked = {"queries": [{"package": {"name": n, "ecosystem": "PyPI"}, "version": v} for n, v in packages]}
    request = urllib.request.Request(  # noqa: S310  the address is ours
        ADDRESS, json.dumps(asked).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
        results: list[dict[str, Any]] = json.load(answer)["results"]
    if len(results) != len(packages):
        raise ValueError(f"asked for {len(packages)} packages, told of {len(results)}")
    return [
        f"{name} {version}: {', '.join(v['id'] for v in told['vulns'])}"
        for (name, version), told in zip(packages, results, strict=True)
        if told.get("vulns")
    ]


def main(locks: list[str]) -> int:
    """Audit; tell how it went in a line."""
    packages = sorted(set().union(*(pinned(Path(lock).read_text()) for lock in locks)))
    try:
        found = weaknesses(packages)
    except (OSError, ValueError, KeyError, http.client.HTTPException) as problem:
        print(f"Dependency audit SKIPPED: the database of vulnerabilities was not reached ({type(problem).__name__}).")
        return 0
    for line in found:
        print(f"Known weakness: {line}")
    print(f"Dependency audit: {len(packages)} packages, {len(found)} with known weaknesses.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
