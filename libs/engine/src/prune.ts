import type Docker from 'dockerode';

/** Of a cache of any size; what is left after that goes the next time. */
const MOST_PASSES = 10;

/**
 * Removes what has not been used for longest of BuildKit's cache until at most `keepBytes` are left; what a build that
 * runs needs stays. Bytes that went. By hand: dockerode's `pruneBuilder` sends no options, so it removes everything.
 */
export async function pruneBuildCache(docker: Docker, keepBytes: number): Promise<number> {
  // BuildKit takes 0 for "no limit".
  const keep = String(Math.max(1, keepBytes));
  // From API 1.48 on it has another name; an engine ignores the one that it does not know.
  const query = new URLSearchParams({ all: '1', 'keep-storage': keep, 'reserved-space': keep });
  const path = `/build/prune?${query.toString()}`;
  let freed = 0;
  // One prune leaves more than it was told to keep; the next one finds that.
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const more = reclaimed(await post(docker, path));
    if (more === 0) break;
    freed += more;
  }
  return freed;
}

function post(docker: Docker, path: string): Promise<unknown> {
  const options = { path, method: 'POST', statusCodes: { 200: true as const, 500: 'server error' } };
  return new Promise((resolve, reject) => {
    docker.modem.dial(options, (error: unknown, answer: unknown) =>
      error ? reject(error as Error) : resolve(answer),
    );
  });
}

/** Images without a name that have all of these labels. Bytes that went. */
export async function pruneUnnamedImages(
  docker: Docker,
  labels: Readonly<Record<string, string>>,
): Promise<number> {
  const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return reclaimed(await docker.pruneImages({ filters: { dangling: ['true'], label } }));
}

function reclaimed(pruned: unknown): number {
  if (typeof pruned !== 'object' || pruned === null || !('SpaceReclaimed' in pruned)) return 0;
  return Number(pruned.SpaceReclaimed);
}
