"""Photographs to a textured 3D model: one module per step, kernels in packages beside them.

The step modules import nothing heavy; what computes is imported inside the step. They pass each other the
files of `artifacts`, speak of themselves in `metrics`, and take their figures from `presets`.
"""
