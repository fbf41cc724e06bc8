import type { HaproxySettings } from './haproxy-settings.js';

/** In the line of a request: 1 where a health check asked. */
export const PROBE_FIELD = '"probe":"%[var(txn.probe)]"';

/** Marks what `isProbe` takes for a health check, so that it is not counted as a request. */
export function probeRules({ probes }: Pick<HaproxySettings, 'probes'>): readonly string[] {
  const { agents = [], paths = [] } = probes ?? {};
  const conditions = [...some('req.fhdr(user-agent) -m beg -i', agents), ...some('path -m str', paths)];
  return conditions.map((condition) => `http-request set-var(txn.probe) int(1) if { ${condition} }`);
}

const some = (test: string, values: readonly string[]): readonly string[] => {
  const filled = values.filter((value) => value !== '');
  return filled.length === 0 ? [] : [`${test} -- ${filled.map(quoted).join(' ')}`];
};

/** As one word of HAProxy's configuration, whatever is in it. */
const quoted = (value: string): string => `'${value.replaceAll("'", `'\\''`)}'`;
