"""A phone to type on. What comes is shown above the line that is being typed."""

import asyncio
import time

from prompt_toolkit import PromptSession
from prompt_toolkit.patch_stdout import patch_stdout
from rich.console import Console

from infra.rydes.simulators.phones.client import Phone
from infra.rydes.simulators.phones.transcript import CUSTOMER, Noted, Transcript

_LOOK_EVERY = 0.1
_NOTE_EVERY = 1.0
_ANSWERED_WITHIN = 5.0
"""Seconds for which a note about an SMS of the customer's waits: the answer stands before it."""


def hold(phone: Phone, note: Noted, console: Console) -> None:
    """Show the SMS that come, and send each line that is typed, until Ctrl-D or Ctrl-C.

    Raises:
        LocalCloudError: the cloud goes away.
    """
    asyncio.run(_hold(phone, note, console))


async def _hold(phone: Phone, note: Noted, console: Console) -> None:
    typing: PromptSession[str] = PromptSession(erase_when_done=True)  # what is sent stands in the transcript

    async def send() -> None:
        while True:
            try:
                text = (await typing.prompt_async(f"{CUSTOMER} ▸ ")).strip()
            except (EOFError, KeyboardInterrupt):
                return
            if text:
                await asyncio.to_thread(phone.say, text)

    with patch_stdout(raw=True):  # prints above the line that is being typed
        tasks = {asyncio.create_task(send()), asyncio.create_task(_follow(phone, note, Transcript(console)))}
        done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        for task in done:
            task.result()


async def _follow(phone: Phone, note: Noted, transcript: Transcript) -> None:
    noted_at = 0.0
    while True:
        messages = await asyncio.to_thread(phone.messages)
        transcript.show(messages)
        settled = messages and (messages[-1].ours or time.time() > messages[-1].at + _ANSWERED_WITHIN)
        if settled and time.monotonic() > noted_at + _NOTE_EVERY:
            noted_at = time.monotonic()
            transcript.note(await asyncio.to_thread(note, messages))
        await asyncio.sleep(_LOOK_EVERY)
