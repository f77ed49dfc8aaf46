"""Every SCRIPT and FHIR file among the reference data, Synthea's bundles out of their archive, each as it would arrive."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

COLLECTIONS = (
    ("ncpdp_script/cosyte", "SCRIPT, samples of an open parser"),
    ("ncpdp_script/dgoradia", "SCRIPT, samples of an open builder"),
    ("ncpdp_script/misc", "SCRIPT, samples of vendors' public documents"),
    ("fhir_r4/us-core", "FHIR R4, examples of US Core"),
    ("fhir_r4/us-core-profiles", "FHIR R4, profiles of US Core: no orders, and not to be taken for any"),
    ("fhir_r4/davinci-formulary", "FHIR R4, a statement of capabilities: no order"),
    ("synthea_fhir_r4", "FHIR R4, twenty synthetic people with their whole histories"),
)


def messages(reference: Path) -> Iterator[tuple[str, str, bytes]]:
    """Collection, name and bytes of each file, in an order that stays."""
    for collection, _ in COLLECTIONS:
        folder = reference / collection
        for file in sorted([*folder.glob("*.xml"), *folder.glob("*.json")]):
            yield collection, file.name, file.read_bytes()
        for archive in sorted(folder.glob("*.zip")):
            with zipfile.ZipFile(archive) as opened:
                for name in sorted(n for n in opened.namelist() if n.endswith(".json")):
                    yield collection, Path(name).name, opened.read(name)
