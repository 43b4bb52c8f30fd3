"""Reading, measuring and judging photographs: what `assess_photos` is made of. No step lives here."""
