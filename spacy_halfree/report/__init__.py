"""A page that shows what a pipeline finds on annotated texts, and where it errs."""
