"""The textured model in the formats that others read.

All formats show the same: y is up, z points toward where the cameras stood, x to the right, and the middle of
the model's footprint is the origin, so that it stands on the ground. One unit of the scene is one unit of the
format, for photographs know no scale. The cloud, the cameras and the sparse model stay in the scene's own frame;
GLB and USDZ keep vertices in that frame too and place them by the matrix of their one node.
"""
