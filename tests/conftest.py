"""For all tests: the order of two imports that matters."""

import PIL.Image  # noqa: F401  # before pycolmap, whose zlib Pillow's PNG encoder would otherwise call, and crash
