"""`churnkit vault`: full numbers, for those who may see them."""
import os
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from churnkit import params, timeline
from churnkit.errors import InputError
from churnkit.files import drop_scratch, new_scratch

app = typer.Typer(no_args_is_help=True, help="Full numbers, in data/vault.db alone: build it, ask it, take somebody out.")
Subscriber = Annotated[str, typer.Argument(help="A subscriber_id as the lists have it.")]


def common_and_key() -> tuple[params.Common, bytes]:
    """The shared section of params.yaml, and the key."""
    from churnkit.identity import read_key

    common = params.load("common", params.Common)
    return common, read_key(common.key_file)


@app.command()
def build() -> None:
    """Make data/vault.db anew from the subscribers extract of all deliveries."""
    common, key = common_and_key()
    os.environ.setdefault("CHURNKIT_ENGINE", common.engine)
    from churnkit import vault
    from churnkit.engine import open_session
    from churnkit.stages import ingest

    chosen = params.load("ingest", ingest.Params)
    open_session(common.memory, common.threads, common.spill, common.master)
    scratch = new_scratch(Path(common.spill), "vault")

    def typed_rows() -> Iterator[Any]:
        for delivery in timeline.find_deliveries():
            (spill := scratch / delivery.name).mkdir()
            yield ingest.typed_rows("subscribers", chosen, common, delivery, spill)

    try:
        held = vault.build(typed_rows(), key, scratch)
    finally:
        drop_scratch(scratch)
    print(f"{vault.VAULT}: {held:,} subscribers")


@app.command()
def find(number: Annotated[str, typer.Argument(help="A number; asked for where it is left out, so that it stays out of the shell's history.")] = "") \
        -> None:
    """Say which subscriber_id a number belongs to, and before whom it was another's."""
    from churnkit import vault

    _, key = common_and_key()
    found = vault.holders(number or typer.prompt("Number", hide_input=True), key)
    if not found:
        raise InputError("Nobody in the vault has or had that number.")
    for holder in found:
        print(f"{holder.subscriber_id}  last seen {holder.seen_on}")


@app.command()
def show(subscriber_id: Subscriber) -> None:
    """Say the full number of a subscriber, and the other one to be reached on."""
    from churnkit import vault

    _, key = common_and_key()
    found = vault.holder(subscriber_id, key)
    if found is None:
        raise InputError(f"The vault has no subscriber {subscriber_id}.")
    print("\t".join(filter(None, (found.msisdn, found.alt_contact))))


@app.command()
def erase(subscriber_id: Subscriber) -> None:
    """Take a subscriber out of the vault; building it again does not bring them back."""
    from churnkit import vault

    _, key = common_and_key()
    if not vault.erase(subscriber_id, key, date.today()):
        raise InputError(f"The vault has no subscriber {subscriber_id}.")
    print(f"{subscriber_id} is erased.")
