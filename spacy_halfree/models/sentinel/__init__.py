"""What a pretrained encoder-decoder reads and writes: wordings, formats, tries. No torch."""
