// The parts of the page.

const WORDS = {
  "keep running": ["Keep running", "wait"],
  "ship": ["Ship", "ship"],
  "stop": ["Stop", "stop"],
  "do not trust": ["Do not trust", "doubt"],
};
const OUTCOMES = {
  better: ["shown to be better", "good"],
  worse: ["shown to be worse", "bad"],
  unclear: ["not decided", "wait"],
  undefined: ["not measurable", "wait"],
};
const GUARDS = {
  holds: ["holds", "good"],
  breached: ["breached", "bad"],
  open: ["not decided", "wait"],
};
const STATUS = {
  draft: "has not started",
  running: "accepts subjects",
  collecting: "accepts no more subjects; conversions still count",
  ended: "is over",
};

function head(view) {
  const when = [
    view.started ? `since ${day(view.started)}` : null,
    view.ends ? `accepts subjects until ${day(view.ends)}` : null,
  ].filter(Boolean).join(" · ");
  return [
    make("h1", {}, view.experiment),
    make("p", { class: "lead" }, view.hypothesis),
    soft(`It ${view.rollback ? "was rolled back" : STATUS[view.status]}`, when ? ` · ${when}` : "", "."),
  ];
}

function rolledBack({ rollback, restored }) {
  if (!rollback) return null;
  const since = restored
    ? `The flag “${rollback.flag}” was changed since, and gives other variations than `
      + `“${rollback.control}” again. Start a new experiment to judge them.`
    : rollback.done ? `Everybody gets “${rollback.control}” from the flag “${rollback.flag}”.`
      : `The flag “${rollback.flag}” is being switched back to “${rollback.control}”.`;
  return make("section", { class: "card alarm" },
    make("h3", {}, `Rolled back on ${moment(rollback.at)}`),
    make("p", {}, `${since} The result below is the one that led to it, and is final.`),
    list(rollback.reasons.map(because)));
}

function because(reason) {
  const about = [reason.metric, reason.variation].filter(Boolean).join(" · ");
  return about ? [make("strong", {}, about), `: ${reason.text}`] : reason.text;
}

function verdict(result) {
  const [word, mood] = WORDS[result.verdict.word];
  const which = result.verdict.variation ? ` “${result.verdict.variation}”` : "";
  return make("section", { class: `card verdict ${mood}` },
    make("p", { class: "word" }, word + which),
    list(result.verdict.reasons.map(because)),
    soft(`Analysed on ${moment(result.findings.at)}.`));
}

function metric(result, findings, points) {
  const lift = result.lift, difference = result.difference, effect = lift ?? difference;
  const guard = result.guardrail, believed = result.posterior;
  const p = result.p_adjusted ?? result.p;
  return make("section", { class: "card" },
    make("div", { class: "row apart" },
      make("h3", {}, `${result.metric} · ${result.variation}`),
      tag(guard ? GUARDS[guard.state] : OUTCOMES[result.outcome])),
    soft(`${result.type}; ${result.direction === "up" ? "more" : "less"} is better`,
      guard ? `; may lose ${share(guard.margin)}` : "",
      result.cap === null ? "" : `; capped at ${plain(result.cap)}`, "."),
    facts([
      [findings.control, mean(result, result.control_arm)],
      [result.variation, mean(result, result.variation_arm)],
      lift ? ["Lift", `${signed(lift.value)} (${signed(lift.low)} to ${signed(lift.high)})`] : null,
      !lift && difference
        ? ["Difference", `${plain(difference.value)} (${plain(difference.low)} to ${plain(difference.high)})`]
        : null,
      effect ? ["Level of the interval", share(effect.level)] : null,
      p === null ? null : [result.p_adjusted === null ? "p" : "p, corrected", chance(p)],
      believed ? ["Chance to win", share(believed.chance_to_win)] : null,
      believed ? ["Expected loss if shipped", lift ? share(believed.loss_if_shipped) : plain(believed.loss_if_shipped)] : null,
      result.cuped ? ["Variance removed by CUPED", share(result.cuped.variance_reduction)] : null,
    ]),
    course(points, result),
    quantiles(result),
    list(result.notes.map((each) => each.text)));
}

function quantiles(result) {
  if (!result.quantiles.length) return null;
  const head = ["", "Variation", "Value", "Interval"].map((each) => make("th", {}, each));
  const rows = result.quantiles.map((each) => make("tr", {},
    make("td", {}, `p${plain(each.q * 100)}`),
    make("td", {}, each.variation),
    make("td", {}, `${plain(each.value / 1000)} s`),
    make("td", {}, each.low === null ? "too few"
      : `${plain(each.low / 1000)} to ${each.high === null ? "…" : plain(each.high / 1000)} s`)));
  return make("div", { class: "scroll" },
    make("table", {}, make("thead", {}, make("tr", {}, head)), make("tbody", {}, rows)));
}

function split(findings, design) {
  const exposed = findings.sample_ratio.exposed;
  const total = Object.values(exposed).reduce((sum, each) => sum + each, 0);
  const whole = Object.values(design.weights).reduce((sum, each) => sum + each, 0);
  const names = [...new Set([...Object.keys(design.weights), ...Object.keys(exposed)])];
  const rows = names.map((each) => {
    const seen = exposed[each] ?? 0, part = total ? seen / total : 0;
    return make("tr", {},
      make("td", {}, each, each === findings.control ? " (control)" : ""),
      make("td", { class: "number" }, count(seen)),
      make("td", { class: "number" }, share(part)),
      make("td", { class: "number" }, share((design.weights[each] ?? 0) / whole)),
      make("td", {}, bar(part)));
  });
  const heads = ["Variation", "Subjects", "Share", "Designed", ""].map((each, place) =>
    make("th", place > 0 && place < 4 ? { class: "number" } : {}, each));
  return make("section", { class: "card" },
    make("div", { class: "row apart" },
      make("h3", {}, "Split"), tag(ratio(findings.sample_ratio))),
    make("div", { class: "scroll" },
      make("table", {}, make("thead", {}, make("tr", {}, heads)), make("tbody", {}, rows))),
    soft(findings.sample_ratio.p === null
      ? "There are too few subjects to tell whether the split is as designed."
      : `Sample ratio: p = ${chance(findings.sample_ratio.p)}, off by `
        + `${share(findings.sample_ratio.deviation)} at most.`),
    list(findings.segments.filter((each) => each.mismatch).map((each) =>
      `Among ${each.dimension} ${each.value} the split is not as designed (p = ${chance(each.p)}).`)),
    findings.crossovers.subjects
      ? soft(`${count(findings.crossovers.subjects)} subjects (${share(findings.crossovers.share)}) `
        + "saw more than one variation and are left out.")
      : null);
}

const ratio = (sample) =>
  sample.p === null ? ["too few to tell", "wait"]
    : sample.mismatch ? ["not as designed", "bad"] : ["as designed", "good"];

function outlook(findings) {
  const ahead = findings.outlook, needed = ahead.minimum_subjects;
  return make("section", { class: "card" },
    make("h3", {}, "What is still needed"),
    soft(`Planned to show a lift of ${share(ahead.minimum_effect)} in the first metric.`),
    needed ? bar(ahead.subjects / needed) : null,
    facts([
      ["Subjects", count(ahead.subjects)],
      ["Needed", needed === null ? "not known yet" : count(needed)],
      ["Power so far", ahead.power === null ? null : share(ahead.power)],
      ["Detectable lift", ahead.detectable_effect === null ? null : share(Math.abs(ahead.detectable_effect))],
      ["Days remaining", ahead.remaining_days === null ? "not known" : plain(Math.ceil(ahead.remaining_days))],
    ]));
}

function reading(findings) {
  const method = {
    sequential: "Intervals are sequential: they hold however often one looks.",
    fixed: "Intervals are for one look, at the planned end.",
    bayesian: "Variations are judged by their posterior probabilities.",
  }[findings.method];
  const correction = {
    holm: "Results are corrected for many metrics by the method of Holm.",
    "benjamini-hochberg": "Results are corrected for many metrics by the method of Benjamini and Hochberg.",
  }[findings.correction];
  return make("section", { class: "card" },
    make("h3", {}, "How to read this"),
    list([method, correction, promise(findings), ...findings.notes.map((each) => each.text)]
      .filter(Boolean)));
}

// How often experiments without any difference are reported to have one.
function promise({ method, correction, alpha, goals }) {
  if (method === "bayesian") {
    return "Nothing limits how often a difference is reported where there is none: looking often, "
      + "or at many metrics, reports more of them.";
  }
  const when = method === "fixed" ? "at one look" : "at any look";
  if (correction === "benjamini-hochberg") {
    return `Of the differences reported ${when}, at most ${share(alpha)} on average are none.`;
  }
  if (correction === "none" && goals.length > 1) {
    return `Each of the ${goals.length} results is wrongly reported as a difference ${when} in at most `
      + `${share(alpha)} of experiments; at least one of them in up to `
      + `${share(Math.min(1, alpha * goals.length))}.`;
  }
  return `At most ${share(alpha)} of experiments without any difference are reported to have one ${when}.`;
}

function page(view) {
  const parts = [...head(view), rolledBack(view)];
  const result = view.result;
  if (result === null) {
    parts.push(make("section", { class: "card" },
      make("p", {}, view.status === "draft" ? "There are no results before it starts."
        : "It has not been analysed yet. That happens every quarter of an hour.")));
    return parts;
  }
  const findings = result.findings;
  parts.push(verdict(result), intervals([...findings.goals, ...findings.guardrails]));
  parts.push(make("h2", {}, "Goals"),
    ...findings.goals.map((each) => metric(each, findings, view.course)));
  if (findings.guardrails.length) {
    parts.push(make("h2", {}, "Guardrails"),
      ...findings.guardrails.map((each) => metric(each, findings, view.course)));
  }
  parts.push(make("h2", {}, "What this is based on"),
    split(findings, view.design), outlook(findings), reading(findings));
  return parts;
}
