"""Keep or sell: what capacity is worth in its best other use, and what to do about what is asked."""
