"""Names that Argo and Kubernetes take."""

from __future__ import annotations

import re

from kai_pipelines.check.argo.tags import PLACEHOLDER

MAX_FIELD = 128
MAX_OBJECT = 63
"""A workflow's name becomes a label's value."""
MAX_CRON = 52
"""A CronWorkflow's workflows have its name with a dash and ten digits."""

_PARAMETER = re.compile(r"[-a-zA-Z0-9_]+")
_FIELD = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_PLACEHOLDER = re.compile(re.escape(PLACEHOLDER) + r"\d+")
_REFERENCE = re.compile(r"\{\{[-a-zA-Z0-9]+(\.[-a-zA-Z0-9_]+)*\}\}")
_LABEL_NAME = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_DOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")


def length(name: str) -> int:
    """As Go counts: in bytes."""
    return len(name.encode(errors="surrogatepass"))


def parameter_fault(name: str) -> str:
    """Why a parameter or artifact must not have this name; empty when it may."""
    return "" if _PARAMETER.fullmatch(name) else "only letters, digits, '-' and '_' may be in it"


def field_fault(name: str) -> str:
    """Why a template, step, task or container must not have this name; empty when it may."""
    if length(name) > MAX_FIELD:
        return f"it is longer than {MAX_FIELD} characters"
    return "" if _FIELD.fullmatch(name) else "only letters, digits and '-' may be in it, with no '-' at the beginning"


def step_fault(name: str) -> str:
    """As `field_fault`, for a name in which values are still to come."""
    return field_fault(_PLACEHOLDER.sub("x", name))


def is_reference(text: str) -> bool:
    """Whether a simple tag is somewhere in a text."""
    return _REFERENCE.search(text) is not None


def label_key_fault(key: str) -> str:
    """Why Kubernetes refuses the key of a label; empty when it does not."""
    prefix, slash, name = key.rpartition("/")
    if slash and (not prefix or len(prefix) > 253 or not _DOMAIN.fullmatch(prefix)):
        return "what stands before '/' must be a lower-case domain name"
    if len(name) > MAX_OBJECT or not _LABEL_NAME.fullmatch(name):
        return "a key has at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
    return ""


def label_value_fault(value: str) -> str:
    """Why Kubernetes refuses the value of a label; empty when it does not."""
    if value and (len(value) > MAX_OBJECT or not _LABEL_NAME.fullmatch(value)):
        return "a value has at most 63 letters, digits, '-', '_' and '.', with a letter or digit at both ends"
    return ""
