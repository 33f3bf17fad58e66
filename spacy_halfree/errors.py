"""Every message that a user can meet: what was wrong, where, and what to do about it.

Each text starts with its own number, so that it can be searched for and tested.
"""


class Errors:
    """Reasons to stop, raised as `ValueError`, `OSError` or the like with these texts."""

    H001 = (
        "[H001] Component '{name}' has no labels. None were given (setting `labels`, `add_label`, "
        "or `[initialize.components.{name}.labels]`), and the {n_docs} training texts hold no "
        "{what}. Check that the training file is annotated, or name the labels."
    )
    H002 = (
        "[H002] Cannot add the label '{label}' to component '{name}': its model is initialized for "
        "{n_labels} labels. Give all labels before `initialize`, or train a new component."
    )
    H003 = (
        "[H003] Component '{name}': the training text '{text}' has the label '{label}', which is "
        "not one of the component's labels: {labels}. Correct the annotation, or add the label "
        "before initializing."
    )
    H004 = (
        "[H004] Component '{name}' cannot learn overlapping spans: '{first}' and '{second}' in "
        "doc.spans['{key}'] of the text '{text}'. Keep one of them (see "
        "`spacy.util.filter_spans`), or use spaCy's `spancat`."
    )
    H005 = (
        "[H005] Component '{name}' cannot be rehearsed: there is no method for it. To keep old "
        "knowledge, let the trained pipeline annotate texts (`python -m spacy halfree annotate`) "
        "and mix them with the new ones."
    )
    H006 = (
        "[H006] The soft labels of the text '{text}' are for other labels than the student's "
        "component '{name}'. Teacher: {teacher}. Student: {student}. Give both the same labels, "
        "or set `use_soft_labels = false` to learn from the annotation alone."
    )
    H007 = (
        "[H007] The soft labels of the text '{text}' are in version {found} of the format; this "
        "release of spacy-halfree reads version {known}. Install a matching release, or annotate "
        "the texts again."
    )
    H008 = (
        "[H008] The soft labels of the text '{text}' do not fit it: {reason}. The file is damaged "
        "or was edited; annotate the texts again."
    )
    H009 = (
        "[H009] The soft labels of the text '{text}' were made by a tagger with target "
        "'{teacher}', but component '{name}' has target '{student}'. Use a teacher with the same "
        "target, or set `use_soft_labels = false`."
    )
    H010 = (
        "[H010] Cannot read the weights of component '{name}' from {path}: {reason}. The file is "
        "missing, truncated or damaged; copy or train the pipeline again."
    )
    H011 = (
        "[H011] Component '{name}': the saved weights are for {n_tags} tags, but its {n_labels} "
        "labels ask for {expected}. Weights and labels come from different pipelines."
    )
    H012 = "[H012] Not a label: {label!r}. Labels are non-empty strings."
    H013 = "[H013] The setting `{setting}` must be {expected}, but is {value}."
    H014 = (
        "[H014] The decoder's width {width} (that of the encoder) cannot be split into {heads} "
        "attention heads. Set `heads` to a divisor of {width}."
    )
    H015 = (
        "[H015] Cannot start the decoder from the encoder '{source}': {reason}. Name a folder or "
        "model of a BERT-like encoder (its layers must have the decoder's shapes), or set "
        "`warm_start = null`."
    )
    H016 = (
        "[H016] This pipeline's '{what}' needs PyTorch, which is not installed. Install it with "
        "`pip install 'spacy-halfree[transformers]'`."
    )
    H017 = (
        "[H017] The saved decoder cannot be read: {reason}. The file is truncated or damaged, or "
        "was not written by spacy-halfree."
    )
    H018 = (
        "[H018] Cannot tell the format of {path}. Texts are read from `.txt` (one a line), "
        "`.jsonl` or `.jsonl.gz` (an object a line with the key `text`) and `.spacy`."
    )
    H019 = "[H019] Cannot read {path}, because of this: {reason} (check that the file is whole)."
    H020 = (
        "[H020] There is not one text to annotate. Look at the reasons of skipped lines, if any, "
        "and check that the input is the file you meant."
    )
    H021 = (
        "[H021] The pipeline {path} has no component of the factory 'halfree_tagger', so there is "
        "nobody to give soft labels. Its components: {pipes}."
    )
    H022 = (
        "[H022] The pipeline {path} has several components of the factory 'halfree_tagger' "
        "({pipes}): name the one to use with `--component`."
    )
    H023 = "[H023] The output {path} must end in `.spacy`, so that `spacy train` reads it."
    H024 = "[H024] {path} exists. Say `--overwrite` to replace it."
    H025 = (
        "[H025] `weights` and `sources` of halfree.MixedCorpus.v1 must have the same names. "
        "Sources: {sources}. Weights: {weights}."
    )
    H026 = "[H026] The weight of the source '{name}' must be a number above 0, but is {weight}."
    H027 = (
        "[H027] The pipeline {path} has no halfree_tagger with the name '{name}'. It has: {pipes}."
    )


class Warnings:
    """Things that were done, but probably not as the user expected."""

    W001 = "[W001] {path}, line {line}: skipped, because it {reason}."
    W002 = (
        "[W002] {n_bad} of {n_lines} lines of {path} could not be used and were skipped; the "
        "lines are named above."
    )
