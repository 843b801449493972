// Charts of lifts and shares.

function intervals(results) {
  const lifts = results.filter((each) => each.lift);
  if (!lifts.length) return null;
  const ends = lifts.flatMap((each) => [each.lift.low, each.lift.high]).map(Math.abs);
  const reach = Math.min(5, Math.max(0.01, ...ends.filter(Number.isFinite)) * 1.1);
  const width = 720, left = 200, height = 34 * lifts.length + 34;
  const x = (value) =>
    left + ((Math.max(-reach, Math.min(reach, value)) + reach) / (2 * reach)) * (width - left - 20);
  const rows = lifts.map((each, place) => {
    const y = 20 + 34 * place, lift = each.lift;
    return [
      draw("text", { x: 0, y: y - 2 }, short(`${each.metric} · ${each.variation}`)),
      draw("text", { x: 0, y: y + 11 },
        `${signed(lift.value)} (${signed(lift.low)} to ${signed(lift.high)})`),
      each.guardrail ? margin(each, x, y) : null,
      draw("line", { class: "interval", x1: x(lift.low), x2: x(lift.high), y1: y, y2: y }),
      draw("circle", { class: "value", cx: x(lift.value), cy: y, r: 4.5 }),
    ];
  });
  const foot = height - 6;
  return make("figure", {},
    draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" },
      draw("title", {}, "Lift of each variation against the control, with its interval"),
      draw("line", { class: "zero", x1: x(0), x2: x(0), y1: 4, y2: height - 20 }),
      rows,
      draw("text", { x: x(-reach), y: foot, "text-anchor": "start" }, signed(-reach)),
      draw("text", { x: x(0), y: foot, "text-anchor": "middle" }, "no difference"),
      draw("text", { x: x(reach), y: foot, "text-anchor": "end" }, signed(reach))),
    make("figcaption", {}, "Lift relative to the control. A dashed line marks what a guardrail may lose."));
}

function margin(result, x, y) {
  const at = x(result.direction === "up" ? -result.guardrail.margin : result.guardrail.margin);
  return draw("line", { class: "margin", x1: at, x2: at, y1: y - 12, y2: y + 12 });
}

function course(points, result) {
  const told = points.flatMap((point) => {
    const one = point.intervals.find((each) =>
      each.metric === result.metric && each.variation === result.variation);
    return one ? [{ at: Date.parse(point.at), ...one }] : [];
  });
  if (told.length < 2) return null;
  const width = 720, height = 150, left = 52, top = 8, bottom = 22;
  const first = told[0].at, last = told[told.length - 1].at;
  const now = told[told.length - 1];
  const reach = Math.max(0.01, ...[now.low, now.high, now.value].map(Math.abs)) * 2.5;
  const x = (at) => left + ((at - first) / Math.max(1, last - first)) * (width - left - 8);
  const y = (value) => {
    const inside = Math.max(-reach, Math.min(reach, value));
    return top + ((reach - inside) / (2 * reach)) * (height - top - bottom);
  };
  const place = (at, value) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`;
  const band = [
    ...told.map((each) => place(each.at, each.high)),
    ...[...told].reverse().map((each) => place(each.at, each.low)),
  ].join(" ");
  const line = told.map((each) => place(each.at, each.value)).join(" ");
  return make("figure", {},
    draw("svg", { viewBox: `0 0 ${width} ${height}`, role: "img" },
      draw("title", {}, `The lift of ${result.metric} over time`),
      draw("polygon", { class: "band", points: band }),
      draw("line", { class: "zero", x1: left, x2: width - 8, y1: y(0), y2: y(0) }),
      draw("polyline", { class: "course", points: line }),
      [reach, 0, -reach].map((value) =>
        draw("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, signed(value))),
      draw("text", { x: left, y: height - 4 }, day(first)),
      draw("text", { x: width - 8, y: height - 4, "text-anchor": "end" }, day(last))),
    make("figcaption", {}, "The lift and its interval over time; what is off the scale is cut."));
}

function bar(part) {
  const inside = Math.max(0, Math.min(1, part));
  return draw("svg", { viewBox: "0 0 100 4", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("rect", { class: "track", x: 0, y: 0, width: 100, height: 4 }),
    draw("rect", { class: "share", x: 0, y: 0, width: inside * 100, height: 4 }));
}
