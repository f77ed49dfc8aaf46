"""Directions from the command line: one result each, and an exit status that a script can trust."""

import json

from houses import officina


def test_each_direction_has_its_result(house_env):
    told = json.loads(officina(house_env, "sig", "1 tab po bid", "4 tabs po weekly", "--json"))["directions"]
    assert [one["status"] for one in told] == ["understood", "understood"]
    assert told[0]["label"]["en"] == "Take 1 tablet by mouth in the morning and 1 tablet in the evening."
    assert told[1]["per_day"] == {"number": "4/7", "unit": "tablet", "text": "4/7 tablet"}


def test_what_may_mean_two_things_is_told_with_both_and_fails(house_env, tmp_path):
    file = tmp_path / "directions.txt"
    file.write_text("instill 1 drop od bid\ntake 1 blorp daily\n\n")
    drop, blorp = json.loads(officina(house_env, "sig", "--file", str(file), "--json", status=1))["directions"]
    assert drop["status"] == "ambiguous"
    assert "in the right eye" in drop["readings"]
    assert (blorp["status"], blorp["label"], blorp["doses"]) == ("not_understood", None, [])
    assert "blorp" in blorp["place"]


def test_nothing_to_read_is_a_usage_error(house_env):
    officina(house_env, "sig", status=2)


def test_the_house_keeps_its_own_codes_by_command(house_env, run, said_no):
    officina(house_env, "open", "--name", "Elm", "--state", "WI")
    assert "No code is kept yet." in officina(house_env, "sig-codes", "list")
    assert "t1b stands for" in officina(house_env, "sig-codes", "set", "T1B", "take 1 tablet by mouth", "twice daily")
    assert "has a meaning already" in said_no(house_env, "sig-codes", "set", "bid", "twice daily", status=1)
    assert "not understood" in said_no(house_env, "sig-codes", "set", "zz1", "blah", status=1)
    told = json.loads(officina(house_env, "sig-codes", "list", "--json"))
    assert told == {"codes": {"t1b": "take 1 tablet by mouth twice daily"}}
    assert "no code any more" in officina(house_env, "sig-codes", "end", "t1b")
    assert "There is no sig code" in said_no(house_env, "sig-codes", "end", "t1b", status=1)
