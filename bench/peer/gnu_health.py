"""GNU Health, the open hospital system on Tryton, as a measured peer: it writes a prescription and dispenses it, over its own JSON-RPC.

It lives in an environment of its own under `.cache/peer`, from the packages of `requirements.lock`; nothing of it is part of Officina. It
stands on the same PostgreSQL, with two processes of the server that Tryton's own documentation names, and any of the two takes the next
request, over a connection of its own. A pair is its order with one line, then its wizard "Create Prescription Stock Move" by the two calls without
which nothing leaves the shelf (its screens ask for more). Its move names no lot, and nothing is looked at or locked before it.
"""

import base64
import http.client
import itertools
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import psycopg

from bench.stations import Turns, at_once

HERE = Path(__file__).resolve().parent
HOME = HERE.parent.parent / ".cache" / "peer"
BIN = HOME / "venv" / "bin"
DATABASE, LOGIN = "gnuhealth", "doctor"
QUANTITY, PAIRS, START_SECONDS = 3, 120, 120
WIZARD = "wizard.gnuhealth.prescription.stock.move.create"


def install() -> None:
    """The environment, once; psycopg2 is built on the spot and needs a C compiler and libpq's headers."""
    if (HOME / "installed").exists():
        return
    print("installing GNU Health into .cache/peer, which takes some minutes", file=sys.stderr)
    venv.create(HOME / "venv", with_pip=True, clear=True)
    pip = [BIN / "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]
    subprocess.run([*pip, "-r", HERE / "requirements.lock"], check=True)
    (HOME / "installed").touch()


@dataclass
class Clinic:
    """A GNU Health that is open: where, and whom and what a client names."""

    port: int
    ids: dict
    password: str
    dispensed: int = 0

    def pairs(self, people: int) -> tuple[float, list[list[float]]]:
        """So many people at once, each with a session; seconds, and for each the milliseconds of every order and every dispensing."""
        turns = Turns(PAIRS)
        found = at_once([partial(c.pairs, turns) for c in [Client(self) for _ in range(people)]])
        self.dispensed += PAIRS * QUANTITY
        return found

    def check(self) -> None:
        """What it says itself is on its shelf is what was there, less what was dispensed."""
        client, today = Client(self), time.localtime()
        day = {"__class__": "date", "year": today.tm_year, "month": today.tm_mon, "day": today.tm_mday}
        asked = {**client.context, "locations": [self.ids["shelf"]], "stock_date_end": day}
        told = client.call("model.product.product.read", [self.ids["product"]], ["quantity"], asked)
        left = self.ids["on_hand"] - self.dispensed
        assert told[0]["quantity"] == left, (told, left)


class Client:
    """One person with a session."""

    def __init__(self, clinic: Clinic) -> None:
        self.ids, self.numbers = clinic.ids, itertools.count(1)
        self.http = http.client.HTTPConnection("127.0.0.1", clinic.port, timeout=60)
        self.headers = {"Content-Type": "application/json"}
        user, key = self.call("common.db.login", LOGIN, {"password": clinic.password})[:2]
        session = base64.b64encode(f"{LOGIN}:{user}:{key}".encode()).decode()
        self.headers["Authorization"] = f"Session {session}"
        self.context = self.call("model.res.user.get_preferences", True, {})

    def call(self, method: str, *params: object):
        body = json.dumps({"id": next(self.numbers), "method": method, "params": params})
        self.http.request("POST", f"/{DATABASE}/", body, self.headers)
        answer = self.http.getresponse()
        told = json.loads(answer.read())
        if answer.status != http.HTTPStatus.OK or "error" in told:
            raise AssertionError(f"{method} → {answer.status} {str(told)[:500]}")
        return told["result"]

    def pairs(self, turns: Turns) -> list[float]:
        took = []
        for number in turns:
            began = time.perf_counter()
            order = self.order(self.ids["patients"][number % len(self.ids["patients"])])
            ordered = time.perf_counter()
            self.dispense(order)
            took += [(ordered - began) * 1000, (time.perf_counter() - ordered) * 1000]
        return took

    def order(self, patient: int) -> int:
        t = time.gmtime()
        names = ("year", "month", "day", "hour", "minute", "second")
        now = {"__class__": "datetime", **dict(zip(names, t[:6], strict=True)), "microsecond": 0}
        line = {
            "medicament": self.ids["medicament"],
            "quantity": QUANTITY,
            "qty": 1,
            "dose": 500.0,
            "frequency": 8,
            "frequency_unit": "hours",
            "duration": 1,
            "duration_period": "days",
            "prnt": True,
            "start_treatment": now,
        }
        order = {
            "patient": patient,
            "healthprof": self.ids["healthprof"],
            "pharmacy": self.ids["pharmacy"],
            "user_id": self.ids["user"],
            "prescription_date": now,
            "state": "draft",
            "prescription_warning_ack": True,
            "prescription_line": [["create", [line]]],
        }
        return self.call("model.gnuhealth.prescription.order.create", [order], self.context)[0]

    def dispense(self, order: int) -> None:
        model = "gnuhealth.prescription.order"
        context = {**self.context, "active_id": order, "active_ids": [order], "active_model": model}
        session = self.call(f"{WIZARD}.create", context)[0]
        self.call(f"{WIZARD}.execute", session, {"start": {}}, "create_stock_move", context)


@contextmanager
def opened() -> Iterator[Clinic]:
    """A GNU Health with its tables and a pharmacy in it, in a database of its own beside Officina's, served by two processes."""
    host = parse_qs(urlsplit(os.environ["OFFICINA_DATABASE_URL"]).query)["host"][0]
    HOME.mkdir(parents=True, exist_ok=True)
    config, password = HOME / "trytond.conf", secrets.token_urlsafe()
    config.write_text(f"[database]\nuri = postgresql://postgres@/\npath = {HOME / 'attached'}\n")
    env = {
        **os.environ,
        "PGHOST": host,
        "PGUSER": "postgres",
        "TRYTOND_CONFIG": str(config),
        "TRYTOND_DATABASE_NAMES": DATABASE,
        "TRYTONPASSFILE": str(HOME / "password"),
        "PEER_DATABASE": DATABASE,
        "PEER_LOGIN": LOGIN,
        "PEER_PASSWORD": password,
        "PYTHONPATH": "",
    }
    (HOME / "password").write_text(password)
    with psycopg.connect(host=host, user="postgres", dbname="postgres", autocommit=True) as server:
        server.execute(f"CREATE DATABASE {DATABASE}")
    tables = [BIN / "trytond-admin", "-c", config, "-d", DATABASE, "-u", "health_stock", "--activate-dependencies"]
    subprocess.run([*tables, "--email", "admin@example.org"], env=env, check=True)
    furnished = subprocess.run(
        [BIN / "python", "-W", "ignore", HERE / "furnish.py"], env=env, check=True, stdout=subprocess.PIPE, text=True
    )
    with psycopg.connect(host=host, user="postgres", dbname=DATABASE, autocommit=True) as server:
        server.execute("VACUUM ANALYZE")
    with _served(env) as port:
        yield Clinic(port, json.loads(furnished.stdout.splitlines()[-1]), password)


@contextmanager
def _served(env: dict[str, str]) -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gunicorn = [BIN / "gunicorn", "-w", "2", "-b", f"127.0.0.1:{port}", "--timeout", "120", "--no-control-socket"]
    with (HOME / "log").open("wb") as log:
        server = subprocess.Popen([*gunicorn, "trytond.application:app"], env=env, cwd=HOME, stdout=log, stderr=log)
    try:
        until = time.monotonic() + START_SECONDS
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"GNU Health does not start: {(HOME / 'log').read_text()[-2000:]}")
            time.sleep(1)
        yield port
    finally:
        server.terminate()
        server.wait(timeout=60)


def _answers(port: int) -> bool:
    with socket.socket() as asked:
        return asked.connect_ex(("127.0.0.1", port)) == 0
