"""Argo objects as plain dicts: reading, writing, and the small grammars inside them.

What belongs here: YAML in and out, quantities, durations, names, typed views. What never will: Python
functions, recorded graphs, or anything that drops a field it does not know. Import from the modules: a pod
needs names and durations, and no YAML.
"""
