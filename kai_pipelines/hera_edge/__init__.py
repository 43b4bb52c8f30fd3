"""Hera's own workflows as manifests, and manifests as Hera's.

What belongs here: loading a file that defines Hera workflows, without a server, and making Hera's objects of a
manifest. What never will: running, checking or submitting; from here on a Hera workflow is a manifest like any other.
Hera takes a second of CPU to import, so it is imported inside functions; only this package and `cluster` may.
"""
