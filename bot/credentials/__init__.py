"""Secret references in, secrets out."""
