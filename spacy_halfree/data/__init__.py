"""Read, check and write raw and annotated texts."""
