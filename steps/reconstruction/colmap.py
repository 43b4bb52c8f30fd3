"""pycolmap, imported in the one order that works.

Both pycolmap and Pillow bring a zlib of their own. Where pycolmap's comes first, Pillow's PNG encoder calls it and
the process ends with "double free" (pycolmap 4.2.1, Pillow 13.0.0); with Pillow first both work.

On import pycolmap also takes over SIGTERM, to print a stack trace; here a step that is told to end ends quietly again.
"""

import signal
import threading

from PIL import Image as Image  # isort: skip  # before pycolmap
import pycolmap  # isort: skip

if threading.current_thread() is threading.main_thread():  # elsewhere Python sets no handlers
    signal.signal(signal.SIGTERM, signal.getsignal(signal.SIGTERM))

__all__ = ["Image", "pycolmap"]
