"""A recorded graph becomes a manifest: a pure function from what an author wrote to what Argo reads.

What belongs here: the shape of templates and the text of expressions. What never will: running,
checking or reading a manifest; those start from the dict that this package returns.
"""

from kai_pipelines.compiler.lines import author_lines
from kai_pipelines.compiler.workflow import compile_pipeline

__all__ = ["author_lines", "compile_pipeline"]
