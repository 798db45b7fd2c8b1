"""One verb, one transaction: where deciding and doing meet."""
