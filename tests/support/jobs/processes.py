"""Have processes of the job's own compute, in the way that the item says."""

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from jobs import job


def square(number: int) -> int:
    return number * number


def by_process(way: str) -> list[int]:
    context = multiprocessing.get_context(way)
    with context.Pool(2) as pool:
        return pool.map(square, range(4))


def by_executor(way: str) -> list[int]:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(way)) as pool:
        return list(pool.map(square, range(4)))


def by_joblib(_: str) -> list[int]:
    import joblib

    return list(joblib.Parallel(n_jobs=2)(joblib.delayed(square)(number) for number in range(4)))


@job(bound="cpu")
def processes(text: str) -> str:
    how, _, way = text.partition(" ")
    return str({"process": by_process, "executor": by_executor, "joblib": by_joblib}[how](way))
