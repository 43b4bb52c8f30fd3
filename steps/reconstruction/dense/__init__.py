"""Dense stereo on the CPU: depth and normal of every pixel of a photograph from its neighbors.

Belongs here: the kernels, the formats and the bookkeeping of one scene's depth maps. Never: artifacts,
metrics or the command line; those are the steps' (`undistort`, `depth`, `fuse`).

Read in this order: `views` (what is matched with what), `plane` (how a surface patch is written down),
`patchmatch` (the search), `estimate` (a scene, view by view), `reference` (the same search, slow and plain).
"""
