"""Hallucination-free sequence tagging and its distillation for spaCy.

The public functions and classes are imported when they are first used: `import spacy_halfree`
alone imports neither spaCy nor torch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from .about import __version__

if TYPE_CHECKING:
    from .active_learning.suggest import SuggestionSettings, suggest
    from .data.check_files import check_files
    from .data.read_settings import ColumnSettings, ReadSettings
    from .data.suggestion_files import write_suggestions
    from .distill.teachers import Teachers, annotate
    from .evaluation.calibrate import calibrate
    from .labelling.label_files import LabellingEvents, LabellingSettings, label_files
    from .labelling.worker import TeacherWorker
    from .models.adaptation import adapt_encoder
    from .models.adaptation_settings import AdaptationSettings
    from .pipeline.tagger import HalfreeTagger
    from .project.corpus import CorpusSettings
    from .project.create import create_project
    from .project.project_settings import ProjectSettings
    from .project.update import update_project
    from .report.make_report import ReportSettings, make_report
    from .tagging.confidence_json import doc_from_json, doc_to_json
    from .tagging.soft_labels import SoftLabels, load_soft_labels
    from .visualization import confidence_spans

__all__ = [
    "AdaptationSettings",
    "ColumnSettings",
    "CorpusSettings",
    "HalfreeTagger",
    "LabellingEvents",
    "LabellingSettings",
    "ProjectSettings",
    "ReadSettings",
    "ReportSettings",
    "SoftLabels",
    "SuggestionSettings",
    "TeacherWorker",
    "Teachers",
    "__version__",
    "adapt_encoder",
    "annotate",
    "calibrate",
    "check_files",
    "confidence_spans",
    "create_project",
    "doc_from_json",
    "doc_to_json",
    "label_files",
    "load_soft_labels",
    "make_report",
    "suggest",
    "update_project",
    "write_suggestions",
]

MODULES = {
    "AdaptationSettings": "models.adaptation_settings",
    "ColumnSettings": "data.read_settings",
    "CorpusSettings": "project.corpus",
    "HalfreeTagger": "pipeline.tagger",
    "LabellingEvents": "labelling.label_files",
    "LabellingSettings": "labelling.label_files",
    "ProjectSettings": "project.project_settings",
    "ReadSettings": "data.read_settings",
    "ReportSettings": "report.make_report",
    "SoftLabels": "tagging.soft_labels",
    "SuggestionSettings": "active_learning.suggest",
    "TeacherWorker": "labelling.worker",
    "Teachers": "distill.teachers",
    "adapt_encoder": "models.adaptation",
    "annotate": "distill.teachers",
    "calibrate": "evaluation.calibrate",
    "check_files": "data.check_files",
    "confidence_spans": "visualization",
    "create_project": "project.create",
    "doc_from_json": "tagging.confidence_json",
    "doc_to_json": "tagging.confidence_json",
    "label_files": "labelling.label_files",
    "load_soft_labels": "tagging.soft_labels",
    "make_report": "report.make_report",
    "suggest": "active_learning.suggest",
    "update_project": "project.update",
    "write_suggestions": "data.suggestion_files",
}


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f".{MODULES[name]}", __name__), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
