"""Reading, measuring, comparing, masking and judging photographs: what `assess_photos` is made of. No step lives here."""

FEWEST_PHOTOS = 3
"""Two photographs give a model without any check on it."""
