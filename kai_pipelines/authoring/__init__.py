"""What an author writes: steps, pipelines, artifacts, resources, and the words that join them.

What belongs here: pure descriptions. Calling a step inside a pipeline records a task in a graph; nothing
is read, written or run. What never will: manifests (the compiler's), files, processes, the network.
"""
