"""The examples in the manual pages of kernel, codecs, labels and rules are run, so that what they show is what happens."""

import doctest
import importlib
import pkgutil

import pytest

import officina

PURE = ("officina.kernel", "officina.codecs", "officina.labels")
NAMES = sorted(
    module.name
    for module in pkgutil.walk_packages(officina.__path__, "officina.")
    if module.name.startswith(PURE) or ".rules" in module.name
)


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_of_a_module_show_what_happens(name):
    module = importlib.import_module(name)
    failed, _ = doctest.testmod(module)
    assert not failed


@pytest.mark.parametrize("codec", sorted({".".join(name.split(".")[:3]) for name in NAMES if ".codecs." in name}))
def test_every_codec_shows_an_example(codec):
    modules = [importlib.import_module(name) for name in NAMES if name == codec or name.startswith(codec + ".")]
    assert any(test.examples for module in modules for test in doctest.DocTestFinder().find(module))
