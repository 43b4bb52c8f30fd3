"""Plan and simulate: a manifest goes through the engine's own scheduler on a virtual clock, and no pod runs.

What belongs here: pods that end as they are told, what their outputs could be, every branch and every retry, and from
that the time, the cost and the peaks that a run would have. What never will: files, processes, a store, Argo's
semantics (they are the engine's), how a manifest was made, or a cluster.
"""

from kai_pipelines.simulation.simulation import Rehearsal, Simulation

__all__ = ["Rehearsal", "Simulation"]
