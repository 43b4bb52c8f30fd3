"""Diagnostics on their way out: text for people, JSON, GitHub annotations and SARIF for programs.

What belongs here: one module for each format, each a function from diagnostics to text. What never will: rules, or
anything that reads a manifest.
"""
