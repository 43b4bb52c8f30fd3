"""Workflow-as-code for computer vision and 3D: typed steps and pipelines that run here and compile for Argo."""

from kai_pipelines.authoring.artifact import (
    Artifact,
    Dataset,
    Figures,
    File,
    Folder,
    GlbModel,
    ImageSet,
    Mesh,
    ObjModel,
    OnnxModel,
    PointCloud,
    Report,
    SparseModel,
    TextureSet,
    UsdzModel,
    WasmBundle,
)
from kai_pipelines.authoring.branching import fallback, select, switch, when
from kai_pipelines.authoring.loops import for_each, pick
from kai_pipelines.authoring.quality import Quality
from kai_pipelines.authoring.resources import Gpu, Resources, Retry
from kai_pipelines.authoring.step import Step, step
from kai_pipelines.errors import Fatal, KaiError, Retryable
from kai_pipelines.pipeline import Pipeline, pipeline
from kai_pipelines.progress import progress

__all__ = [
    "Artifact",
    "Dataset",
    "Fatal",
    "Figures",
    "File",
    "Folder",
    "GlbModel",
    "Gpu",
    "ImageSet",
    "KaiError",
    "Mesh",
    "ObjModel",
    "OnnxModel",
    "Pipeline",
    "PointCloud",
    "Quality",
    "Report",
    "Resources",
    "Retry",
    "Retryable",
    "SparseModel",
    "Step",
    "TextureSet",
    "UsdzModel",
    "WasmBundle",
    "fallback",
    "for_each",
    "pick",
    "pipeline",
    "progress",
    "select",
    "step",
    "switch",
    "when",
]
