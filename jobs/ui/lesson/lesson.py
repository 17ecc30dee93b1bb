"""How it works: programs, processes and threads, shown on this very program and measured here and now."""

from __future__ import annotations

import streamlit as st

from jobs.ui.lesson import demonstration_code, demonstration_results, demonstrations, process_table, switching_costs
from jobs.ui.run import actions
from jobs.ui.shared import formatting, page_frame

ONLY_ONE = "Another demonstration is going on: one at a time, so that none disturbs another."


def page() -> None:
    """The lesson, section by section."""
    st.header("How it works", anchor=False)
    actions.show_refusal()
    st.write(
        "Fanout does many things at the same time. Here you see how, on this program as it runs: every figure is "
        "measured when you press a button, on this machine, in a few seconds. Figures vary from press to press; where "
        "they do not decide, the sentence says so."
    )
    _program()
    _memory()
    _crash()
    _waiting()
    _computing()
    _parsing()
    _costs()
    _choice()
    page_frame.footer()


def _program() -> None:
    st.subheader("A program, its processes, their threads", anchor=False)
    st.write(
        "A **program** is a file: code that waits to be run. A **process** is a program being run. The system gives it "
        "memory of its own: its code, its data, a heap for what it makes on the way, and a stack for what it is in the "
        "middle of. A **thread** is one line of work inside a process. It has its own stack and its own place in the "
        "code (the registers of the processor); all else it shares with the other threads of its process. A process "
        "has at least one thread: with one it is *single-threaded*, with several *multi-threaded*."
    )
    st.write("These are the processes of Fanout that are alive at this moment:")
    process_table.show()


def _memory() -> None:
    st.subheader("Threads share memory, processes do not", anchor=False)
    st.write(
        "Eight items each add a word to a list and say how long the list is then. Threads of one process all see the "
        "same list. Each of several processes has a list of its own, and sees nothing of the others'."
    )
    _demonstration("memory", demonstration_results.memory)


def _crash() -> None:
    st.subheader("One process cannot harm another", anchor=False)
    st.write(
        "Because its memory is its own, a process that crashes takes nothing else with it. Nine items run in two "
        "processes; the fourth reads memory that does not exist, and the system ends its process on the spot. Its "
        "threads would all die with it: that is the price of sharing."
    )
    _demonstration("crash", demonstration_results.crash)


def _waiting() -> None:
    st.subheader("Waiting: threads", anchor=False)
    st.write(
        "Whoever fetches web pages mostly waits for answers. A waiting thread needs no processor, so that many can "
        "wait together: six waits take about as long as one. Processes can do that too, but each costs far more memory."
    )
    _demonstration("wait", demonstration_results.ways)
    st.write("The same with real work, pages of the sample site:")
    _demonstration("scrape", demonstration_results.ways)


def _computing() -> None:
    st.subheader("Computing: processes", anchor=False)
    st.write(
        "Python has a rule: in one process, only one thread at a time may run Python code. Whoever runs holds the "
        "**GIL**, the global interpreter lock, and the others stand in line. For waiting that does not matter, since "
        "whoever waits lets go of the lock. For computing it means that threads take turns and gain nothing. "
        "Processes have a lock each: they compute side by side, as many as there are processor cores."
    )
    _demonstration("compute", demonstration_results.ways)
    st.write("The same with real work, exact factorials (their C code holds the lock as well):")
    _demonstration("factorial", demonstration_results.ways)


def _parsing() -> None:
    st.subheader("Waiting that is computing in disguise", anchor=False)
    st.write(
        "Scraping waits for pages, and then reads them. If the reading is slow Python code, it holds the lock, and "
        "what looked like waiting work is computing work. Below, each item waits 0.06 s as for a server and then reads "
        "a page of 50 KiB: once with the classic parser, which is written in Python, once with a fast one written in C."
    )
    _demonstration("page", demonstration_results.parsers)


def _costs() -> None:
    st.subheader("What starting and switching cost", anchor=False)
    st.write(
        "A processor core does one thing at a time; the system switches it from one thread to the next. Between two "
        "processes it must also exchange the memory they see, and what they want to tell each other must be copied. "
        "All on one core, five times over:"
    )
    _demonstration("switch", switching_costs.show)


def _choice() -> None:
    st.subheader("When to choose which", anchor=False)
    demonstration_results.choice()


def _demonstration(key: str, show: demonstration_results.Show) -> None:
    """A button with the lines it runs; below, how far it is or what was found."""
    known, going = demonstrations.DEMONSTRATIONS[key], demonstrations.going_on()
    with st.container(border=True, key=f"demo_{key}"):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                known.label,
                icon=":material/play_arrow:",
                on_click=demonstrations.start,
                args=(key,),
                disabled=bool(going),
                key=f"start_{key}",
                help=ONLY_ONE if going and going != key else "Takes less than ten seconds on two quiet cores.",
            )
            with st.popover("The lines it runs", icon=":material/code:", key=f"code_{key}"):
                st.code(demonstration_code.of(key), wrap_lines=True)
        if going == key:
            st.fragment(_live, run_every=demonstrations.TICK)(key)
        elif demonstrations.made(key):
            show(key)
        else:
            st.caption("Not run yet.")


def _live(key: str) -> None:
    with page_frame.sentences():
        if demonstrations.step(key):
            st.rerun()
        st.progress(min(1.0, demonstrations.share_done(key)), text=formatting.literal("Measuring…"))


if __name__ == "__main__":
    page()
