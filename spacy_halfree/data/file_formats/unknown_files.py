"""Files that cannot be read, as far as they are recognized."""

from .file_format import Head


def describe_unknown(head: Head) -> str:
    """What a file looks like, and what to do with it.

    head: The beginning of the file.
    RETURNS: A sentence or two.
    """
    if head.source.path.is_dir():
        return "It is a folder."
    return "Its format is not recognized."
