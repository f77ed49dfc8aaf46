"""What the project's own files promise: commands that exist, locks that install from anywhere, documents that tell of everything."""

import os
import re
import stat
import subprocess
import tomllib
from pathlib import Path

import pytest

from houses import officina

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = ("requirements.lock", "requirements-dev.lock")
TARGETS = ("demo", "test", "check", "bench", "lock")
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")])
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)(?:#[^)]*)?\)")


def name_of(requirement: str) -> str:
    return re.split(r"[\[<>=!~; ]", requirement, maxsplit=1)[0].lower().replace("_", "-")


def asked_for(part: str) -> set[str]:
    project = PYPROJECT["project"]
    parts = {
        "runtime": project["dependencies"],
        "dev": project["optional-dependencies"]["dev"],
        "build": PYPROJECT["dependency-groups"]["build"],
    }
    return {name_of(requirement) for requirement in parts[part]}


def locked(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text()
    return {name.lower(): version for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", text, re.MULTILINE)}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_package_host(lock):
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE), "an option of pip may name an index"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_line_of_a_lock_is_pinned_with_a_hash(lock):
    entries = re.split(r"\n(?=[\w])", re.sub(r"^#.*\n", "", (ROOT / lock).read_text(), flags=re.MULTILINE).strip())
    assert [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


def test_the_locks_hold_all_that_is_asked_for_and_agree():
    runtime, development = (locked(lock) for lock in LOCKS)
    assert (asked_for("runtime") | asked_for("build")) - set(runtime) == set()
    assert asked_for("dev") - set(development) == set()
    assert {name: version for name, version in runtime.items() if development.get(name) != version} == {}


def test_every_dependency_has_its_line_in_the_document():
    told = {
        name.lower()
        for name in re.findall(r"^\| ([\w.-]+) \|", (ROOT / "docs/dependencies.md").read_text(), re.MULTILINE)
    }
    wanted = asked_for("runtime") | asked_for("dev") | asked_for("build")
    assert wanted - told == set(), "tell why in docs/dependencies.md"


def test_what_is_only_for_tests_is_not_imported_by_the_program():
    only = {name.replace("-", "_") for name in asked_for("dev")} | {"axe_playwright_python"}
    imports = re.compile(r"^\s*(?:from|import)\s+([a-z_0-9]+)", re.MULTILINE)
    used = {name for path in (ROOT / "src").rglob("*.py") for name in imports.findall(path.read_text())}
    assert used & only == set()


@pytest.mark.parametrize("target", TARGETS)
def test_make_knows_the_target(target):
    asked = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True, check=False)
    assert asked.returncode == 0, asked.stderr


def test_make_demo_can_stop_before_serving():
    def told(*more):
        return subprocess.run(
            ["make", "-n", "demo", *more], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    assert "--no-serve" in told("SERVE=0")
    assert "--no-serve" not in told("SERVE=1")


def test_continuous_integration_runs_make_test():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    assert "make --no-print-directory test" in script.read_text().splitlines()[-1]


@pytest.mark.parametrize("words", ["make demo", "make test"])
def test_the_read_me_says_how_to_begin(words):
    assert words in (ROOT / "README.md").read_text()


def test_links_between_documents_lead_somewhere():
    lost = [
        f"{document.relative_to(ROOT)} → {link}"
        for document in DOCUMENTS
        for link in LINK.findall(document.read_text())
        if not (document.parent / link).exists()
    ]
    assert lost == []


def commands_of_the_program(home):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "OFFICINA_"))}
    told = officina(env | {"OFFICINA_HOME": str(home)}, "--help")
    return re.findall(r"^  ([a-z-]+)  ", told.partition("Commands:")[2], re.MULTILINE)


def test_every_command_is_documented(tmp_path):
    guide = "\n".join(document.read_text() for document in DOCUMENTS)
    commands = commands_of_the_program(tmp_path)
    assert {"demo", "receive", "check", "label", "serve"} <= set(commands)
    assert [name for name in commands if f"officina {name}" not in guide] == []


@pytest.mark.parametrize("tell_tale", [r"/(?:home|root|work|Users)/\w", r"\b(?:TODO|FIXME|XXX)\b"])
def test_no_file_names_somebody_s_machine_or_leaves_work_for_later(tell_tale):
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    texts = [
        name
        for name in listed
        if name.endswith((".py", ".md", ".toml", ".html", ".js", ".css", ".yml", "Makefile", "run"))
    ]
    mine = Path(__file__).name
    found = [
        name
        for name in texts
        if not name.endswith(mine) and (ROOT / name).exists() and re.search(tell_tale, (ROOT / name).read_text())
    ]
    assert found == []


def test_no_house_lies_among_the_project_s_files():
    """A key that was committed opens what it signs."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    files = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()
    assert [name for name in files if Path(name).name in {"secret_key", "officina.sqlite3"}] == []


def test_every_setting_is_told_to_whoever_opens_a_pharmacy():
    settings = (ROOT / "src/officina/project/settings.py").read_text()
    told = (ROOT / "docs/guide/opening.md").read_text()
    assert set(re.findall(r'"(OFFICINA_[A-Z_]+)"', settings)) - set(re.findall(r"^\| `(OFFICINA_[A-Z_]+)`", told, re.MULTILINE)) == set()  # fmt: skip
