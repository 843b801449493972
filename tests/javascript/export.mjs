// Sends two spans to an address with a key, and prints the trace's id.

import { SpanKind, SpanStatusCode, context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { TracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace";

const [url, key] = process.argv.slice(2);
const exporter = new OTLPTraceExporter({ url, headers: { "x-api-key": key } });
const provider = new TracerProvider({
  resource: resourceFromAttributes({ "service.name": "javascript" }),
  spanProcessors: [new BatchSpanProcessor({ exporter })],
});
const tracer = provider.getTracer("tests");
const root = tracer.startSpan("GET /page", { kind: SpanKind.SERVER });
const within = trace.setSpan(context.active(), root);
const child = tracer.startSpan("fetch", { kind: SpanKind.CLIENT }, within);
child.setAttributes({ "gen_ai.system": "openai", "gen_ai.usage.completion_tokens": 7 });
child.addEvent("first byte", { index: 1 });
child.setStatus({ code: SpanStatusCode.OK });
child.end();
root.end();
await provider.forceFlush();
await provider.shutdown();
console.log(JSON.stringify({ traceId: root.spanContext().traceId }));
