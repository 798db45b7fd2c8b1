"""How nouns are written in files and shown on screens: the same form both ways.

`neocloud lease show L --output yaml` can be edited and given to `neocloud apply`. What is computed (and so
cannot be given) stands under `computed`, and is passed over on reading.
"""
