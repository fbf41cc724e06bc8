/** What was asked of the deployer last. */
export interface Asked {
  readonly token: string;
  readonly count: number;
  readonly at: number;
  /** Since when it is known to be done. */
  readonly doneAt?: number;
}

/** What a service's lease holds besides the state of decisions. JSON. */
export interface Asking {
  readonly asked?: Asked;
  /** Until then nothing more is asked for, as the last request failed. */
  readonly restsUntil?: number;
}

/** A request that shows in no spec by then was refused, or lost its turn: it is void, and decided anew. */
export const ASKED_MS = 30_000;
/** One that was done shows in the spec by then, or somebody else has changed the count since. */
export const SHOWN_MS = 3_000;
/** Requests of one service are done one after another; one that only asks for a little more waits for the one before. */
const GAP_MS = 2_000;
/** The deployer had no room, or refused: a moment later it would say the same. */
export const REST_MS = 15_000;

/** The count that there is to be: as it was asked for, until the spec says so or the time for that is over. Pure. */
export function countNow(wanted: number, { asked }: Asking, now: number): number {
  return asked === undefined || isOver(asked, wanted, now) ? wanted : asked.count;
}

const isOver = (asked: Asked, wanted: number, now: number): boolean =>
  wanted === asked.count ||
  now - asked.at >= ASKED_MS ||
  (asked.doneAt !== undefined && now - asked.doneAt >= SHOWN_MS);

/** What is left of it once the spec has been read. Pure. */
export function stillAsked(asking: Asking, wanted: number, now: number): Asking {
  const { asked, restsUntil } = asking;
  return {
    ...(asked !== undefined && !isOver(asked, wanted, now) && { asked }),
    ...(restsUntil !== undefined && restsUntil > now && { restsUntil }),
  };
}

/** Whether this count may be asked for now; else what the decision left is dropped, and decided anew. Pure. */
export function mayAsk(count: number, current: number, asking: Asking, now: number): boolean {
  if ((asking.restsUntil ?? 0) > now) return false;
  if (asking.asked === undefined) return true;
  // What is under way is not taken back meanwhile.
  return count > current && now - asking.asked.at >= GAP_MS;
}

/** After the answer to what was asked for: one that failed is not asked for again at once. Pure. */
export function answered(asking: Asking, succeeded: boolean | undefined, now: number): Asking {
  const { asked } = asking;
  if (succeeded === false) return { restsUntil: now + REST_MS };
  if (succeeded === undefined || asked === undefined || asked.doneAt !== undefined) return asking;
  return { ...asking, asked: { ...asked, doneAt: now } };
}
