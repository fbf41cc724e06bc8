import type { WaitingInstance } from '#libs/contracts';

/** What waits for room: what is missing, since when and until when. Instances that wait alike share a line. */
export function waitingLines(waiting: readonly WaitingInstance[]): string[] {
  const counts = new Map<string, number>();
  for (const one of waiting) {
    const line = lineOf(one);
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => (count === 1 ? line : `${line} (${count} instances)`));
}

function lineOf({ appId, service, priority, since, until, missing }: WaitingInstance): string {
  const why = missing.length === 0 ? 'no node is enrolled' : missing.join('; ');
  const rank = priority === 0 ? '' : ` (priority ${priority})`;
  return `${appId} ${service}${rank} is waiting for room: ${why}, since ${since}, until ${until}`;
}

/** Below other lines, after an empty one; nothing where nothing waits. */
export const withWaiting = (lines: readonly string[], waiting: readonly WaitingInstance[]): string[] => [
  ...lines,
  ...(waiting.length > 0 && lines.length > 0 ? [''] : []),
  ...waitingLines(waiting),
];
