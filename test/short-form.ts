import { describe, it } from 'vitest';

/** Stages that have a short form among all stages, and are whole when asked for by name. */
type Stage = 'demo' | 'e2e' | 'fuzz' | 'gateway' | 'int' | 'nodes' | 'replicas';

export const isWhole = (stage: Stage): boolean => process.env[`SLIPWAY_${stage.toUpperCase()}`] === 'whole';

type Register = (name: string, ...work: readonly unknown[]) => void;
export const leaveOut: Register = () => undefined;

/** `it` and `describe` for what takes long, and whose parts other tests show as well: the short form is without it. */
export const inWhole = (stage: Stage) =>
  ({
    it: isWhole(stage) ? it : leaveOut,
    describe: isWhole(stage) ? describe : leaveOut,
  }) as const;
