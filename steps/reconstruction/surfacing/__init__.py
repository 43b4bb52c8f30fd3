"""From points to a surface: reading and writing PLY, and cutting away what no point supports.

Kernels for the steps `mesh_surface` and `simplify_mesh`; nothing here knows photographs or textures.
"""
