"""Laws: what holds for every history, tried on made-up ones against a slow and obvious oracle."""

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True)  # the machine may be slow; the law may not
settings.load_profile("house")
