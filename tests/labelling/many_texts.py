"""As many texts as a test asks for."""

import random

from toy_pipelines import TEXTS


def make_texts(n_texts: int) -> list[str]:
    """Texts that differ."""
    generator = random.Random(0)
    words = " ".join(TEXTS).split()
    return [
        " ".join([*generator.choices(words, k=generator.randint(1, 12)), str(number)])
        for number in range(n_texts)
    ]
