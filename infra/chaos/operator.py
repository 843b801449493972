"""The operator: adds message groups in the middle, and redrives what died."""

from typing import Final

from cairn.events.pack import group_of
from cairn.platform.queue import Message, Queue
from infra.chaos.faults import Fault
from infra.chaos.scene import GROWN, Scene
from infra.proof import Unmeasurable
from infra.redrive.letters import READABLE, Fate
from infra.redrive.mailbox import Mailbox
from infra.redrive.run import Redrive, Wish
from infra.stores import Queue as Named

ROUND_S: Final = 60.0
PATIENCE: Final = 240
"""So many rounds without a parcel less, and the operator gives up."""

POISON: Final = 60
"""Messages that are no parcel."""


class Operator:
    """Somebody with a terminal."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        account = scene.account
        client = account.queues.client()
        self._events = Queue(client, account.events)
        mailbox = Mailbox(client, account.dead)
        self._redrive = Redrive(mailbox, self._events, READABLE[Named.EVENTS])

    def play(self) -> None:
        """Does what there is to do, and says when everything is over."""
        scene = self._scene
        scene.wait_for(scene.at(0.1))
        self._poison()
        scene.wait_for(scene.at(0.4))
        scene.count(Fault.GREW, GROWN - scene.groups)
        scene.groups = GROWN
        scene.wait_for(scene.at(0.75))
        scene.shards = GROWN
        scene.wait_for(scene.at(0.8))
        self._send_back()
        self._wait_for_the_end()
        scene.over = True

    def _poison(self) -> None:
        """Somebody sends what is no parcel, straight to the queue."""
        for number in range(POISON):
            group = group_of(number % self._scene.groups)
            message = Message(poison(number), group, f"poison-{number}")
            while self._events.send([message]):
                self._scene.stage.sleep(1)
            self._scene.count(Fault.POISONED)
            self._scene.stage.sleep(1)

    def _send_back(self) -> int:
        fates = [fate for _, fate in self._redrive.carry_out(Wish())]
        sent = fates.count(Fate.SENT_BACK)
        self._scene.count(Fault.REDRIVEN, sent)
        return sent

    def _wait_for_the_end(self) -> None:
        scene, least, rounds = self._scene, 0, 0
        while rounds < PATIENCE:
            scene.stage.sleep(ROUND_S)
            left = scene.account.queues.waiting(scene.account.events)
            again = 0 if scene.sending or left else self._send_back()
            if not scene.sending and not left and not again:
                return
            progress = scene.sending or again or left < least
            rounds = 0 if progress else rounds + 1
            least = left + again if scene.sending or again else min(least, left)
        raise Unmeasurable(f"{least} parcels stay in the queue.")


def poison(number: int) -> str:
    """A body that is no parcel."""
    return f'{{"this is": "no parcel", "number": {number}}}'
