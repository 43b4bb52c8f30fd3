"""The pipelines that come with the library: one module each, one screen each.

A project's own folder `pipelines` joins this package instead of hiding it.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
