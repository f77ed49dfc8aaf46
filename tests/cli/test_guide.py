"""The page of commands says what the program says."""

import os
import re
from pathlib import Path

import pytest

from houses import officina

GUIDE = (Path(__file__).resolve().parents[2] / "docs" / "guide" / "commands.md").read_text()
SECTIONS = dict(re.findall(r"^## officina ([a-z -]+)\n.*?```text\n(.*?)```", GUIDE, re.MULTILINE | re.DOTALL))


@pytest.mark.parametrize("command", SECTIONS)
def test_the_help_in_the_guide_is_the_help_of_the_program(command, tmp_path):
    env = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "OFFICINA_"))}
    told = officina(env | {"OFFICINA_HOME": str(tmp_path), "COLUMNS": "80"}, *command.split(), "--help")
    assert SECTIONS[command].strip() == told.strip()


def test_the_guide_has_commands_at_all():
    assert len(SECTIONS) >= 9
