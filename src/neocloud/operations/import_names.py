"""Ids from what sheets say: of sites, pools and tenants, in the ledger or in the file itself. Stable between runs."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from neocloud.model.fleet import Pool, Site
from neocloud.sheets.headings import words

_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._]+")
_NONE_YET = "there is none yet (bring in sites and pools too: `neocloud import --template FILE` shows how)"
_VENDORS = {"nvidia", "amd", "intel", "gpu", "tensor", "core"}
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


class Unplaced(Exception):
    """Why what a sheet says leads to no site, pool or id; `field` is at fault."""

    def __init__(self, reason: str, field: str | None = None) -> None:
        super().__init__(reason)
        self.field = field


def plain_id(text: str, field: str) -> str:
    """An id that keeps what it can of a text: `2026/114` is `2026-114`."""
    ascii_only = text.translate(_UMLAUTS)
    name = _NOT_PLAIN.sub("-", ascii_only).strip("-._")[:100]
    if not name:
        raise Unplaced(
            f"{text!r} has no letter (A to Z) or digit that an id can have; write it in Latin letters", field
        )
    return name


def slug(text: str, field: str) -> str:
    """An id in small letters, from a name."""
    return plain_id(text, field).lower()


def sku_words(text: str) -> frozenset[str]:
    """What tells one kind of GPU from another."""
    found = frozenset(words(text)) - _VENDORS
    return found or frozenset(words(text))


class Fleet:
    """The sites and pools that rows may name: those of the ledger, and those of the file."""

    def __init__(self, sites: Mapping[str, Site], pools: Mapping[str, Pool]) -> None:
        self.sites = dict(sites)
        self.pools = dict(pools)
        self._sites: dict[str, str] = {}
        for site in self.sites.values():
            self.know_site(site)

    def know_site(self, site: Site) -> None:
        """Let rows name a site, by its id or its name."""
        self.sites[site.id] = site
        for text in (site.id, site.name):
            if text:
                self._sites.setdefault(" ".join(words(text)), site.id)

    def know_pool(self, pool: Pool) -> None:
        """Let rows name a pool."""
        self.pools[pool.id] = pool

    def site(self, text: str) -> str:
        """The id of the site that a text names. Raises Unplaced, with the nearest name."""
        found = self._sites.get(" ".join(words(text)))
        if found is None:
            names = [site.name or site.id for site in self.sites.values()]
            raise Unplaced(f"no site is called {text!r}{_near(text, names)}", "site")
        return found

    def pool(self, fields: Mapping[str, Any], titles: Iterable[str] = ()) -> str:
        """The pool that a row names: by its id, or by site and SKU; where it names none, by what its table says."""
        if fields.get("pool"):
            return self._named(str(fields["pool"]))
        site = self.site(str(fields["site"])) if fields.get("site") else None
        sku = str(fields["sku"]) if fields.get("sku") else None
        if site is None and sku is None:
            return self._by_title(titles)
        if site is None and sku is not None and (whole := self._exact(sku)):
            return whole
        there = [pool for pool in self.pools.values() if site is None or pool.site == site]
        return self._one_of(there, site, sku)

    def _exact(self, text: str) -> str | None:
        name = "-".join(words(text))
        return next((pool for pool in self.pools if "-".join(words(pool)) == name), None)

    def _named(self, text: str) -> str:
        found = self._exact(text)
        if found is None:
            raise Unplaced(f"no pool is called {text!r}{_near(text, self.pools)}", "pool")
        return found

    def _one_of(self, there: list[Pool], site: str | None, sku: str | None) -> str:
        at = f" at {site}" if site else ""
        fitting = there if sku is None else _of_kind(there, sku)
        if len(fitting) == 1:
            return fitting[0].id
        field = "sku" if sku else "site"
        if fitting:
            named = ", ".join(sorted(pool.id for pool in fitting)[:5])
            missing = "which site" if sku else "which SKU"
            raise Unplaced(f"{sku or site} can be {named}; the row has to say {missing}", field)
        known = sorted({pool.gpu for pool in there} or {pool.id for pool in self.pools.values()})
        raise Unplaced(f"there is no pool of {sku or 'GPUs'}{at}{_near(sku or '', known)}", field)

    def _by_title(self, titles: Iterable[str]) -> str:
        said = frozenset(word for title in titles for word in words(title))
        named = [pool for pool in self.pools.values() if frozenset(words(pool.id)) <= said]
        fitting = named or [
            pool for pool in self.pools.values() if sku_words(pool.gpu) <= said and self._site_words(pool) & said
        ]
        fitting = fitting or [pool for pool in self.pools.values() if sku_words(pool.gpu) <= said]
        if len(fitting) == 1:
            return fitting[0].id
        if len(self.pools) == 1:
            return next(iter(self.pools))
        known = ", ".join(sorted(self.pools)[:5]) or _NONE_YET
        raise Unplaced(
            f"nothing says which pool ({known}); add a column, or `defaults: {{pool: ID}}` in a mapping", "pool"
        )

    def _site_words(self, pool: Pool) -> frozenset[str]:
        site = self.sites.get(pool.site)
        return frozenset(words(pool.site)) | frozenset(words(site.name if site else ""))


def _of_kind(pools: list[Pool], sku: str) -> list[Pool]:
    """The pools of a kind of GPU: the same words, or one has all the words of the other."""
    said = sku_words(sku)
    same = [
        pool for pool in pools if sku_words(pool.gpu) == said or frozenset(words(pool.id)) == frozenset(words(sku))
    ]
    return same or [pool for pool in pools if sku_words(pool.gpu) <= said or said <= sku_words(pool.gpu)]


def _near(text: str, known: Iterable[str]) -> str:
    names = sorted(set(known))
    lower = {name.lower(): name for name in names}
    near = get_close_matches(text.lower(), list(lower), n=1, cutoff=0.5)
    if near:
        return f"; the nearest is {lower[near[0]]!r}"
    return f"; there is {', '.join(repr(name) for name in names[:4])}" if names else f"; {_NONE_YET}"
