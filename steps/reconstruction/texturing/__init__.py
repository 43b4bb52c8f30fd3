"""From a mesh and photographs to a texture: unwrap, find who sees what, bake.

Kernels for the step `texture_mesh`. Every texel takes its color from the photographs that see its place
best; which ones is decided on the mesh, smoothly, so that neighbors agree and no seams show.
"""
