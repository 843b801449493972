"""`cairn model-server`: a model that plays a script, for those who test their flows."""

from typing import Annotated

import typer

PORT = 8701


def model_server(
    *,
    scenario: Annotated[str, typer.Option(help="The scenario to play, or `list`.")] = "good",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port, on loopback.")] = PORT,
    latency_ms: Annotated[float, typer.Option(min=0, help="The time that every call takes.")] = 0.0,
) -> None:
    """Serve OpenAI's chat completions and decisions on loopback, well or as badly as asked for."""
    import asyncio  # noqa: PLC0415  # only this command serves

    from infra.model_server.scenario import SCENARIOS  # noqa: PLC0415  # the same

    if scenario == "list":
        for each in SCENARIOS.values():
            typer.echo(f"{each.name:18} {each.about}")
        return
    if scenario not in SCENARIOS:
        raise typer.BadParameter(f"There is no scenario {scenario!r}; `list` shows them all.")
    asyncio.run(_serve(scenario, port, latency_ms))


async def _serve(scenario: str, port: int, latency_ms: float) -> None:
    import asyncio  # noqa: PLC0415  # see above

    from infra.local.ports import url  # noqa: PLC0415  # the same
    from infra.model_server.scenario import SCENARIOS  # noqa: PLC0415  # the same
    from infra.model_server.server import Theatre, serving  # noqa: PLC0415  # aiohttp is slow

    async with serving(Theatre(SCENARIOS[scenario], latency_ms), port) as chosen:
        typer.echo(f"Playing {scenario!r} at {url(chosen)}/v1; Ctrl-C ends it.")
        await asyncio.Event().wait()
