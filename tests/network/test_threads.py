"""Work under one BLAS thread."""

from collections.abc import Iterator

from threadpoolctl import threadpool_info

from rnncli.network.threads import pool, under_one_blas_thread


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_blas_has_one_thread_while_items_are_made_and_the_callers_number_while_they_are_used() -> None:
    before, inside = blas_threads(), []

    def items() -> Iterator[int]:
        for i in range(3):
            inside.append(blas_threads())
            yield i

    for _ in under_one_blas_thread(items()):
        assert blas_threads() == before
    assert inside == [{1}] * 3
    assert blas_threads() == before


def test_pool_returns_results_in_the_order_of_the_work() -> None:
    for count in (1, 3):
        with pool(count) as run:
            assert list(run(lambda i: i * i, range(20))) == [i * i for i in range(20)]
