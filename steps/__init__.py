"""The steps that come with the library, by family; families do not know each other.

A project's own folder `steps` joins this package instead of hiding it.
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
