"""The sample site: pages with realistic delays, without internet.

process    the runner's child that plays it
server     the site itself, on loopback
pages      what each path answers
api        a small API that answers JSON: places, an echo, a language model with prices
hosts      the names under .sample, and where the port is kept
"""
