import type { Readable } from 'node:stream';
import { engineError, toEngineError } from './classify.js';
import type { InfoAnswer } from './engine-info.js';
import { jsonLines } from './json-lines.js';

/** Something that happened to a container, by Docker's name: `start`, `die`, `health_status: healthy`. */
export interface ContainerEvent {
  readonly id: string;
  readonly action: string;
}

/** Of an event, what is used of it; another program's engine may leave any of it out. */
interface EventAnswer {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string };
}

/**
 * From when on an engine is to tell its events: it answers before it listens, so what happens in between would be missed.
 * By its own clock, in seconds; one that does not say its time tells all that it remembers.
 */
export function sinceOf({ SystemTime: time }: Pick<InfoAnswer, 'SystemTime'>): number {
  const seconds = Math.floor(Date.parse(time ?? '') / 1_000);
  return Number.isNaN(seconds) ? 1 : seconds;
}

/** Throws where the events end. */
export async function* containerEvents(events: Readable, what: string): AsyncGenerator<ContainerEvent> {
  try {
    for await (const event of jsonLines<EventAnswer | null>(events)) {
      const [id, action] = [event?.Actor?.ID, event?.Action];
      if (id !== undefined && action !== undefined) yield { id, action };
    }
  } catch (error) {
    throw toEngineError(what, error);
  }
  throw engineError('ENGINE_UNREACHABLE', what, 'the engine ended its events');
}
