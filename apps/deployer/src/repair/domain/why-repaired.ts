import type { RelaunchReason } from './reconcile.js';

const RELAUNCHED: Readonly<Record<RelaunchReason, string>> = {
  'container-gone': 'Its container is gone.',
  'container-ended': 'Its container has ended.',
  'node-lost': 'Its node does not answer.',
};

/** What a repair says besides its instance, as far as it counts here. */
interface Repair {
  readonly reason?: RelaunchReason;
  readonly attempts?: number;
  readonly error?: { readonly message: string };
}

/** Why an instance is taken out of traffic or given up, as its history says it. Pure. */
export function whyRepaired(data: Readonly<Record<string, unknown>>): string | undefined {
  const { reason, attempts, error }: Repair = data;
  if (reason !== undefined) return `${RELAUNCHED[reason]} Another is to take its place.`;
  if (attempts === undefined) return undefined;
  const said = error === undefined ? '' : ` ${error.message}`;
  return `It was given up after ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'} to bring it back.${said}`;
}
