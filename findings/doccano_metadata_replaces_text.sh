#!/usr/bin/env bash
# doccano 1.8.4 exports another text than the one that was annotated if a row of the imported JSON lines has
# a key `data`, and other values for some keys if rows differ: integers become floats, missing keys null.
#
# The page of the import takes all keys but the text's and the label's as metadata. In the export, the key
# `data` replaces the text and `id` replaces the id, without a message; the offsets stay those of the text
# that was annotated. A tagger learns other words than those that were marked. Rename such keys first.
# Seen on Linux with Python 3.11. The newest releases of marshmallow and numpy do not work with it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    doccano==1.8.4 marshmallow==3.26.2 numpy==1.26.4 setuptools==65.5.0
cat > export.py <<'PY'
import json
import os
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

here = Path.cwd()
(backend,) = here.glob("venv/lib/python3*/site-packages/backend")
sys.path.insert(0, str(backend))
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "config.settings.production",
    "DATABASE_URL": f"sqlite:///{here}/doccano.sqlite3",
    "MEDIA_ROOT": str(here / "media"),
}

import logging

logging.disable()
import django

django.setup()
from django.contrib.auth.models import User
from django.core.management import call_command

call_command("migrate", verbosity=0)
call_command("create_roles", stdout=open(os.devnull, "w"))
from data_export.celery_tasks import export_dataset
from data_import.datasets import load_dataset
from data_import.pipeline.catalog import create_file_format
from data_import.pipeline.readers import FileName
from projects.models import SequenceLabelingProject

user = User.objects.create_user("annotator1")
fields = {"name": "Places", "created_by": user, "project_type": "SequenceLabeling"}
project = SequenceLabelingProject.objects.create(**fields)
project.add_admin()
rows = [
    {"text": "We fly to Rome", "label": [[10, 14, "CITY"]], "data": "a file of letters", "id": 7},
    {"text": "and to Oslo", "label": [[7, 11, "CITY"]], "page": 3},
]
for row in rows:
    Path("rows.jsonl").write_text(json.dumps(row) + "\n")
    file = FileName(full_path="rows.jsonl", generated_name="rows.jsonl", upload_name="rows.jsonl")
    columns = {"column_data": "text", "column_label": "label", "encoding": "utf_8"}
    kind = create_file_format("JSONL")
    dataset = load_dataset("SequenceLabeling", kind, [file], project, **columns)
    dataset.save(user)
    assert not dataset.errors, dataset.errors
with zipfile.ZipFile(export_dataset(project.id, "JSONL")) as archive:
    lines = archive.read("annotator1.jsonl").decode().splitlines()
print("doccano", version("doccano"))
for row in rows:
    print("in: ", json.dumps(row))
for line in lines:
    print("out:", line)
first, second = map(json.loads, filter(None, lines))
as_known = first["text"] == "a file of letters" and first["label"] == [[10, 14, "CITY"]]
as_known &= first["id"] == 7 and first["page"] is None and str(second["page"]) == "3.0"
sys.exit(0 if as_known else "this has changed")
PY
venv/bin/python export.py
