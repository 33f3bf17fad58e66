"""What taggers do with texts that nobody wants."""
