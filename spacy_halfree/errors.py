"""Every message that a user can meet: what was wrong, where, and what to do about it.

Each text starts with its own number, so that it can be searched for and tested.
"""

from string import Formatter
from typing import Any, TypeVar

from .printable import printable

T = TypeVar("T")


class PrintableFormatter(Formatter):
    """Puts values into messages as they can be printed, see `printable`."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        """A value and its name. Reasons are messages of other errors, which may have lines."""
        value, key = super().get_field(field_name, args, kwargs)
        return (" ".join(str(value).split("\n")) if key == "reason" else value), key

    def format_field(self, value: Any, format_spec: str) -> str:
        """A value, formatted."""
        return printable(str(super().format_field(value, format_spec)))


FORMATTER = PrintableFormatter()


class Message(str):
    """A message with names in braces."""

    __slots__ = ()

    def format(self, *args: object, **values: object) -> str:
        """The message with values for its names."""
        return FORMATTER.vformat(self, args, values)


def messages(holder: type[T]) -> type[T]:
    """Make all texts of a class messages."""
    for name, text in list(vars(holder).items()):
        if isinstance(text, str) and not name.startswith("_"):
            setattr(holder, name, Message(text))
    return holder


@messages
class Errors:
    """Reasons to stop, raised as `ValueError`, `OSError` or the like with these texts."""

    H001 = (
        "[H001] Component '{name}' has no labels. None were given (setting `labels`, `add_label`, "
        "or `[initialize.components.{name}.labels]`), and no {what} are in the training "
        "texts ({n_docs} in all). Check that the training file is annotated and in spaCy's own "
        "format (`.spacy`; `halfree init` makes it of others), or name the labels."
    )
    H002 = (
        "[H002] Cannot add the label '{label}' to component '{name}': its model is initialized for "
        "{n_labels} labels. For a new model that has this label, too, name it in `labels` under "
        "`[initialize.components.{name}]`, call `nlp.initialize`, and train on texts of all labels."
    )
    H003 = (
        "[H003] Component '{name}': the training text '{text}' has the label '{label}', which is "
        "not one of the component's labels: {labels}. Correct the annotation. Or, for a new model "
        "that has this label, too, name it in `labels` under `[initialize.components.{name}]`, and "
        "train from the start (`nlp.initialize`, or `spacy train` where the component has a "
        "`factory` and no `source`)."
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
        "[H010] Cannot read component '{name}' from {path}: {reason}. The file is "
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
    H016 = (
        "[H016] This pipeline's '{what}' needs PyTorch, which is not installed. Install "
        "spacy-halfree with its extra `transformers`: `pip install '.[transformers]'` in its "
        "folder. For `halfree.SentinelSeq2Seq.v1`, the extra `sentinel` does as well."
    )
    H017 = (
        "[H017] The saved decoder cannot be read: {reason}. If its settings were not changed, the "
        "file is truncated or damaged, or was not written by spacy-halfree."
    )
    H018 = "[H018] Cannot tell the format of {path}. Files of raw texts are {formats}."
    H019 = "[H019] Cannot read {path}: {reason}. Check that the file exists and is complete."
    H020 = (
        "[H020] There is not one text to annotate. Look at the reasons of skipped lines, if any, "
        "and check that the input is the file you meant."
    )
    H021 = (
        "[H021] The pipeline {path} has no component of the factory 'halfree_tagger'. Name one "
        "that has. Its components: {pipes}."
    )
    H022 = (
        "[H022] The pipeline {path} has several components of the factory 'halfree_tagger' "
        "({pipes}): name the one to use with `--component`."
    )
    H023 = (
        "[H023] The output {path} must end in `.spacy`, for one file, or be a folder for many, "
        "whose name has no such ending. Any other `--format` than `spacy` is for folders."
    )
    H024 = "[H024] {path} already exists. Use `--overwrite` to replace it."
    H025 = (
        "[H025] `weights` and `sources` of halfree.MixedCorpus.v1 must have the same names. "
        "Sources: {sources}. Weights: {weights}."
    )
    H026 = "[H026] The weight of the source '{name}' must be a number above 0, but is {weight}."
    H027 = (
        "[H027] The pipeline {path} has no halfree_tagger with the name '{name}'. It has: {pipes}."
    )
    H028 = (
        "[H028] Component '{name}': `head_learn_rate_factor` is {value}, but the model '{model}' "
        "has no part behind an encoder that it could apply to; the whole model is pretrained. Set "
        "it to 1.0."
    )
    H029 = (
        "[H029] The tags '{first}' and '{second}' are written with the same tokens ({wording!r}), "
        "so the model could not tell them apart. Give one of them another wording with "
        "`label_words` (`outside_words` and `inside_words` for O and I)."
    )
    H030 = (
        "[H030] The wording {wording!r} of the tag '{tag}' cannot be used: {reason}. Give it "
        "another one with `label_words` (`outside_words` and `inside_words` for O and I)."
    )
    H031 = (
        "[H031] `label_words` has a wording for '{label}', which is not a label. The labels: "
        "{labels}."
    )
    H032 = (
        "[H032] Cannot load the encoder-decoder '{source}': {reason}. Name a folder with "
        "`config.json`, `model.safetensors` and the tokenizer's files, or a model of the hub that "
        "has these (`model.save_pretrained(folder)` converts older files). With "
        "`local_files_only = true` nobody waits for a network that is not there."
    )
    H033 = (
        "[H033] '{source}' is of the family '{family}', whose decoder cannot be asked for single "
        "tokens: {reason}. Families known to work: T5, mT5, UMT5, LongT5, Switch, BART, mBART, "
        "PLBart, Pegasus, BigBird-Pegasus, Marian, M2M100, Blenderbot."
    )
    H034 = (
        "[H034] The model takes {limit} tokens at a time, of which a tag and its sentinel need "
        "{needed} in the decoder. Choose a model with longer inputs, or shorter wordings."
    )
    H035 = (
        "[H035] The setting `lora` needs the library peft, which is not installed. Install "
        "spacy-halfree with its extra `lora` (`pip install '.[lora]'` in its folder), or set "
        "`lora = null`."
    )
    H036 = (
        "[H036] The weights have {gigabytes:.1f} GB, but a part of a pipeline can hold 4 GB at "
        "most. Use a smaller model as the teacher."
    )
    H037 = (
        "[H037] `gradient_checkpointing` cannot be used with `loss = {loss!r}` when `label_style` "
        "is 'words': the tags of a word share what the decoder has read before it, which "
        'checkpoints do not keep. Set `loss = "lm"`, or `label_style = "token"`.'
    )
    H038 = (
        "[H038] A model of halfree.SentinelSeq2Seq.v1 cannot be initialized without knowing the "
        "labels. Initialize the component (`nlp.initialize`), not its model."
    )
    H039 = (
        "[H039] The setting `lora` does not fit the model: {reason}. Name the layers to adapt with "
        '`target_modules` (for T5: `["q","v"]`, for BART: `["q_proj","v_proj"]`).'
    )
    H040 = (
        "[H040] {path}: tags {target} with the labels {labels}, but the first teacher tags "
        "{first_target} with {first_labels}. Teachers whose distributions are averaged must tag "
        "the same labels, in any order; train them on the same label set."
    )
    H041 = (
        "[H041] {path} and {first} do not read the same words, or set different entities before "
        "their taggers, in the text {text!r}. Teachers whose distributions are averaged must have "
        "the same tokenizer and the same components before the tagger."
    )
    H042 = (
        "[H042] Precision 'int8' is for CPUs, but a model is on {device}. Use 'bfloat16' there, or "
        "leave --gpu-id out."
    )
    H043 = (
        "[H043] '{name}' (model '{model}') cannot sum over all tags before a word. Exact marginals "
        "need halfree.FirstOrderTagger.v1, where a tag depends on the one before alone; "
        "`token._.tag_probs` has probabilities given the decoded tags, for every model."
    )
    H044 = (
        "[H044] There is nothing that '{name}' could be right or wrong about: either the texts are "
        "not annotated with what it predicts, or it predicts nothing on them. Give it annotated "
        "texts in which there is something to find."
    )
    H045 = (
        "[H045] {path} cannot be drawn without matplotlib. Install it (`pip install matplotlib`), "
        "or leave the diagram out."
    )
    H046 = (
        "[H046] Cannot read annotated texts from {path}: {reason}. Check that the file is "
        "complete and that its content fits its name. Text must be UTF-8; JSON must be a list of "
        "objects, or an object on each line."
    )
    H047 = (
        "[H047] Cannot read annotated texts from {path}. {guess} These formats are read: "
        "{formats}. If the file has one of them, use `--read-as` to name it."
    )
    H048 = (
        "[H048] {folder} contains the partial results of an interrupted run. Use `--resume` to "
        "continue it with the same input, teachers and settings, or `--overwrite` to start over."
    )
    H049 = (
        "[H049] {folder} cannot be resumed, because this has changed since: {names}. Use the same "
        "again, or use `--overwrite` instead of `--resume` to start over."
    )
    H050 = (
        "[H050] Component '{name}': the weights in {path} were saved with other labels, or with "
        "their order or the target changed, than what stands in `cfg` beside them ({target}: "
        "{labels}). Weights and labels come from different pipelines, or one file is damaged."
    )
    H051 = (
        "[H051] What was finished in {folder} is no longer there: another run with the same "
        "output has completed or replaced it, or this machine does not see the folder. Let one run "
        "at a time write an output, where all its workers reach it."
    )
    H052 = "[H052] {path} is a folder. Name a file to write."
    H053 = (
        "[H053] {path} has changed since this run began, so that what is finished comes from two "
        "different inputs. Use `--overwrite` to start over."
    )
    H054 = (
        "[H054] {what} needs {package}, which is not installed. Install spacy-halfree with its "
        "extra `{extra}`: `pip install '.[{extra}]'` in its folder."
    )
    H055 = (
        "[H055] {n_bad} records of {path} cannot be used, more than `--max-bad` allows "
        "({max_bad}). Their reasons are named; if so many are to be left out, use `--resume` and a "
        "larger number."
    )
    H056 = (
        "[H056] The folder {path} has another number of shards ({n_shards}) than its manifest "
        "{manifest} says ({expected}). Part of it is missing, or something was added; copy or "
        "annotate it again."
    )
    H057 = (
        "[H057] The pipeline or code in {path} is not the one with which this run was started. "
        "Give all machines the same files."
    )
    H058 = "[H058] The folder {path} has no files of texts: none ends in {endings}."
    H059 = (
        "[H059] Not everything has been labelled, though nothing failed. Missing: {parts} (file "
        "and part, counted from 0). Use `--resume` to go on."
    )
    H060 = (
        "[H060] {path} is a folder with other files than shards, which would be lost. Name another "
        "one, or take them out."
    )
    H061 = "[H061] {path} is a file, but shards are written to a folder. Name another one."
    H062 = (
        "[H062] {path} cannot be learned from: {reason} Copy or annotate it again, unless that "
        "says otherwise."
    )
    H063 = (
        "[H063] The teachers fail at {n_failed} texts of a part, and at a harmless sentence, too, "
        "so not the texts are to blame: {reason} (once that is mended, use `--resume`)."
    )
    H064 = (
        "[H064] The worker process has died {n} times at the same part of the texts (Ray says: "
        "{reason}). Out of memory, perhaps: try a smaller `--batch-size` or fewer workers; if it "
        "is a single text, take it out. What is finished is kept."
    )
    H065 = (
        "[H065] The output {path} would replace the input {input}, or would be inside of it and be "
        "read as input the next time. Name another place."
    )
    H066 = (
        "[H066] The output {path} is a URI, but shards are written to folders. Name one that all "
        "workers reach by the same path, and copy it when it is complete."
    )
    H067 = (
        "[H067] No machine has room for a worker with a CPU and {num_gpus} GPUs; there are: "
        "{found}. Leave `--num-gpus` out to label on CPUs, or name another cluster with "
        "`--address`."
    )
    H068 = (
        "[H068] The engine '{engine}' has no use for {options}. Leave it out, or change --engine."
    )
    H070 = (
        "[H070] The target of the teacher {teacher} is '{teacher_target}', but that of {model} is "
        "'{target}', so that they cannot be compared. Name a teacher with the same target, or none."
    )
    H075 = (
        "[H075] {path} has no labelled span that could be learned from. Check that it is the "
        "export of annotated texts, and that a .spacy file holds entities (`doc.ents`)."
    )
    H076 = "[H076] {path} is a file, but a project is a folder. Name another one."
    H077 = (
        "[H077] {n_asked} of {n_texts} different texts were to be kept for `--dev` and `--test`, "
        "but only {n_most} can be, so that every label with several examples stands among the "
        "texts to train on. Ask for fewer, or label more texts."
    )
    H078 = (
        "[H078] The default encoder, {encoder}, has learned English alone. Name one for the "
        "language '{lang}' with `--encoder`: a folder, or a name on the Hugging Face hub."
    )
    H079 = (
        "[H079] {path} has no raw text to learn from: {reason}. Give texts that are not labelled: "
        "the more, the better."
    )
    H080 = (
        "[H080] Adapting an encoder needs PyTorch, transformers and accelerate ({reason}). Install "
        "spacy-halfree with its extra `project`: `pip install '.[project]'` in its folder."
    )
    H081 = (
        "[H081] {texts}: there is no text in it that the encoder could read. Look at the reasons "
        "of skipped lines, if any, and check that the input is the file you meant."
    )
    H083 = (
        "[H083] `--score disagreement` needs at least two models, but there is only {model}. Name "
        "others, trained with other seeds, or leave the option out."
    )
    H084 = (
        "[H084] {path}: files for {tool} must end in `{suffix}`, or it does not import them. Name "
        "another file, or another tool with `--format`."
    )
    H085 = (
        "[H085] There is nothing to suggest: of {n_texts} texts that were read from {path}, "
        "{n_labelled} are labelled already, and none of the others could be used and differs "
        "enough from those. Look at the reasons of skipped texts, if any, check that the input is "
        "the file you meant, or raise `--max-similarity`."
    )
    H086 = (
        "[H086] {n_bad} raw or labelled texts cannot be used, more than `--max-bad` allows "
        "({max_bad}). Their reasons are named; correct them, or give a larger number."
    )
    H087 = (
        "[H087] A worker process cannot start (Ray says: {reason}). Every machine needs the "
        "packages of this one, and the teachers at the same absolute path."
    )
    H088 = (
        "[H088] The input {input} is inside of the output {path}. Name an output that contains "
        "no input."
    )
    H089 = (
        "[H089] {path} is a folder that holds something, and nothing is ever overwritten here. "
        "Name a new folder, or an empty one."
    )
    H090 = (
        "[H090] In `doc.spans['{key}']`, '{first}' and '{second}' overlap, and cannot be shown as "
        "entities. Show the group with displaCy's style 'span', which has no place for confidence."
    )
    H091 = "[H091] {path} is a file, but an encoder is a folder. Name another one."
    H092 = (
        "[H092] {path} holds files, but no adapted encoder (there is no {log}), so `--overwrite` "
        "does not remove it. Name another folder, or take them out."
    )
    H093 = "[H093] A doc is needed here, not '{kind}': make one with `nlp.make_doc(text)`."
    H094 = (
        "[H094] A model cannot compute in {precision} while it labels in {other}: read the docs of "
        "the other `annotate` to their end, or close it, or load the model twice."
    )
    H095 = (
        "[H095] Cannot load the encoder '{encoder}': {reason}. Name a folder with `config.json`, "
        "`model.safetensors` and the tokenizer's files, or an encoder of the Hugging Face hub, "
        "which needs the network the first time (`model.save_pretrained(folder)` converts older "
        "files). In a project of `halfree init`, it is the variable `encoder` of `project.yml`."
    )
    H096 = (
        "[H096] '{encoder}' is no folder, and cannot be a name on the Hugging Face hub either, "
        "which is NAME or OWNER/NAME. Name a folder that is there, seen from where you are now."
    )
    H097 = "[H097] These options have no effect on files of {titles}: {options}. Leave them out."
    H098 = (
        "[H098] The output {path} would be part of the pipeline {pipeline}. Name a place outside "
        "of pipelines."
    )
    H099 = "[H099] {path} is neither a file nor a folder. Name a file to write."
    H100 = (
        "[H100] Cannot read or write {path}: {reason}. Check the path, the permissions and the "
        "space that is left."
    )
    H101 = (
        "[H101] Cannot print to the standard output: {reason}. Leave it open, or send it to a file "
        "with enough space; if characters are missing, set `PYTHONIOENCODING=utf8`. Files that "
        "the command has already written or changed stay."
    )
    H102 = (
        "[H102] The folder {path} cannot be listed: {reason}. Its texts would be missing. Change "
        "its permissions, or take it out of {location}."
    )
    H103 = (
        "[H103] {path} already exists and was not written by this command, which keeps there what "
        "is finished until the output is complete. Move it, or name another output."
    )
    H104 = (
        "[H104] {path} holds '{name}', which is no part of an encoder and would be removed with "
        "it. Move it, or name another output."
    )
    H105 = "[H105] No diagram can be drawn as {path}. Name a file that ends in one of {suffixes}."
    H106 = "[H106] These teachers are closed. Make new ones to annotate more texts."
    H107 = (
        "[H107] The texts are a single string, which would be read letter by letter. Give a list."
    )
    H108 = "[H108] The doc {text!r} has no soft labels. Annotate it first: see `annotate`."
    H109 = (
        "[H109] {path} is an archive {reason}. Use `--member` to choose one of its files: {names}."
    )
    H110 = (
        "[H110] `--offsets` is for `--format doccano` and has no effect on `--format {tool}`. "
        "Leave out `--offsets`, or use `--format doccano`."
    )
    H113 = "[H113] {path} has no text called '{field}'. Use `--field` to choose one of: {names}."
    H114 = (
        "[H114] {path} has no text to read: in all of its annotated tasks ({n}), the text is "
        "{what}; export with content. An example of '{field}' is: {example}. Replace such values "
        "with the content, or use `--field` to choose another text."
    )
    H117 = (
        "[H117] {path} has no column '{name}'. It has {n} columns{names}. Give another name, or a "
        "number from 1 to {n}, or from -1 to -{n} to count from the last column."
    )
    H118 = (
        "[H118] Cannot find words and tags in the columns of {path}. {guess} Tags look like "
        "B-CITY, I-CITY and O (IOB1, IOB2, BIOES, BILUO or BMES), and every line has the same "
        "number of columns. Use `--tag-column` to name the column of tags."
    )
    H119 = (
        "[H119] Column {column} of {path} cannot hold both the words and the tags. Use "
        "`--word-column` and `--tag-column` to name two different columns."
    )
    H120 = (
        "[H120] The tags under '{field}' in {path} are class numbers, and the file does not name "
        "the classes. Give the names in order, such as `--tag-names O,B-CITY,I-CITY`. A Hugging "
        "Face data set has them in `dataset.features['{field}'].feature.names`; its Parquet files "
        "(`dataset.to_parquet`) keep them."
    )
    H121 = (
        "[H121] {path} has no list of words with a list of their tags. Its fields are: {fields}. "
        "Use `--word-column` and `--tag-column` to name the right ones."
    )
    H122 = (
        "[H122] These class names in {path} are not tags: {names}. Tags look like 'O', 'B-CITY' "
        "and 'I-CITY', or like those of BIOES or BILUO. If consecutive words of the same class "
        "are one entity, name the classes like this: `--tag-names O,I-CITY,I-STREET`."
    )
    H123 = (
        "[H123] {path} has nested records of Argilla, which do not say whether a response was "
        "submitted, discarded or only a draft. Export the flattened form: "
        "`json.dump(dataset.records.to_list(flatten=True), open('records.json', 'w'))`. Or use "
        "`--accept-unknown-status` to read all responses as if they were submitted."
    )
    H124 = "[H124] {path}: {problem}. Use `--field` to choose one of: {names}."
    H126 = (
        "[H126] {path} is WebAnno TSV {version}, but only versions 3.2 and 3.3 are read. Export "
        "it as WebAnno TSV v3.3 or as UIMA CAS JSON."
    )
    H127 = (
        "[H127] Cannot import the code in {path}: {reason}. It is run as `python -m spacy train "
        "--code` runs it. Correct it, or name another file."
    )
    H128 = (
        "[H128] Cannot take a tokenizer from {source}: {reason}. Use `--tokenizer-from` with a "
        "config of spaCy (`config.cfg`), the folder of a pipeline (such as `model-best`) or the "
        "name of an installed one."
    )
    H129 = (
        "[H129] A pipeline or config needs a function that is not registered: {reason} If it is in "
        "a Python file of your own, use `--code FILE`."
    )
    H135 = (
        "[H135] {path} is not a project that `python -m spacy halfree init` has written: "
        "{reason}. Give the folder of such a project, or leave out `--update` to write a new one."
    )
    H136 = (
        "[H136] These options are for new projects and have no effect with `--update`: {options}. "
        "Leave them out. To change the settings of a project, edit its `project.yml` and "
        "`configs/`."
    )
    H137 = "[H137] A new project needs raw texts. Use `--raw` to name them."
    H140 = (
        "[H140] The tags under '{field}' in {path} are labels without a scheme: {names}. Write B- "
        "before the label of an entity's first word, and I- before the labels of its other words."
    )
    H146 = (
        "[H146] These options choose how to read labelled texts, but no labelled texts are given: "
        "{options}. Use `--labelled` to name the files, or leave out the options."
    )
    H147 = (
        "[H147] Another process is writing to {path}, or has written there since this run began. "
        "This run has written nothing there. Wait for the other one and look at its result, or "
        "name another place."
    )
    H148 = (
        "[H148] The name of {what}, {name}, cannot be used, because it has {reason}. Rename it, or "
        "give the name of a link to it."
    )
    H149 = (
        "[H149] {path} is a project that `init` has written, or its folder `corpus`: its files of "
        "labelled texts and of problems would be read as raw texts. To read its raw texts, name "
        "{pool}."
    )
    H150 = (
        "[H150] Cannot use the GPU {gpu_id}: {reason}. Use `--gpu-id` with the number of a GPU, or "
        "leave it out to use the CPU."
    )
    H155 = (
        "[H155] Cannot read the manifest {path}: {reason}. Copy it again from where the labels "
        "were made, or use `annotate --overwrite` to label the texts again."
    )
    H156 = (
        "[H156] The manifest {path} has the format version {version}, but this version of "
        "spacy-halfree reads version {known}. Update spacy-halfree, or use `annotate --overwrite` "
        "to label the texts again."
    )
    H157 = (
        "[H157] `create_app` needs the name or the folder of a pipeline, because its workers load "
        "it themselves, but got an object of type {kind}. Save the pipeline with `nlp.to_disk`."
    )
    H159 = (
        "[H159] Component '{name}' writes doc.spans['{key}'], but that group of the text '{text}' "
        "has spans of {other}, such as '{span}' ({label}), which would be lost. Give component "
        "'{name}' another `spans_key`, or delete the group first (`del doc.spans['{key}']`)."
    )
    H160 = (
        "[H160] There is not enough memory for {what}. The files need not be damaged. Free some "
        "memory, raise the limit of this process, or use a smaller model, file or batch size."
    )
    H161 = "[H161] Cannot read a doc from JSON: {reason}. Give what `doc_to_json` returned."
    H164 = (
        "[H164] Presidio's engine needs one pipeline for each language, but {problem}. Use "
        "`HalfreeNlpEngine([{{'lang_code': 'en', 'model_name': PIPELINE}}])`, where PIPELINE is a "
        "folder, the name of an installed pipeline, or a `Language`."
    )
    H165 = (
        "[H165] This engine has no pipeline for the language '{language}'. It has {languages}. Add "
        "a pipeline for it, or choose one of these languages."
    )
    H166 = (
        "[H166] `serve` needs packages that are not installed: {names}. Install spacy-halfree with "
        "its extra `serve`: `pip install '.[serve]'` in its folder."
    )
    H167 = (
        "[H167] A worker process cannot load the pipeline '{model}': {reason}. Name a pipeline "
        "that `spacy.load` loads here, and that has a `halfree_tagger`. If the worker was "
        "killed, give the machine more memory or use fewer `--workers`."
    )
    H168 = (
        "[H168] Cannot listen on host '{host}', port {port}: {reason}. Use another `--host` or "
        "`--port`."
    )
    H169 = "[H169] The body has more than {limit} bytes. Send fewer texts in a request."
    H170 = (
        "[H170] The body cannot be read: {reason}. Send a JSON object in UTF-8 such as "
        '{{"texts": ["a text", "another one"]}}.'
    )
    H171 = (
        "[H171] Too many {what}: the limit is {limit}. Send less in a request, or send it faster."
    )
    H172 = "[H172] The request took more than {seconds:g} seconds. Send less in a request."
    H173 = "[H173] Too many requests are waiting. Send this one again later."
    H174 = "[H174] The worker process ended, and is replaced. Send the request again later."
    H175 = "[H175] The pipeline fails at these texts. Send the texts one by one to find out which."
    H176 = (
        "[H176] The pipeline was saved with transformers {saved}. With transformers {installed}, "
        "its tokenizer has other tokens where tags and sentinels were: {tokens}. Install "
        "transformers {saved}, or train the pipeline again."
    )
    H177 = (
        "[H177] The pipeline was saved with transformers {saved}. From the same weights, "
        "transformers {installed} computes other scores: they differ by up to {difference:.0%} of "
        "their standard deviation. Install transformers {saved}, or train the pipeline again."
    )
    H178 = (
        "[H178] Cannot load {model}: it needs spacy-transformers, which is not installed "
        "({reason}). Install spacy-halfree with its extra `transformers`: `pip install "
        "'.[transformers]'` in its folder. It and the extra `sentinel` ask for different releases "
        "of transformers, so use an environment of its own."
    )
    H179 = (
        "[H179] The workers have not been started. Let the lifespan of the application that "
        "`create_app` returned be part of your application's lifespan."
    )


@messages
class Warnings:
    """Things that were done, but probably not as the user expected."""

    W001 = "[W001] {path}, line {line}: skipped, because it {reason}."
    W002 = (
        "[W002] {n_bad} of {n_lines} lines of {path} could not be used and were skipped; the "
        "lines are named above."
    )
    W003 = (
        "[W003] A word of {n_pieces} pieces ({word!r} ...) is longer than the model reads at a "
        "time; only its first {limit} pieces are read. The word is tagged like any other."
    )
    W004 = (
        "[W004] {path} leaves out entities below the threshold {threshold}, which was chosen for "
        "other confidences. Choose it anew with `python -m spacy find-threshold`."
    )
    W005 = (
        "[W005] Finished parts are kept in {folder}. To continue, run the same command with "
        "`--resume` and the same input, teachers and settings."
    )
    W006 = (
        "[W006] {n_asked} workers are asked for, but there is only room for {n}. The others start "
        "when there is room for them."
    )
    W007 = "[W007] The folder {folder} is {real}, which is read already, and so passed over."
    W008 = (
        "[W008] {path} has changed since the run was stopped: the {n} texts of it that were "
        "finished are labelled again."
    )
    W010 = (
        "[W010] The report has tables in place of diagrams, because matplotlib is not installed "
        "(`pip install matplotlib`)."
    )
    W011 = (
        "[W011] {n_texts} texts of {path} are not annotated with what is tagged and were left out "
        "(texts in which there is nothing to find must say so: see `Doc.set_ents`)."
    )
    W012 = (
        "[W012] {n_spans} of {n_all} spans cannot be learned, for the reasons above. They are "
        "left out, and their words count as not annotated."
    )
    W013 = (
        "[W013] All problems ({n_problems}) are listed in {path}. Texts and spans that cannot be "
        "used are left out; of texts that are annotated differently, `--on-conflict` says what is "
        "kept. To use all of them, correct them and write a new project."
    )
    W014 = (
        "[W014] Texts suggested: {n_found} of the {n_texts} that were read, not {n}. No others "
        "differ enough from these and from what is labelled. More raw texts help, or a larger "
        "`--max-similarity`."
    )
    W015 = (
        "[W015] The calibration error is larger after calibrating ({after:.4f}) than before "
        "({before:.4f}), measured on {n} entities, spans or tags. The temperature minimizes the "
        "log loss, smoothed with pseudo-counts, so this can happen if there are few different "
        "texts, or if confidence was right before. `--dry-run` changes nothing."
    )
    W020 = (
        "[W020] {path}, line {line}: a sentence of {n_words} words. Check that an empty line "
        "separates sentences. Without such lines, they are read as a single text."
    )
    W021 = (
        "[W021] Training may end before the model is evaluated, which is to be after every "
        "{eval_frequency} steps (max_steps: {max_steps}, max_epochs: {max_epochs}, patience: "
        "{patience}): `model-best` would not have learned anything. Give a smaller "
        "`--training.eval_frequency`, above 0."
    )
    W022 = (
        "[W022] {n} raw texts are few: students were measured with {least} and more, and learned "
        "more from every thousand. Give all that you have."
    )
    W023 = (
        "[W023] {path} does not say how its annotation tool counts, and other units would give "
        "other spans in these texts ({n} in all): number {numbers}. They are read in UTF-16 "
        "units, as the editors of doccano and Argilla count. Use `--offsets graphemes` if the "
        "project in doccano counts grapheme clusters, `--offsets code-points` if the spans come "
        "from a program that counts as Python does, or `--offsets utf-16` to keep UTF-16 units "
        "without this warning."
    )
    W024 = (
        "[W024] {n_spans} of {n_all} labelled spans in {path} cannot be used. They are left out, "
        "and their words count as not annotated. `python -m spacy halfree check` names them."
    )
    W025 = (
        "[W025] The encoder's width {width} cannot be split into {heads} attention heads, and the "
        "teachers would fail. Set `heads` in {path} to a divisor of {width}, such as {fitting}."
    )
    W026 = (
        "[W026] The words of {path} are joined without spaces, as '{lang}' is written. Use "
        "`--spaces` if spaces separate them, or `--no-spaces` to join them without this warning."
    )
    W028 = (
        "[W028] {path} has regions of several texts. Those of '{field}' ({n}) are read. Those of "
        "other texts are ignored: {others}. Use `--field` to choose another text."
    )
    W029 = (
        "[W029] {path} has annotations that are not labelled spans of a text. They are ignored: "
        "{parts}."
    )
    W030 = (
        "[W030] {n_empty} of {n_texts} texts of {path} have no spans. doccano does not say "
        "whether anybody has looked at them, so they are read as texts with nothing to find. If "
        "nobody has, use `--skip-empty`, or export approved texts only."
    )
    W031 = (
        "[W031] {path}: some tags ({n}) do not follow the scheme of the file ({scheme}); the "
        "first one is in line {line}. They are read as in CoNLL's evaluation: an entity starts "
        "wherever a tag does not continue the one before it. Correct these tags if entities are "
        "split or joined."
    )
    W032 = (
        "[W032] {path} has several columns of tags. Their tagged words: {counts}. Column {column} "
        "is read, and the others are ignored. Use `--tag-column` to choose another one."
    )
    W033 = (
        "[W033] {path}: no word has the tag O, and {n} words have the tags - or _, which stand for "
        "words that are not annotated. If they are annotated and outside of entities, replace "
        "these tags with O."
    )
    W034 = (
        "[W034] {path}: the tags under '{field}' are read. Other fields that look like tags of "
        "entities are ignored: {others}. Use `--tag-column` to choose another one."
    )
    W035 = "[W035] {path}: {read}. Ignored: {ignored}."
    W036 = (
        "[W036] {path}: annotations that {reason} are left out ({n} in all): {names}. Their words "
        "count as not annotated."
    )
    W037 = (
        "[W037] {n_texts} of {n_all} texts in {path} are stored with other tokens than those of "
        "the current tokenizer. A pipeline learns with its own tokens, and {n_spans} of "
        "{n_all_spans} spans do not align with them, so they would not be learned. Use the "
        "tokenizer that made the file: `--tokenizer-from CONFIG_OR_PIPELINE`, and `--code FILE` "
        "if it is in a Python file of your own."
    )
    W040 = (
        "[W040] {path}: every word is marked, such as '{word}'. The marks are not part of the "
        "texts and are removed: '{own}' is read."
    )
    W041 = (
        "[W041] {path}: only the first line has no tag. It is read as the names of the columns: "
        "{names}. If it is a word, correct its tag."
    )
    W046 = (
        "[W046] {path} does not say how its offsets are counted, and UTF-16 units would give other "
        "spans in these texts ({n} in all): number {numbers}. They are read in code points, as "
        "Python counts. Use `--offsets utf-16` if the spans come from a program that counts as "
        "JavaScript and Java do, or `--offsets code-points` to keep what is read now, without this "
        "warning."
    )
    W047 = (
        "[W047] {path} is {what}, and not raw text. It is left out (files: {n}). To read texts "
        "in it, name their files."
    )
    W049 = (
        "[W049] {n} records of {path} cannot be used and are left out, so that all figures are of "
        "the other texts: {places}. `python -m spacy halfree check` names all of them."
    )
    W051 = (
        "[W051] The existing output {path} is damaged: {reason} `--overwrite` replaces it, and "
        "labels all texts again."
    )
    W053 = (
        "[W053] The training of component '{name}' has diverged: {what}. It finds nothing useful "
        "any more. Use an earlier checkpoint, or train from the start with a lower learning rate "
        "(`[training.optimizer]`), `head_learn_rate_factor` or `gold_weight`."
    )
    W054 = (
        "[W054] Component '{name}' has `use_soft_labels = true`, but none of {n_texts} training "
        "texts has soft labels, so it learns from their annotation.{where} Soft labels are user "
        "data of docs, which `DocBin` leaves out unless it is made with `store_user_data=True`, "
        "also when you load such a file and save it again. Annotate the texts again (`python -m "
        "spacy halfree annotate`). To learn from annotation without this warning, set "
        "`use_soft_labels = false`."
    )
    W057 = (
        "[W057] Pipeline for '{language}': no Presidio entity is known for the labels {labels}. "
        "{outcome}. Map them in `model_to_presidio_entity_mapping`, or name them in "
        "`labels_to_ignore`."
    )
    W058 = "[W058] A worker process ended with status {status}. Another one takes its place."
    W059 = (
        "[W059] A worker process cannot be replaced: {reason}. The next attempt is in {seconds} "
        "seconds."
    )
    W060 = (
        "[W060] The pipeline was saved with transformers {saved}. With transformers {installed}, "
        "its tokenizer splits {n} of {n_all} sample texts otherwise: {texts}. The model has "
        "learned other pieces of such words, so their tags can differ. Install transformers "
        "{saved}, or train the pipeline again."
    )
    W061 = (
        "[W061] The pipeline was saved with transformers {saved}, without a sample of what its "
        "tokenizer does, and transformers {installed} builds this tokenizer anew. Whether it still "
        "splits words alike cannot be checked. Save the pipeline again with transformers {saved} "
        "and this version of spacy-halfree, and the sample is saved with it."
    )


class OtherResultsError(ValueError):
    """A saved part can be read, but would not do what it did when it was saved."""
