import type { WaitingInstance } from '#libs/contracts';

/** A line for each instance that waits for room: what is missing, since when and until when. */
export const waitingLines = (waiting: readonly WaitingInstance[]): string[] =>
  waiting.map(({ appId, service, priority, since, until, missing }) => {
    const why = missing.length === 0 ? 'no node is enrolled' : missing.join('; ');
    const rank = priority === 0 ? '' : ` (priority ${priority})`;
    return `${appId} ${service}${rank} is waiting for room: ${why}, since ${since}, until ${until}`;
  });

/** Below other lines, after an empty one; nothing where nothing waits. */
export const withWaiting = (lines: readonly string[], waiting: readonly WaitingInstance[]): string[] => [
  ...lines,
  ...(waiting.length > 0 && lines.length > 0 ? [''] : []),
  ...waitingLines(waiting),
];
