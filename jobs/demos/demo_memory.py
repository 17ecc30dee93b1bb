"""Write into a list that the whole process shares."""

import os
import threading
import time
from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from jobs import job

seen: list[str] = []


class Seen(TypedDict):
    """The columns."""

    in_the_list: Annotated[int, Field(description="how many words were in the list then")]
    process: Annotated[int, Field(description="the process whose list it is")]
    thread: Annotated[int, Field(description="the thread that looked, by the system's number")]


@job(bound="io", hidden=True)
def demo_memory(word: str) -> Seen:
    """Add the word to the list; say how long the list is now, and who looks at it."""
    seen.append(word)
    length = len(seen)
    time.sleep(0.2)
    return Seen(in_the_list=length, process=os.getpid(), thread=threading.get_native_id())
