__title__ = "spacy-halfree"
__version__ = "0.1.0"
