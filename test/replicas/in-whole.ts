import { describe, it } from 'vitest';

/** The stage was asked for by its name. Among all stages it has a short form. */
export const isWhole = process.env['SLIPWAY_REPLICAS'] === 'whole';

type Register = (name: string, work: () => void | Promise<void>, timeoutMs?: number) => void;
const leaveOut: Register = () => undefined;

/** `it` and `describe` for what takes long, and whose parts other tests show as well: the short form is without it. */
export const inWhole = {
  it: isWhole ? it : leaveOut,
  describe: isWhole ? describe : leaveOut,
} as const;
