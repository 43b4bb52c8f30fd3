"""The textured model in the formats that others read.

All formats show the same, in the frame of the sparse model, which `align_photos` put on its feet: y is up, z points
toward where the cameras stood, x to the right. So the model, the points and the cameras fit together. One unit of the
scene is one unit of the format (a meter in USDZ), for photographs know no scale.
"""
