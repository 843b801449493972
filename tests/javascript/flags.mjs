// Asks for flags as a web page does. Prints one line when the same answer was confirmed by a 304,
// and another when a flag has changed.

import { ClientProviderEvents, OpenFeature } from "@openfeature/web-sdk";
import { OFREPWebProvider } from "@openfeature/ofrep-web-provider";

const [baseUrl, key, flag, targetingKey] = process.argv.slice(2);
const statuses = [];
const counting = async (request) => {
  const answer = await fetch(request);
  statuses.push(answer.status);
  if (answer.status === 304 && statuses.filter((each) => each === 304).length === 1) tell();
  return answer;
};

const provider = new OFREPWebProvider({
  baseUrl,
  headers: [["X-API-Key", key]],
  fetchImplementation: counting,
  pollInterval: 100,
});
const client = OpenFeature.getClient();

function tell() {
  const { value, variant, reason, flagMetadata } = client.getStringDetails(flag, "none");
  const unknown = client.getStringDetails("no-such-flag", "none");
  console.log(
    JSON.stringify({ value, variant, reason, flagMetadata, unknown: unknown.errorCode, statuses }),
  );
}

client.addHandler(ClientProviderEvents.ConfigurationChanged, async ({ flagsChanged }) => {
  if (!flagsChanged?.includes(flag)) return;
  tell();
  await OpenFeature.close();
});

try {
  await OpenFeature.setProviderAndWait(provider, { targetingKey });
} catch (error) {
  console.log(JSON.stringify({ error: error.code ?? String(error), statuses }));
  await OpenFeature.close();
}
