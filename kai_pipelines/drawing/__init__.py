"""A manifest as a picture: before it runs, what waits for what; after a run, how it went.

What belongs here: reading an Argo manifest (or the record of a run) into a small picture model, laying it out,
and writing it as Mermaid, SVG or one HTML page. What never will: Python pipelines, running anything, or a graph
program or browser library from outside; the standard library draws it all, and equal manifests give equal bytes.

    wording conditions, loops, durations in a few words     place  pool and resources
    model   the picture's values   outcome  status.nodes by path                            flow   manifest → model
    layered positions of one flow  letters  widths of text    scene  model → boxes and lines    svg, html, mermaid
    tree    a run's nodes as lines of text
"""

from kai_pipelines.drawing.html import to_html
from kai_pipelines.drawing.mermaid import to_mermaid
from kai_pipelines.drawing.svg import to_svg

__all__ = ["to_html", "to_mermaid", "to_svg"]
