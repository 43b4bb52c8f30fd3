"""The textured model in the formats that others read.

All formats show the same: y is up, z points toward where the cameras stood, x to the right, and the model stands
on y = 0 with the middle of its footprint at the origin. One unit of the scene is one unit of the format (a meter
in USDZ), for photographs know no scale. The cloud, the cameras and the sparse model stay in the scene's own frame;
GLB and USDZ keep their vertices in that frame too, and one node's matrix puts them upright.
"""
