"""Argo objects as plain dicts: reading, writing, and the small grammars inside them.

What belongs here: YAML in and out, quantities, durations, names, typed views. What never will: Python
functions, recorded graphs, or anything that drops a field it does not know.
"""

from kai_pipelines.manifest.document import Manifest, dump, load, load_all
from kai_pipelines.manifest.duration import format_duration, parse_duration
from kai_pipelines.manifest.names import landing_name, template_name
from kai_pipelines.manifest.quantity import parse_quantity

__all__ = [
    "Manifest",
    "dump",
    "format_duration",
    "landing_name",
    "load",
    "load_all",
    "parse_duration",
    "parse_quantity",
    "template_name",
]
