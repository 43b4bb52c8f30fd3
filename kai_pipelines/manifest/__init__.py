"""Argo objects as plain dicts: reading, writing, and the small grammars inside them.

What belongs here: YAML in and out, quantities, durations, names, typed views. What never will: Python
functions, recorded graphs, or anything that drops a field it does not know.
"""

from kai_pipelines.manifest.document import Manifest, dump, load, load_all
from kai_pipelines.manifest.duration import format_duration, parse_duration
from kai_pipelines.manifest.names import is_template_name, landing_name, task_name, template_name
from kai_pipelines.manifest.quantity import parse_quantity

__all__ = [
    "Manifest",
    "dump",
    "format_duration",
    "is_template_name",
    "landing_name",
    "load",
    "load_all",
    "parse_duration",
    "parse_quantity",
    "task_name",
    "template_name",
]
