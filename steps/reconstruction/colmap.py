"""pycolmap, imported in the one order that works.

Both pycolmap and Pillow bring a zlib of their own. Where pycolmap's comes first, Pillow's PNG encoder calls it and
the process ends with "double free" (pycolmap 4.2.1, Pillow 13.0.0); with Pillow first both work.
"""

from PIL import Image as Image  # isort: skip  # before pycolmap
import pycolmap  # isort: skip

__all__ = ["Image", "pycolmap"]
