"""From a mesh and photographs to a texture.

Read in this order: `unwrap` (a place in the texture for every triangle), `texels` (which triangle each texel
shows), `photographs` (the colors of a photograph at places in it), `witnesses` (which photographs
see which triangle, how well, in what color), `leveling` (one exposure for all), `selection` (the photograph
that each triangle takes its detail from), `blending` (the texels themselves), `padding` (what no triangle shows).
"""
