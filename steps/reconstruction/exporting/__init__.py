"""Writing a textured model in the formats that viewers read: glTF, USDZ, OBJ.

Every writer takes the same `Model`, upright and centered, and gives the same bytes for the same model.
"""
