export interface ProbeSettings {
  /** Beginnings of the `User-Agent` of health checks. */
  readonly agents: readonly string[];
  /** Paths that only health checks ask for. */
  readonly paths: readonly string[];
}

interface Asking {
  readonly agent: string | undefined;
  /** With its query. */
  readonly url: string;
}

/** Whether a health check asks: it wants to know how things are now, and nobody needs its answer. */
export function isProbe({ agents, paths }: ProbeSettings, { agent = '', url }: Asking): boolean {
  const said = agent.toLowerCase();
  const [path = ''] = url.split('?');
  return paths.includes(path) || agents.some((one) => one !== '' && said.startsWith(one.toLowerCase()));
}
