"""Which quality photographs carry, and what each costs: rules and a cost model over measurements.

What belongs here: plain functions of numbers, without files or images. What never will: measuring (photographs,
alignment), and showing (reporting).
"""
