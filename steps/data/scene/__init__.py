"""A scene made of numbers: its shape, its paint, its light, its cameras, and the picture. No step lives here."""
