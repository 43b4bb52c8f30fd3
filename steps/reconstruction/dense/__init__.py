"""Dense stereo on the CPU: depth and normal of every pixel of a photograph from its neighbors.

Belongs here: the kernels, the formats and the bookkeeping of one scene's depth maps. Never: artifacts,
metrics or the command line; those are the steps' (`undistort`, `depth`, `fuse`).

Read in this order: `views` (what is matched with what), `plane` (how a surface patch is written down),
`cost` and `sources` (how well a plane matches, and what the neighbors say to it), `patchmatch` (the search),
`pyramid` and `estimate` (a scene, view by view, from coarse to fine), `fringe` (what is taken away again),
`reference` (the same search, slow and plain).
"""
