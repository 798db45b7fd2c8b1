"""`neocloud forecast|price|price-set list|show`: what we expect, what we ask, and what capacity is worth."""

from typing import Any

from neocloud.cli.fleet import listing, of_row
from neocloud.documents.document import bare
from neocloud.model.forecasts import Forecast
from neocloud.model.prices import ListPrice, PriceSet
from neocloud.model.world import World
from neocloud.rules.requests import newest_prices
from neocloud.units import format_digest, format_duration, format_instant


def _forecast_columns(world: World, noun: Forecast, now: int) -> dict[str, Any]:
    return {
        "id": noun.id,
        "kind": noun.kind,
        "requests_per_day": noun.requests_per_day,
        "median_gpus": noun.median_gpus,
        "duration": format_duration(noun.duration_s),
        "lead": format_duration(noun.lead_s),
        "price_or_value": f"{bare(noun.per_gpu_hour):,f} {noun.per_gpu_hour.currency}",
        "pools": [served.pool for served in noun.pools],
    }


def price_columns(shown: dict[str, Any]) -> dict[str, Any]:
    """A list price as a row of a list."""
    amount = f"{shown['price']:,f} {shown.get('currency', 'USD')}"
    terms = shown.get("terms", "reserved")
    return {"id": shown["id"], "pool": shown["pool"], "terms": terms, "price_per_gpu_hour": amount}


def _price_set_columns(world: World, noun: PriceSet, now: int) -> dict[str, Any]:
    return {
        "id": format_digest(noun.id),
        "journal_seq": noun.journal_seq,
        "made": format_instant(noun.made_at),
        "until": format_instant(noun.until_at),
        "futures": noun.futures,
        "seed": noun.seed,
        "scenario": format_digest(noun.scenario),
        "quotes_rest_on_it": newest_prices(world) == noun,
    }


def _price_set_named(world: World, name: str) -> PriceSet | None:
    """The price set with an id, or the only one whose id begins so."""
    found = [prices for digest, prices in world.price_sets.items() if digest.startswith(name)]
    return found[0] if len(found) == 1 else None


forecast = listing("forecast", Forecast, "Demand to come, by class, and how sure we are of it.", _forecast_columns)
price = listing("price", ListPrice, "The price book: what is asked, by pool and terms.", of_row(price_columns))
price_set = listing(
    "price-set", PriceSet, "What capacity is worth over time, as admitted.", _price_set_columns, _price_set_named
)
