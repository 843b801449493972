import pytest

from cairn.events.own import OPERATIONS
from infra.catalog import FUNCTIONS, Function, retry_after_s
from infra.constructs.settings import settings_of, variables_of
from infra.grants import CatalogError, actions_of
from infra.stores import Place, Queue, Store, Table

EVERY_FUNCTION = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda each: each.name)

FIELDS: dict[Store, str] = {
    **{table: f"{table}_table" for table in Table},
    **{queue: f"{queue.replace('-', '_')}_queue_url" for queue in Queue},
    Place.PARCELS: "archive_bucket",
    Place.OLD_TRACES: "archive_bucket",
    Place.BUS: "event_bus",
    Place.CACHE: "cache_url",
    Place.WEBHOOK_SECRET: "webhook_secret_arn",
    Place.MODEL_KEY: "model_key_arn",
}


@EVERY_FUNCTION
def test_the_catalog_and_a_functions_settings_name_the_same_stores(function: Function) -> None:
    named = {FIELDS[store] for store in function.stores}
    assert named == set(settings_of(function).model_fields) & set(FIELDS.values())


def test_every_function_is_woken_by_something_and_every_route_has_one_function() -> None:
    assert all(each.routes or each.consumes or each.every_minutes for each in FUNCTIONS)
    routes = [route for each in FUNCTIONS for route in each.routes]
    assert len(routes) == len(set(routes))


def test_every_route_of_what_reports_its_requests_is_counted_apart() -> None:
    reporting = [each for each in FUNCTIONS if Queue.EVENTS in each.writes]
    assert {route for each in reporting for route in each.routes} == OPERATIONS


def test_a_function_behind_the_api_answers_before_the_api_gives_up() -> None:
    assert all(each.timeout_s < 30 for each in FUNCTIONS if each.routes)


def test_a_schedule_does_not_overtake_its_function() -> None:
    scheduled = [each for each in FUNCTIONS if each.every_minutes]
    assert scheduled
    assert all(each.timeout_s < 60 * (each.every_minutes or 0) for each in scheduled)


@EVERY_FUNCTION
def test_a_function_is_slow_before_it_is_stopped(function: Function) -> None:
    assert function.slow_ms < function.timeout_s * 1000


def test_a_message_stays_hidden_for_six_runs_of_its_consumer() -> None:
    consumer = next(each for each in FUNCTIONS if each.name == "aggregate-metrics")
    assert retry_after_s(Queue.EVENTS) == 6 * consumer.timeout_s
    assert retry_after_s(Queue.EVENTS_DEAD) == 30


def test_a_setting_that_nothing_fills_is_named() -> None:
    function = next(each for each in FUNCTIONS if each.name == "flag-eval")
    with pytest.raises(CatalogError, match=r"flag-eval.*config_table"):
        variables_of(function, {"environment": "dev", "log_level": "INFO"})


def test_a_function_without_settings_is_named() -> None:
    function = Function(name="no-such", does="", memory_mb=128, timeout_s=1, slow_ms=1)
    with pytest.raises(CatalogError, match="no-such"):
        settings_of(function)


@pytest.mark.parametrize(
    ("reads", "writes"),
    [
        ((), (Table.KEYS,)),
        ((), (Place.WEBHOOK_SECRET,)),
        ((), (Place.MODEL_KEY,)),
        ((Place.PARCELS,), ()),
        ((Place.BUS,), ()),
    ],
)
def test_what_no_function_may_do_cannot_be_asked_for(
    reads: tuple[Store, ...], writes: tuple[Store, ...]
) -> None:
    greedy = Function(
        name="greedy",
        does="",
        reads=frozenset(reads),
        writes=frozenset(writes),
        memory_mb=128,
        timeout_s=1,
        slow_ms=1,
    )
    (store,) = greedy.stores
    with pytest.raises(CatalogError, match=f"no function (reads|writes) the {store}"):
        actions_of(greedy, store)
