"""Results kept by content: the same step on the same inputs is never run twice.

What belongs here: what makes two runs the same (`key`, `fingerprint`) and where results lie (`store`).
What never will: manifests' meaning, processes, or anything that decides whether a step may run.
"""
