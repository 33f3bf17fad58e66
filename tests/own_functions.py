"""A user's Python file that registers a tokenizer, and a small pipeline that needs it."""

from pathlib import Path

import catalogue
import spacy
from spacy.tokens import DocBin
from spacy.training import Example
from thinc.api import fix_random_seed

from spacy_halfree.custom_code import IMPORTED, import_code

TOKENIZER = "halves_at_dashes.v1"
CODE = f'''
import spacy
from spacy.tokenizer import Tokenizer


@spacy.registry.tokenizers("{TOKENIZER}")
def make():
    def create(nlp):
        infixes = spacy.util.compile_infix_regex(["_"])
        return Tokenizer(nlp.vocab, infix_finditer=infixes.finditer)

    return create
'''
CONFIG = f'[nlp]\nlang = "en"\n\n[nlp.tokenizer]\n@tokenizers = "{TOKENIZER}"\n'
TEXTS = [f"unit PUMP{i}_G{i % 3} is off" for i in range(12)]


def write_code(folder: Path) -> Path:
    """Write the file, and let this process know nothing of it."""
    path = folder / "my_functions.py"
    path.write_text(CODE, encoding="utf8")
    forget(path)
    return path


def write_config(folder: Path) -> Path:
    """Write a config that names the tokenizer."""
    path = folder / "own.cfg"
    path.write_text(CONFIG, encoding="utf8")
    return path


def forget(path: Path) -> None:
    """Undo the import of the file."""
    IMPORTED.pop(path.resolve(), None)
    catalogue.REGISTRY.pop(("spacy", "tokenizers", TOKENIZER), None)


def write_pipeline(folder: Path) -> tuple[Path, Path]:
    """Train a tagger with the tokenizer. RETURNS: The pipeline, and docs of its tokens."""
    code = write_code(folder)
    import_code(code)
    fix_random_seed(0)
    nlp = spacy.blank("en", config={"nlp": {"tokenizer": {"@tokenizers": TOKENIZER}}})
    nlp.add_pipe("halfree_tagger")
    docs = []
    for text in TEXTS:
        doc = nlp.make_doc(text)
        end = text.index("_")
        doc.set_ents([doc.char_span(len("unit "), end, label="PUMP")])
        docs.append(doc)
    examples = [Example(nlp.make_doc(doc.text), doc) for doc in docs]
    optimizer = nlp.initialize(lambda: examples)
    for _ in range(8):
        nlp.update(examples, sgd=optimizer)
    nlp.to_disk(folder / "pipeline")
    DocBin(docs=docs).to_disk(folder / "gold.spacy")
    forget(code)
    return folder / "pipeline", folder / "gold.spacy"
