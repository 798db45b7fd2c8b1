"""The files of price sets: read, and brought, by those who plan elsewhere; each named by the digest of its bytes."""

import re

from neocloud.api.calls import Call, Reply
from neocloud.api.routes import route
from neocloud.errors import Invalid, Unknown
from neocloud.model.prices import PriceSet
from neocloud.settings import MOST_UPLOAD_BYTES

PARQUET = "application/vnd.apache.parquet"


@route("GET", "/v1/price-sets/{name}/file", "plans.read", media_type=PARQUET)
def price_set_file(call: Call) -> Reply:
    """The file of a price set (Parquet), whose SHA-256 is its id."""
    with call.world() as world:
        digest = call.named(world, PriceSet, "price set", call.path()).id
    try:
        body = call.service.prices.bytes_of(digest)
    except Invalid:
        raise Unknown("file of a price set", digest, ()) from None
    return Reply(body, media_type=PARQUET)


@route("PUT", "/v1/price-sets/{name}/file", "plans.write", body_type=PARQUET, most_bytes=MOST_UPLOAD_BYTES)
def bring_price_set_file(call: Call) -> dict[str, str]:
    """Bring the file of a price set that is to be admitted; its path says the SHA-256 of its bytes."""
    digest = call.path()
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise Invalid("a price set is named by the SHA-256 of its file, 64 hexadecimal digits", place="name")
    call.service.prices.put(digest, call.raw)
    return {"id": digest}
