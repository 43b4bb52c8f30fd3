"""The last word on a reconstruction: its figures as JSON, its cameras, and one HTML page to look at.

Belongs here: reading what the other steps left, and turning it into numbers, drawings and text. Each
section of the page is one module with one function from plain values to `Markup`; `page` joins them.
The page's style and scripts are in web/: WebGL in a few hundred lines of our own, since a library would be many times the
page, and a version to follow. Never here: reconstruction itself, anything that fetches from a network, anything that depends on the
date or the machine. The same inputs give the same bytes.
"""
