"""The code systems and value sets of FHIR R4 that a prescription leans on."""

from typing import Final

RXNORM: Final = ("http://www.nlm.nih.gov/research/umls/rxnorm", "urn:oid:2.16.840.1.113883.6.88")
NDC: Final = ("http://hl7.org/fhir/sid/ndc", "urn:oid:2.16.840.1.113883.6.69")
NPI: Final = ("http://hl7.org/fhir/sid/us-npi", "urn:oid:2.16.840.1.113883.4.6")
DEA: Final = ("urn:oid:2.16.840.1.113883.4.814",)
UCUM: Final = "http://unitsofmeasure.org"
IDENTIFIER_TYPE: Final = "http://terminology.hl7.org/CodeSystem/v2-0203"
SUBSTITUTION: Final = "http://terminology.hl7.org/CodeSystem/v3-substanceAdminSubstitution"
ACT_REASON: Final = "http://terminology.hl7.org/CodeSystem/v3-ActReason"

STATUSES: Final = frozenset(
    {"active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown"}
)
"""http://hl7.org/fhir/CodeSystem/medicationrequest-status, required binding."""

INTENTS: Final = frozenset(
    {"proposal", "plan", "order", "original-order", "reflex-order", "filler-order", "instance-order", "option"}
)
"""http://hl7.org/fhir/CodeSystem/medicationrequest-intent, required binding."""

BUNDLE_TYPES: Final = frozenset(
    {
        "document",
        "message",
        "transaction",
        "transaction-response",
        "batch",
        "batch-response",
        "history",
        "searchset",
        "collection",
    }
)

PLAIN_UNITS: Final = {
    "mL": "mL",
    "ml": "mL",
    "milliliter": "mL",
    "milliliters": "mL",
    "g": "g",
    "gram": "g",
    "grams": "g",
    "tbl": "tablet",
    "TAB": "tablet",
    "tab": "tablet",
    "tabs": "tablet",
    "tablet": "tablet",
    "tablets": "tablet",
    "CAP": "capsule",
    "cap": "capsule",
    "caps": "capsule",
    "capsule": "capsule",
    "capsules": "capsule",
    "patch": "patch",
    "patches": "patch",
    "each": "each",
    "ea": "each",
    "1": "each",
}
"""UCUM units and annotations (braces taken off), v3-orderableDrugForm codes, and the words of humans."""
