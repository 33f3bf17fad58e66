"""Small valid files of every format that is read, to be damaged; see `mutated_files.py`."""

import gzip
import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
from spacy.tokens import Doc, DocBin, Span
from spacy.vocab import Vocab

from spacy_halfree.tagging.soft_labels import KEY

TEXTS = ("We fly to Oslo 😀 in May", "Rome or\nNew York ?", "nothing here", "Zoë eats in Łódź")
WORDS = (("We", "fly", "to", "New", "York"), ("Oslo", "is", "cold"), ("nothing", "here"))
TAGS = (("O", "O", "O", "B-CITY", "I-CITY"), ("B-CITY", "O", "O"), ("O", "O"))
LABELS = ("CITY", "MONTH")


@dataclass(frozen=True)
class ValidFile:
    """A valid file.

    name: Its name.
    content: Its content.
    beside: Other files in its folder, by name, which are not damaged.
    entry: The name of the file that a reader is given; "" for this one.
    """

    name: str
    content: bytes
    beside: Mapping[str, bytes] = field(default_factory=dict)
    entry: str = ""


def as_json(name: str, values: Any) -> ValidFile:
    """A file of JSON: values one a line, or as they are."""
    if name.endswith(".jsonl"):
        text = "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)
    else:
        text = json.dumps(values, ensure_ascii=False, indent=1)
    return ValidFile(name, text.encode())


def as_text(name: str, *lines: str) -> ValidFile:
    """A file of lines."""
    return ValidFile(name, "".join(f"{line}\n" for line in lines).encode())


def span(start: int, end: int, label: str = "CITY") -> dict[str, Any]:
    """A span as most formats have it."""
    return {"start": start, "end": end, "label": label}


def region(start: int, end: int, text: str, label: str = "CITY") -> dict[str, Any]:
    """A region of Label Studio."""
    value = {"start": start, "end": end, "text": text, "labels": [label]}
    return {"id": "r1", "type": "labels", "from_name": "ner", "to_name": "text", "value": value}


def label_studio_task(number: int, text: str, *regions: dict[str, Any]) -> dict[str, Any]:
    """A task of Label Studio with one annotation."""
    annotation = {"id": number, "was_cancelled": False, "result": list(regions)}
    return {"id": number, "data": {"text": text}, "annotations": [annotation], "predictions": []}


def docs() -> list[Doc]:
    """Annotated docs with entities, span groups, tags and soft labels."""
    vocab = Vocab()
    made = []
    for words, tags in zip(WORDS, TAGS, strict=True):
        doc = Doc(vocab, words=list(words), ents=list(tags))
        doc.spans["sc"] = [Span(doc, ent.start, ent.end, ent.label_) for ent in doc.ents]
        doc.user_data = {KEY: soft_labels(len(words))}
        made.append(doc)
    return made


def soft_labels(n_words: int) -> dict[str, Any]:
    """The soft labels of a text in which nothing is found."""
    probabilities = np.tile(np.array([0.7, 0.1, 0.1, 0.1], dtype=np.float16), (n_words, 1))
    return {
        "version": 1,
        "target": "ents",
        "labels": list(LABELS),
        "tags": np.zeros(n_words, dtype=np.uint16),
        "probabilities": probabilities,
    }


def doc_bin() -> bytes:
    """Docs as `DocBin` has them."""
    content: bytes = DocBin(docs=docs(), store_user_data=True).to_bytes()
    return content


def table(columns: Mapping[str, Any], metadata: Mapping[str, str] | None = None) -> bytes:
    """Columns as Parquet, in row groups of two rows."""
    import pyarrow
    from pyarrow import parquet

    made = pyarrow.table(dict(columns)).replace_schema_metadata(metadata)
    file = io.BytesIO()
    parquet.write_table(made, file, row_group_size=2)
    return file.getvalue()


def zipped(**members: bytes) -> bytes:
    """Files in an archive; a double underscore stands for the dot in a name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return file.getvalue()


BRAT_TEXT = "😀 Soup in New York,\nthen Rome."
BRAT_LINES = (
    *("T1\tDISH 2 6\tSoup", "T2\tCITY 10 18\tNew York", "T3\tCITY 25 29\tRome"),
    *("T4\tCITY 10 13;14 18\tNew York", "R1\tIn Arg1:T1 Arg2:T2", "A1\tSure T2", "#1\tNote T1\tx"),
)
NAMED_ENTITY = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity"
CAS_TEXT = "Dinner in Rome 😀 and Oslo"
CAS_ENTITIES = ((10, 14), (22, 26))
"""In UTF-16 units, as UIMA's XMI and JSON count by default."""


def cas_json() -> dict[str, Any]:
    """A document of UIMA as JSON, as `dkpro-cassis` writes it."""
    kind = {"%NAME": NAMED_ENTITY, "%SUPER_TYPE": "uima.tcas.Annotation"}
    value = {"%NAME": "value", "%RANGE": "uima.cas.String"}
    sofa = {"%ID": 1, "%TYPE": "uima.cas.Sofa", "sofaNum": 1, "sofaID": "_InitialView"}
    entities = [
        {"%ID": n, "%TYPE": NAMED_ENTITY, "@sofa": 1, "begin": start, "end": end, "value": "CITY"}
        for n, (start, end) in enumerate(CAS_ENTITIES, start=2)
    ]
    members = [own["%ID"] for own in entities]
    return {
        "%TYPES": {NAMED_ENTITY: kind | {"value": value}},
        "%VIEWS": {"_InitialView": {"%SOFA": 1, "%MEMBERS": members}},
        "%FEATURE_STRUCTURES": [
            sofa | {"mimeType": "text/plain", "sofaString": CAS_TEXT},
            *entities,
        ],
    }


def cas_xmi() -> tuple[bytes, bytes]:
    """A document of UIMA as XMI, and its type system."""
    space = "http:///" + NAMED_ENTITY.rsplit(".", 1)[0].replace(".", "/") + ".ecore"
    entities = "".join(
        f'<type:NamedEntity xmi:id="{n}" sofa="1" begin="{start}" end="{end}" value="CITY"/>'
        for n, (start, end) in enumerate(CAS_ENTITIES, start=2)
    )
    content = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<xmi:XMI xmlns:xmi="http://www.omg.org/XMI" xmlns:cas="http:///uima/cas.ecore" '
        f'xmlns:type="{space}" xmi:version="2.0">\n<cas:NULL xmi:id="0"/>\n{entities}\n'
        f'<cas:Sofa xmi:id="1" sofaNum="1" sofaID="_InitialView" mimeType="text" '
        f'sofaString="{CAS_TEXT}"/>\n<cas:View sofa="1" members="2 3"/>\n</xmi:XMI>\n'
    )
    types = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<typeSystemDescription xmlns="http://uima.apache.org/resourceSpecifier"><types>'
        f"<typeDescription><name>{NAMED_ENTITY}</name><description/>"
        "<supertypeName>uima.tcas.Annotation</supertypeName><features><featureDescription>"
        "<name>value</name><description/><rangeTypeName>uima.cas.String</rangeTypeName>"
        "</featureDescription></features></typeDescription></types></typeSystemDescription>"
    )
    return content.encode(), types.encode()


def word_rows(separator: str) -> list[str]:
    """The lines of sentences in columns."""
    lines = []
    for words, tags in zip(WORDS, TAGS, strict=True):
        lines += [
            f"{word}{separator}X{separator}{tag}" for word, tag in zip(words, tags, strict=True)
        ]
        lines.append("")
    return lines


def tagged_lines() -> Iterator[str]:
    """Sentences with a tag behind each word, a sentence a line."""
    for words, tags in zip(WORDS, TAGS, strict=True):
        yield " ".join(f"{word}|{tag}" for word, tag in zip(words, tags, strict=True))


def argilla_records() -> list[dict[str, Any]]:
    """Argilla's flattened records, one without a response."""
    records = [
        {
            **{"id": str(n), "status": "completed", "_server_id": str(n), "text": text},
            **{"ner.responses": [[span(0, 4)]], "ner.responses.status": ["submitted"]},
            **{"ner.responses.users": ["u"], "ner.suggestion": None},
        }
        for n, text in enumerate(TEXTS)
    ]
    records[2] |= {"status": "pending", "ner.responses": [], "ner.responses.status": []}
    return records


def spacy_2_docs() -> list[dict[str, Any]]:
    """Docs of spaCy 2."""
    found = []
    for n, (words, tags) in enumerate(zip(WORDS, TAGS, strict=True)):
        tokens = [
            {"id": i, "orth": word, "ner": tag, "tag": "X", "head": 0, "dep": ""}
            for i, (word, tag) in enumerate(zip(words, tags, strict=True))
        ]
        paragraph = {"raw": " ".join(words), "sentences": [{"tokens": tokens}], "cats": []}
        found.append({"id": n, "paragraphs": [paragraph]})
    return found


def features(name: str) -> dict[str, str]:
    """The description of a data set by which the numbers of its tags have names."""
    names = ["O", "B-CITY", "I-CITY"]
    feature = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}
    return {"huggingface": json.dumps({"info": {"features": {name: feature}}})}


def annotated_files() -> dict[str, list[ValidFile]]:
    """Files of every format of annotated texts, by the format's name."""
    spans = [{"text": text, "spans": [span(0, 4)]} for text in TEXTS]
    tasks = [
        label_studio_task(1, TEXTS[0], region(10, 14, "Oslo"), region(20, 23, "May", "MONTH")),
        label_studio_task(2, TEXTS[1], region(0, 4, "Rome")),
        label_studio_task(3, TEXTS[2]),
    ]
    own = {"start": 0, "end": 2, "text": "We", "labels": ["CITY"]}
    smaller = [
        {"id": n, "text": text, "label": [own | {"text": text[:2]}], "annotation_id": n}
        for n, text in enumerate(TEXTS)
    ]
    cells = json.dumps([own]).replace('"', '""')
    doccano = [
        {"id": n, "text": text, "label": [[0, 4, "CITY"]], "Comments": []}
        for n, text in enumerate(TEXTS)
    ]
    own_span = {"id": 1, "start_offset": 0, "end_offset": 4, "label": "CITY"}
    relations = [
        {"text": text, "entities": [own_span], "relations": [], "Comments": []} for text in TEXTS
    ]
    words = list(map(list, WORDS))
    numbers = [[0, 0, 0, 1, 2], [1, 0, 0], [0, 0]]
    rows = [{"tokens": words, "ner_tags": tags} for words, tags in zip(WORDS, TAGS, strict=True)]
    xmi, types = cas_xmi()
    docs_as_json = [doc.to_json() for doc in docs()]
    webanno = as_text(
        "a.tsv",
        *("#FORMAT=WebAnno TSV 3.3", f"#T_SP={NAMED_ENTITY}|identifier|value", "", ""),
        *(
            "#Text=😀 Soup in New York .",
            "1-1\t0-2\t😀\t_\t_\t",
            "1-2\t3-7\tSoup\thttp://x\tDISH\t",
        ),
        *("1-3\t8-10\tin\t_\t_\t", "1-4\t11-14\tNew\t*[1]\tCITY[1]\t"),
        *("1-5\t15-19\tYork\t*[1]|*[2]\tCITY[1]|DUKE[2]\t", "1-6\t20-21\t.\t_\t_\t"),
        *("", "#Text=Bye", "2-1\t22-25\tBye\t_\t_\t"),
    )
    annotations = as_text("a.ann", *BRAT_LINES).content
    brat_text = BRAT_TEXT.encode()
    return {
        "spacy": [ValidFile("a.spacy", doc_bin())],
        "argilla": [as_json("a.json", argilla_records()), as_json("a.jsonl", argilla_records())],
        "uima-cas": [
            as_json("a.json", cas_json()),
            ValidFile("a.xmi", xmi, {"typesystem.xml": types}),
            ValidFile("typesystem.xml", types, {"a.xmi": xmi}, "a.xmi"),
            ValidFile("a.zip", zipped(TypeSystem__xml=types, a__xmi=xmi)),
        ],
        "hugging-face": [
            as_json("a.jsonl", rows),
            ValidFile(
                "a.parquet",
                table(
                    {"tokens": list(map(list, WORDS)), "ner_tags": numbers}, features("ner_tags")
                ),
            ),
            ValidFile(
                "b.parquet",
                table({"tokens": words, "ner_tags": list(map(list, TAGS))}),
            ),
        ],
        "gliner": [
            as_json(name, [{"tokenized_text": words, "ner": [[0, 1, "city"]]} for words in WORDS])
            for name in ("a.json", "a.jsonl")
        ],
        "pairs": [
            as_json(name, [[text, {"entities": [[0, 4, "CITY"]]}] for text in TEXTS])
            for name in ("a.json", "a.jsonl")
        ],
        "spacy-2": [as_json(name, spacy_2_docs()) for name in ("a.json", "a.jsonl")],
        "spacy-json": [as_json(name, docs_as_json) for name in ("a.json", "a.jsonl")],
        "label-studio": [
            as_json("a.json", tasks),
            as_json("min.json", smaller),
            as_text("a.csv", "id,label,text", f'1,"{cells}",{TEXTS[0]}', f"2,,{TEXTS[2]}"),
        ],
        "doccano": [
            as_json("a.jsonl", doccano),
            as_json("relations.jsonl", relations),
            ValidFile("a.zip", zipped(a__jsonl=as_json("a.jsonl", doccano).content)),
        ],
        "prodigy": [
            as_json("a.jsonl", [own | {"answer": "accept", "_view_id": "ner"} for own in spans]),
            as_json("a.json", spans),
        ],
        "webanno": [webanno],
        "brat": [
            ValidFile("a.ann", annotations, {"a.txt": brat_text}),
            ValidFile("a.txt", brat_text, {"a.ann": annotations}),
            ValidFile("a.zip", zipped(a__ann=annotations, a__txt=brat_text)),
        ],
        "columns": [
            as_text("a.conll", *word_rows(" ")),
            as_text("a.tsv", *word_rows("\t")),
            as_text("a.txt", *tagged_lines()),
        ],
    }


def raw_files() -> dict[str, list[ValidFile]]:
    """Files of every format of raw texts, by their endings."""
    lines: list[dict[str, Any]] = [{"id": str(n), "text": text} for n, text in enumerate(TEXTS)]
    lines += [{"words": list(words), "spaces": [True] * len(words)} for words in WORDS]
    as_lines = as_json("a.jsonl", lines).content
    columns = {"id": list("abc"), "text": list(TEXTS[:3])}
    words: dict[str, Any] = {
        "words": list(map(list, WORDS)),
        "spaces": [[True] * len(own) for own in WORDS],
    }
    return {
        ".txt": [as_text("a.txt", *(text.replace("\n", " ") for text in TEXTS))],
        ".jsonl": [ValidFile("a.jsonl", as_lines)],
        ".jsonl.gz": [ValidFile("a.jsonl.gz", gzip.compress(as_lines, mtime=0))],
        ".parquet": [
            ValidFile("a.parquet", table(columns)),
            ValidFile("b.parquet", table(words)),
        ],
        ".spacy": [ValidFile("a.spacy", doc_bin())],
    }


def manifest() -> bytes:
    """The manifest of a folder with a shard."""
    values = {
        "input_sha256": {"a.txt": "0" * 64},
        "teachers": [{"name": "en_teacher", "version": "1.0", "sha256": "0" * 64}],
        "target": "ents",
        "tags": ["O", "I", *LABELS],
        "settings": {"format": "spacy", "top_k": None, "precision": "float32"},
        "texts_in_a_part": 64,
        "versions": {"spacy": "3.8"},
        "format_version": 1,
        "counts": {"shards": 1, "texts": len(WORDS), "words": sum(map(len, WORDS)), "bad": 1},
        "bad": [{"file": "a.txt", "line": 2, "reason": "has an empty text"}],
    }
    return json.dumps(values, indent=2).encode()


def shard_files() -> dict[str, list[ValidFile]]:
    """Soft labels in a folder: a shard, and the manifest beside the folder or in it."""
    name = "soft/00000-000000.spacy"
    shard, own = doc_bin(), manifest()
    places = ("soft.manifest.json", "soft/_manifest.json")
    return {
        "soft labels": [ValidFile(name, shard, {places[0]: own})],
        "manifest": [ValidFile(place, own, {name: shard}, name) for place in places],
    }


@cache
def valid_files() -> dict[str, Sequence[ValidFile]]:
    """All files by the name of their reader: "raw .txt", "doccano", "soft labels" and so on."""
    raw = {f"raw {name}": files for name, files in raw_files().items()}
    return {**raw, **annotated_files(), **shard_files()}
