"""What statistics say of an experiment; imported with the first one, as scipy is slow to start."""

from cairn.experiments.analysis_run import Case
from cairn.experiments.results import ExperimentResult
from cairn.experiments.statistics.analysis import Experiment, analyse


def analysed(case: Case) -> ExperimentResult:
    """Everything that can be said of an experiment, and what to do."""
    experiment = Experiment(document=case.document, metrics=case.metrics, weights=case.weights)
    return analyse(experiment, case.arms, case.at)
