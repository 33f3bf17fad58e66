"""What `nlp.add_pipe("halfree_tagger")` calls, and its defaults."""

from spacy.language import Language
from thinc.api import Config

from ..models.tagger_model import TaggerModel
from .scorers import TaggerScorer
from .tagger import HalfreeTagger

default_model_config = """
[model]
@architectures = "halfree.FirstOrderTagger.v1"

[model.tok2vec]
@architectures = "spacy.HashEmbedCNN.v2"
pretrained_vectors = null
width = 96
depth = 4
embed_size = 2000
window_size = 1
maxout_pieces = 3
subword_features = true
"""
DEFAULT_MODEL = Config().from_str(default_model_config)["model"]


@Language.factory(
    "halfree_tagger",
    assigns=["doc.ents", "token.ent_iob", "token.ent_type", "span._.confidence"],
    default_config={
        "model": DEFAULT_MODEL,
        "target": "ents",
        "spans_key": "sc",
        "labels": [],
        "use_soft_labels": None,
        "temperature": 1.0,
        "gold_weight": 1.0,
        "head_learn_rate_factor": 1.0,
        "threshold": 0.0,
        "store_probs": False,
        "scorer": {"@scorers": "halfree.tagger_scorer.v1"},
    },
    default_score_weights={"halfree_f": 1.0, "halfree_p": 0.0, "halfree_r": 0.0},
)
def make_halfree_tagger(
    nlp: Language,
    name: str,
    model: TaggerModel,
    target: str,
    spans_key: str,
    labels: list[str],
    use_soft_labels: bool | None,
    temperature: float,
    gold_weight: float,
    head_learn_rate_factor: float,
    threshold: float,
    store_probs: bool,
    scorer: TaggerScorer | None,
) -> HalfreeTagger:
    """Make a tagger for entities, token tags or spans; see `HalfreeTagger` for the settings.

    The default model is spaCy's own small CNN with a first-order decoder: 4 MB, no torch.
    """
    return HalfreeTagger(
        nlp.vocab,
        model,
        name,
        target=target,
        spans_key=spans_key,
        labels=labels,
        use_soft_labels=use_soft_labels,
        temperature=temperature,
        gold_weight=gold_weight,
        head_learn_rate_factor=head_learn_rate_factor,
        threshold=threshold,
        store_probs=store_probs,
        scorer=scorer,
    )
