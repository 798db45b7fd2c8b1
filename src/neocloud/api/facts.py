"""What has happened to a wave, an outage, a curtailment or a site: said, and never refused."""

from typing import Any

from neocloud.api.calls import Call, Reply
from neocloud.api.nouns import tagged
from neocloud.api.routes import route
from neocloud.documents.facts import ArrivalDocument, EndDocument, SlipDocument, SplitDocument
from neocloud.documents.fleet import CurtailmentDocument, DeliveryDocument, OutageDocument, SiteDocument
from neocloud.model.commands import Fact
from neocloud.model.entries import Noun
from neocloud.model.fleet import Curtailment, Delivery, Outage, Site

_END: dict[str, Any] = {"at": "2027-02-01T00:00:00Z"}


@route("POST", "/v1/deliveries/{name}/slip", "fleet.write", body=SlipDocument, answer=DeliveryDocument,
       example={"by": "45d", "reason": "transformers are late"})  # fmt: skip
async def slip(call: Call) -> Reply:
    """A wave comes later, or earlier, than was thought. `/v1/at-risk` says whom that hits."""
    return await _happened(call, call.body.command(call.command_id(), call.path(), call.now), Delivery)


@route("POST", "/v1/deliveries/{name}/arrive", "fleet.write", body=ArrivalDocument, answer=DeliveryDocument,
       example={"stage": "in_service"})  # fmt: skip
async def arrive(call: Call) -> Reply:
    """A wave, or a part of it, has come: delivered, burnt in, or in service."""
    return await _happened(call, call.body.command(call.command_id(), call.path(), call.now), Delivery)


@route("POST", "/v1/deliveries/{name}/split", "fleet.write", body=SplitDocument, answer=DeliveryDocument,
       example={"into": "wave-2b", "gpus": 512})  # fmt: skip
async def split(call: Call) -> Reply:
    """A wave comes in two parts."""
    return await _happened(call, call.body.command(call.command_id(), call.path(), call.now), Delivery)


@route("POST", "/v1/outages/{name}/close", "fleet.write", body=EndDocument, answer=OutageDocument, example=_END)
async def close_outage(call: Call) -> Reply:
    """The GPUs of an outage are back."""
    return await _happened(call, call.body.closed(call.command_id(), call.path(), call.now), Outage)


@route("POST", "/v1/curtailments/{name}/restore", "fleet.write", body=EndDocument, answer=CurtailmentDocument,
       example=_END)  # fmt: skip
async def restore(call: Call) -> Reply:
    """A curtailment is over."""
    return await _happened(call, call.body.restored(call.command_id(), call.path(), call.now), Curtailment)


@route("POST", "/v1/sites/{name}/leave", "fleet.write", body=EndDocument, answer=SiteDocument, example=_END)
async def leave(call: Call) -> Reply:
    """The landlord has given notice: the site must be left; without a time that is withdrawn."""
    return await _happened(call, call.body.left(call.command_id(), call.path(), call.now), Site)


async def _happened(call: Call, fact: Fact, kind: type[Noun]) -> Reply:
    await call.say(fact, unless_changed=(kind, call.path()))
    with call.world() as world:
        noun = world.find(kind, call.path())
        assert noun is not None, "a fact about it was accepted"
        return tagged(call, world, noun)
