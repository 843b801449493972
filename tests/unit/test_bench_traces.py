from infra.bench.traces import Round, measure, report


def test_a_round_reads_back_and_shows_what_was_kept() -> None:
    seconds = iter(range(1_000))
    (found,) = measure(1, 50, lambda: next(seconds))
    assert (found.parse, found.keep, found.read, found.show) == (1_000, 1_000, 1_000, 1_000)
    assert found.queries == 1
    assert found.answer_bytes > 50 * 200


def test_a_slow_trace_or_one_query_too_many_misses_its_target() -> None:
    good = Round(parse=1, keep=1, read=100, show=200, queries=1, answer_bytes=1)
    slow = Round(parse=1, keep=1, read=100, show=201, queries=3, answer_bytes=1)
    assert [each.ok for each in report([good, good]).targets] == [True, True]
    assert [each.ok for each in report([slow, slow]).targets] == [False, False]
