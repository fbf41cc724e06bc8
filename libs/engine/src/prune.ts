import type Docker from 'dockerode';

/**
 * Removes what has not been used for longest of BuildKit's cache until at most `keepBytes` are left; what a build that
 * runs needs stays. Bytes that went. By hand: dockerode's `pruneBuilder` sends no options, so it removes everything.
 */
export async function pruneBuildCache(docker: Docker, keepBytes: number): Promise<number> {
  // BuildKit takes 0 for "no limit".
  const query = new URLSearchParams({ all: '1', 'keep-storage': String(Math.max(1, keepBytes)) });
  const path = `/build/prune?${query.toString()}`;
  const options = { path, method: 'POST', statusCodes: { 200: true as const, 500: 'server error' } };
  const pruned = await new Promise<unknown>((resolve, reject) => {
    docker.modem.dial(options, (error: unknown, answer: unknown) =>
      error ? reject(error as Error) : resolve(answer),
    );
  });
  return reclaimed(pruned);
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
