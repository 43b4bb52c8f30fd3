"""Judging a manifest before it runs: every mistake at once, each with its code, its place and what to do.

What belongs here: rules over manifests, one module for each family, and one table of codes. What never will:
running anything, a screen, or how a manifest was made (no authoring, no compiler).
"""
