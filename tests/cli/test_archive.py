"""Backups and exports: the owner's records, whole, on either database, or a refusal that changes nothing."""

import fcntl
import hashlib
import json
import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from houses import empty_house, officina, serving

FILES = "*.jsonl"


@pytest.fixture(scope="module")
def house(played):
    return played[0]


@pytest.fixture(scope="module")
def exported(house, tmp_path_factory):
    """An export of the played day."""
    folder = tmp_path_factory.mktemp("exported") / "all"
    told = json.loads(officina(house, "export", str(folder), "--json"))
    assert told["records"] > 5000
    return folder


@pytest.fixture
def changed(exported, tmp_path):
    """A copy of the export that a test may spoil."""
    return Path(shutil.copytree(exported, tmp_path / "changed"))


@pytest.fixture
def embedded(tmp_path):
    """An empty house on the embedded database, whatever the others are on."""
    with empty_house(tmp_path / "embedded", embedded=True) as env:
        yield env


def rows(folder):
    return {file.name: file.read_bytes() for file in folder.glob(FILES)}


def sealed(folder, manifest):
    """Write another manifest and its seal, as somebody does who knows how."""
    (folder / "manifest.json").write_bytes(manifest)
    (folder / "manifest.sha256").write_text(f"{hashlib.sha256(manifest).hexdigest()}  manifest.json\n")


def is_empty(env):
    tables = ("base_site", "base_auditentry", "patients_patient", "inventory_move")
    with closing(sqlite3.connect(Path(env["OFFICINA_HOME"]) / "officina.sqlite3")) as connection:
        return all(connection.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,) for table in tables)


class TestExport:
    def test_it_goes_from_house_to_house_and_comes_back_the_same_bit_for_bit(
        self, exported, embedded, house_env, tmp_path
    ):
        told = json.loads(officina(embedded, "import", str(exported), "--json"))
        assert told["equal"] is True
        officina(embedded, "export", str(tmp_path / "second"))
        officina(house_env, "import", str(tmp_path / "second"))
        officina(house_env, "export", str(tmp_path / "third"))
        assert rows(exported) == rows(tmp_path / "second") == rows(tmp_path / "third")
        for env in (embedded, house_env):
            assert json.loads(officina(env, "check", "--json")) == {"ok": True, "problems": []}

    def test_work_goes_on_in_the_house_that_it_was_read_into(self, exported, house_env):
        officina(house_env, "import", str(exported))
        message = Path(__file__).parents[1] / "messages" / "ncpdp_script" / "newrx_metformin_2023011.xml"
        (told,) = json.loads(officina(house_env, "receive", str(message), "--json"))["files"]
        assert told["prescriptions"]
        assert json.loads(officina(house_env, "check", "--json"))["ok"]

    def test_the_audit_trail_that_was_read_in_is_as_protected_as_before(self, exported, embedded):
        officina(embedded, "import", str(exported))
        with (
            closing(sqlite3.connect(Path(embedded["OFFICINA_HOME"]) / "officina.sqlite3")) as connection,
            pytest.raises(sqlite3.IntegrityError, match="append"),
        ):
            connection.execute("DELETE FROM base_auditentry")

    def test_only_the_owner_of_the_machine_reads_it(self, exported):
        assert stat.S_IMODE(exported.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in exported.iterdir()} == {0o600}

    def test_the_owner_can_check_the_manifest_without_this_program(self, exported):
        digest, name = (exported / "manifest.sha256").read_text().split()
        assert hashlib.sha256((exported / name).read_bytes()).hexdigest() == digest

    def test_a_folder_with_something_in_it_is_left_alone(self, house, said_no, tmp_path):
        (tmp_path / "mine").write_text("mine")
        assert "is not an empty folder" in said_no(house, "export", tmp_path, status=1)
        assert [file.name for file in tmp_path.iterdir()] == ["mine"]


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """One empty house for all that is refused: it must stay empty."""
    with empty_house(tmp_path_factory.mktemp("bare") / "house", embedded=True) as env:
        assert json.loads(officina(env, "check", "--json"))["ok"]
        yield env


class TestRefused:
    def refused(self, folder, env, said_no, words):
        assert words in said_no(env, "import", folder, status=1)
        assert is_empty(env)

    @pytest.mark.parametrize("bit", [0, 3, 7])
    def test_one_flipped_bit(self, changed, bare, said_no, bit):
        file = next(changed.glob("*inventory_move.jsonl"))
        data = bytearray(file.read_bytes())
        data[len(data) // 2] ^= 1 << bit
        file.write_bytes(data)
        self.refused(changed, bare, said_no, "is not what was exported")

    def test_a_missing_file(self, changed, bare, said_no):
        next(changed.glob("*patients_allergy.jsonl")).unlink()
        self.refused(changed, bare, said_no, "patients_allergy.jsonl is missing")

    def test_a_missing_seal(self, changed, bare, said_no):
        (changed / "manifest.sha256").unlink()
        self.refused(changed, bare, said_no, "manifest.sha256 is missing")

    def test_a_file_too_many(self, changed, bare, said_no):
        (changed / "99-more.jsonl").write_text("{}\n")
        self.refused(changed, bare, said_no, "99-more.jsonl does not belong to it")

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            (b'"form": 2', b'"form": 3', "has form 3"),
            (b'"dispensing": "0', b'"dispensing": "9', "another shape (dispensing)"),
            (b'"parts"', b'"part"', "manifest.json"),
            (b"{", b"", "manifest.json"),
        ],
    )
    def test_a_manifest_of_another_kind(self, changed, bare, said_no, before, after, words):
        manifest = changed / "manifest.json"
        data = manifest.read_bytes()
        assert before in data
        sealed(changed, data.replace(before, after, 1))
        self.refused(changed, bare, said_no, words)

    def test_a_file_and_a_manifest_that_were_both_rewritten_into_nonsense(self, changed, bare, said_no):
        file = next(changed.glob("*patients_patient.jsonl"))
        before = hashlib.sha256(file.read_bytes()).hexdigest()
        file.write_bytes(file.read_bytes().replace(b'"born_on":"19', b'"born_on":"XX', 1))
        after = hashlib.sha256(file.read_bytes()).hexdigest()
        sealed(changed, (changed / "manifest.json").read_bytes().replace(before.encode(), after.encode()))
        self.refused(changed, bare, said_no, "line ")

    def test_a_house_where_somebody_works(self, exported, house, said_no):
        assert "is not empty" in said_no(house, "import", exported, status=1)

    def test_a_folder_that_holds_none(self, bare, said_no, tmp_path):
        assert "holds no export" in said_no(bare, "import", tmp_path, status=1)


class TestBackup:
    @pytest.fixture
    def copy(self, house, tmp_path):
        if "OFFICINA_DATABASE_URL" in house:
            pytest.skip("a house on PostgreSQL is backed up by that server's own pg_dump")
        told = json.loads(officina(house, "backup", str(tmp_path / "copy.sqlite3"), "--json"))
        assert told["prescriptions"] >= 25
        return tmp_path / "copy.sqlite3"

    def test_it_is_the_house_and_nobody_else_may_read_it(self, copy, house, tmp_path):
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        (tmp_path / "moved").mkdir()
        moved = house | {"OFFICINA_HOME": str(tmp_path / "moved")}
        officina(moved, "restore", str(copy), "--yes")
        for env, name in ((house, "one"), (moved, "two")):
            officina(env, "export", str(tmp_path / name))
        assert rows(tmp_path / "one") == rows(tmp_path / "two")

    def test_what_was_there_is_kept_beside_it(self, copy, embedded, tmp_path):
        officina(embedded, "open", "--name", "Elm Street")
        kept = json.loads(officina(embedded, "restore", str(copy), "--yes", "--json"))["kept"]
        with closing(sqlite3.connect(kept)) as before:
            assert before.execute("SELECT name FROM base_site").fetchall() == [("Elm Street",)]
        assert json.loads(officina(embedded, "check", "--json"))["ok"]

    def test_under_people_at_work_nothing_is_restored(self, copy, embedded, said_no, tmp_path):
        officina(embedded, "open", "--name", "Elm Street")
        with serving(embedded, tmp_path / "log"):
            assert "open in this house" in said_no(embedded, "restore", copy, "--yes", status=1)
        officina(embedded, "export", str(tmp_path / "still"))
        assert b"Elm Street" in next((tmp_path / "still").glob("*base_site.jsonl")).read_bytes()
        officina(embedded, "restore", str(copy), "--yes")

    def test_while_it_is_restored_nobody_opens_it(self, copy, embedded, said_no):
        officina(embedded, "open", "--name", "Elm Street")
        with (Path(embedded["OFFICINA_HOME"]) / "at_work.lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for program in (("serve", "--port", "8399"), ("worker", "--once")):
                assert "being restored" in said_no(embedded, *program, status=1)

    def test_without_yes_nothing_is_changed(self, copy, embedded, tmp_path):
        officina(embedded, "open", "--name", "Elm Street")
        assert "Nothing was changed" in officina(embedded, "restore", str(copy))
        officina(embedded, "export", str(tmp_path / "still"))
        assert b"Elm Street" in next((tmp_path / "still").glob("*base_site.jsonl")).read_bytes()

    def test_a_file_that_is_there_is_not_written_over(self, copy, house, said_no):
        before = copy.read_bytes()
        assert "is there already" in said_no(house, "backup", copy, status=1)
        assert copy.read_bytes() == before

    @pytest.mark.parametrize("spoil", ["cut", "text", "page"])
    def test_a_damaged_copy_is_not_restored(self, copy, embedded, said_no, spoil):
        officina(embedded, "open", "--name", "Elm Street")
        data = bytearray(copy.read_bytes())
        if spoil == "cut":
            del data[len(data) // 2 :]
        elif spoil == "text":
            data = bytearray(b"no database at all")
        else:
            data[8192 : len(data) // 2] = b"\xff" * (len(data) // 2 - 8192)
        copy.write_bytes(data)
        said_no(embedded, "restore", copy, "--yes", status=1)
        assert json.loads(officina(embedded, "check", "--json"))["ok"]
