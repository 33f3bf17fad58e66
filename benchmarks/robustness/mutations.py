"""Damaging files: bytes, lines, and the values of JSON and MessagePack; see `mutated_files.py`."""

import copy
import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import srsly

from .valid_files import ValidFile

Mutation = Callable[[bytes, Random], bytes]
PIECES = (
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xff\xfe", b"\r", b"\n", b"\r\n", b"\t"),
    *(b"\x1b[31m", b"\xe2\x80\xa8", b"\xc2\x85", b'"', b"\\", b"\\ud800", b"{", b"]", b"[" * 3000),
    *(b"NaN", b"-1", b"99999999999999999999", b"1e999", b"null", b"<!DOCTYPE x>", b"&x;", b"]]>"),
)
"""What is put into files."""
SCALARS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, -1, 3, 10**9, 10**30, 2**63, -(2**64), 3.0, 3.5, 1e300),
    *(float("nan"), float("inf"), "", " ", "0", "3", "O", "B-CITY", "I-", "text", "\ud800", "\0"),
    *("\x1b[31m", "\u202e", "\u2028", "a\nb", "x" * 1000, "9" * 5000, "2020-01-01"),
)
"""What values are replaced by."""


def damage_bytes(content: bytes, rng: Random) -> bytes:
    """Flip bits, cut, repeat, move or insert bytes."""
    own = bytearray(content)
    start = rng.randrange(len(own) + 1)
    stop = min(len(own), start + rng.choice((1, 2, 8, 64, 1000)))
    match rng.randrange(6):
        case 0:
            for _ in range(rng.choice((1, 1, 2, 10))):
                if own:
                    own[rng.randrange(len(own))] ^= 1 << rng.randrange(8)
        case 1:
            del own[start:]
        case 2:
            del own[start:stop]
        case 3:
            own[start:start] = own[start:stop]
        case 4:
            own[start:start] = rng.choice(PIECES)
        case 5:
            moved = own[start:stop]
            del own[start:stop]
            place = rng.randrange(len(own) + 1)
            own[place:place] = moved
    return bytes(own)


def damage_lines(content: bytes, rng: Random) -> bytes:
    """Remove, repeat, swap, join or empty lines; change or remove cells."""
    lines = content.split(b"\n")
    first, second = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(7):
        case 0:
            del lines[first]
        case 1:
            lines.insert(second, lines[first])
        case 2:
            lines[first], lines[second] = lines[second], lines[first]
        case 3:
            lines[first : first + 2] = [b"".join(lines[first : first + 2])]
        case 4:
            lines[first] = b""
        case _:
            separator = rng.choice((b"\t", b" ", b",", b"|", b"-", b'"'))
            cells = lines[first].split(separator)
            place = rng.randrange(len(cells))
            if rng.random() < 0.3:
                del cells[place]
            else:
                cells[place] = str(rng.choice(SCALARS)).encode("utf8", "surrogatepass")
            lines[first] = separator.join(cells)
    return b"\n".join(lines)


def damage_json(content: bytes, rng: Random) -> bytes:
    """Damage values of JSON, a value on each line or a single one."""
    text = content.decode()
    try:
        return json.dumps(damage_value(json.loads(text), rng)).encode()
    except ValueError:
        values = [json.loads(line) for line in text.splitlines() if line.strip()]
    changed = damage_value(values, rng)
    lines = changed if isinstance(changed, list) else [changed]
    return "".join(f"{json.dumps(own)}\n" for own in lines).encode()


def damage_value(value: Any, rng: Random) -> Any:
    """Replace, remove, repeat, rename or move a part of a value; at most three of them."""
    value = copy.deepcopy(value)
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        value = _damage_place(value, rng, value)
    return value


def _damage_place(value: Any, rng: Random, whole: Any) -> Any:
    places: list[Any] = list(value) if isinstance(value, dict) else []
    if isinstance(value, list):
        places = list(range(len(value)))
    if not places or rng.random() < 0.1:
        return _other_value(value, rng, whole)
    place = rng.choice(places)
    match rng.randrange(10):
        case 0:
            del value[place]
        case 1 if isinstance(value, dict):
            value[rng.choice((*places, "text", "label", "spans", "", "\ud800"))] = value.pop(place)
        case 1:
            value.insert(rng.randrange(len(value) + 1), copy.deepcopy(value[place]))
        case 2:
            value[place] = _other_value(value[place], rng, whole)
        case _:
            value[place] = _damage_place(value[place], rng, whole)
    return value


def _other_value(value: Any, rng: Random, whole: Any) -> Any:
    match rng.randrange(8):
        case 0:
            return [value]
        case 1:
            return {rng.choice(("text", "start", "labels", "x")): value}
        case 2:
            return str(value)
        case 3 if isinstance(value, str) and value:
            place = rng.randrange(len(value))
            return value[:place] + str(rng.choice(SCALARS)) + value[place:]
        case 3 if isinstance(value, int | float):
            return value + rng.choice((1, -1, 1000, 0.5))
        case 4:
            return copy.deepcopy(whole)
        case 5 if isinstance(value, bytes):
            return damage_bytes(value, rng)
        case _:
            return rng.choice(SCALARS)


def damage_doc_bin(content: bytes, rng: Random) -> bytes:
    """Damage the values of a `DocBin`, or those of a doc's user data."""
    value = srsly.msgpack_loads(zlib.decompress(content))
    if rng.random() < 0.5:
        place = rng.randrange(len(value["user_data"]))
        own = srsly.msgpack_loads(value["user_data"][place], use_list=False)
        value["user_data"][place] = _packed(damage_value(_as_lists(own), rng))
    else:
        value = damage_value(value, rng)
    return zlib.compress(_packed(value))


def _packed(value: Any) -> bytes:
    try:
        packed: bytes = srsly.msgpack_dumps(value)
    except (ValueError, OverflowError, TypeError):
        # what MessagePack does not have: great numbers, halves of surrogate pairs
        packed = srsly.msgpack_dumps(repr(value).encode("utf8", "backslashreplace"))
    return packed


def _as_lists(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_as_lists(own) for own in value]
    if isinstance(value, dict):
        return {key: _as_lists(own) for key, own in value.items()}
    return value


def damage_table(content: bytes, rng: Random) -> bytes:
    """Give a column of a Parquet table other types, another name, or none."""
    import pyarrow
    from pyarrow import parquet

    table = parquet.read_table(io.BytesIO(content))
    place = rng.randrange(table.num_columns)
    name, n = table.column_names[place], len(table)
    values = [damage_value(own, rng) if rng.random() < 0.3 else None for own in range(n)]
    made = [
        lambda: pyarrow.array(range(n)),
        lambda: pyarrow.array([0.5] * n),
        lambda: pyarrow.array([True] * n),
        lambda: pyarrow.nulls(n),
        lambda: pyarrow.nulls(n, table.schema.field(place).type),
        lambda: pyarrow.array([b"\xff", *[b"x"] * (n - 1)]),
        lambda: pyarrow.array(["x"] * n).dictionary_encode(),
        lambda: pyarrow.array(["x"] * n, pyarrow.large_string()),
        lambda: pyarrow.array(["x"] * n, pyarrow.string_view()),
        lambda: pyarrow.array([{"a": 1}] * n),
        lambda: pyarrow.array([[["a"]]] * n),
        lambda: pyarrow.array([["a", None]] * n, pyarrow.large_list(pyarrow.string())),
        lambda: pyarrow.array([["a", "b"]] * n, pyarrow.list_(pyarrow.string(), 2)),
        lambda: pyarrow.array([[1, 2]] * n, pyarrow.list_(pyarrow.int8())),
        lambda: pyarrow.array(["x"] * n).cast(pyarrow.binary()),
        lambda: pyarrow.array(range(n)).cast(pyarrow.timestamp("ns")),
        lambda: pyarrow.array([str(own).encode("utf8", "replace").decode() for own in values]),
    ]
    if (change := rng.randrange(len(made) + 3)) < len(made):
        table = table.set_column(place, name, made[change]())
    elif change == len(made):
        table = table.append_column(name, table.column(place))
    elif change == len(made) + 1:
        table = table.drop_columns([name])
    else:
        other = rng.choice(("x", "text", "words", "spaces", "tokens", "", "TEXT"))
        names = [other if own == name else own for own in table.column_names]
        table = table.rename_columns(names)
    file = io.BytesIO()
    parquet.write_table(table, file, row_group_size=rng.choice((1, 2, 100)))
    return file.getvalue()


def damage_archive(content: bytes, rng: Random) -> bytes:
    """Damage a file of an archive, or its name."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = rng.choice(list(members))
    old = members.pop(name)
    names = (name, name, name, "x/" + name, name.upper(), "/", "../" + name, "\x1b[31m" + name)
    members[rng.choice(names)] = damage(ValidFile(name, old), (old,), rng)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, own in members.items():
            archive.writestr(name, own)
    return file.getvalue()


def damage_compressed(content: bytes, rng: Random) -> bytes:
    """Damage what a `.gz` file holds."""
    inner = gzip.decompress(content)
    return gzip.compress(rng.choice((damage_bytes, damage_json))(inner, rng), mtime=0)


def by_kind(name: str) -> tuple[Mutation, ...]:
    """The mutations of files of a kind, by the suffix."""
    suffix = name.rsplit(".", 1)[-1]
    return {
        "json": (damage_json, damage_json, damage_lines),
        "jsonl": (damage_json, damage_json, damage_lines),
        "spacy": (damage_doc_bin, damage_doc_bin),
        "parquet": (damage_table, damage_table),
        "zip": (damage_archive, damage_archive),
        "gz": (damage_compressed, damage_compressed),
    }.get(suffix, (damage_lines, damage_lines))


def damage(file: ValidFile, others: Sequence[bytes], rng: Random) -> bytes:
    """Damage a file once, by a mutation of its kind or of its bytes.

    file: The file.
    others: Contents that it may be spliced with.
    rng: Draws the mutation. The same file comes from the same state.
    RETURNS: The content of the damaged file.
    """
    if rng.random() < 0.05:
        other = rng.choice(others)
        return (
            file.content[: rng.randrange(len(file.content) + 1)]
            + other[rng.randrange(len(other) + 1) :]
        )
    mutations = (*by_kind(file.name), damage_bytes)
    return rng.choice(mutations)(file.content, rng)
