"""The past replayed on a smaller fleet: what would inside jobs have felt, and what could have been sold?"""
