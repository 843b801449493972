"""`cairn trips`: how often each kind of request goes to a store, and what the law allows."""

from infra.cli.proving import AsJson, end, proving


def trips(*, as_json: AsJson = False) -> None:
    """Count the store calls of each kind of request, and compare them with their budgets."""
    from infra.trips.report import count, report, table  # noqa: PLC0415  # moto is slow to import

    with proving():
        counted = count()
    end(report(counted), table(counted), as_json=as_json)
