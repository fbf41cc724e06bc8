import { namedHere, slipwayName } from '#libs/contracts';
import type { Output } from '../output.js';

interface WrittenNames {
  readonly appId?: string;
  readonly service?: string;
}

/**
 * The arguments with the names that the application and the service have here; says which were written otherwise.
 * Requests need none of this: their schema reads either spelling, and their reply says so.
 */
export function namesHere<T extends WrittenNames>(written: T, output: Pick<Output, 'aside'>): T {
  const { appId, service } = written;
  const here = (what: 'application' | 'service', name: string | undefined): string | undefined => {
    if (name === undefined) return undefined;
    if (slipwayName(name) !== name) output.aside(namedHere(what, name));
    return slipwayName(name);
  };
  return { ...written, appId: here('application', appId), service: here('service', service) };
}
