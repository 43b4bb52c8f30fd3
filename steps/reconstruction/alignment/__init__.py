"""Structure from motion with pycolmap: what `align_photos` is made of. No step lives here."""
