"""From a mesh and photographs to a texture.

Read in this order: `photographs` (the colors of a photograph at places in it, and its mask), `witnesses` (which
photographs see which triangle, how well, in what color) with `outlines` (where something stands in front of something
else), `unwrap` (a place in the texture for every triangle) with `packing`, `texels` (which triangle each texel shows),
`leveling` (one exposure for all), `selection` (the photograph that each triangle takes its detail from), `blending`
(the texels themselves), `padding` (what no triangle shows), `painting` (all of it). `rendering` draws the result
through a camera, and `holding_out` compares it with a photograph that had no part in it.
"""
