"""The nouns: frozen, checked when made, and the World that folds them."""
