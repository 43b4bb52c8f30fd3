"""The `kai` command: one module per verb, joined in `main`.

What belongs here: reading flags, building what the other packages need, printing. Nothing is decided
here that a Python caller would want too.
"""
