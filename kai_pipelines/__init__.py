"""Workflow-as-code for computer vision and 3D."""

from kai_pipelines.authoring.artifact import *  # noqa: F403
from kai_pipelines.authoring.quality import Quality
from kai_pipelines.errors import *  # noqa: F403
from kai_pipelines.progress import progress
