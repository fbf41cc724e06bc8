import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { randomOf } from '#libs/testing';
import { EngineAnswer } from './engine-error.js';

/** What the control endpoint takes: how slow calls are, and which of them go wrong. */
export const conditionsSchema = z.strictObject({
  latencyMs: z.tuple([z.number().min(0), z.number().min(0)]).default([0, 0]),
  faults: z
    .array(
      z.strictObject({
        /** Of the route table, such as `containers.start`; `*` is every call. */
        call: z.string(),
        /** hang: never answered. cut: the connection ends without an answer. */
        kind: z.enum(['error', 'hang', 'cut', 'disk-full']),
        /** Share of the calls. */
        rate: z.number().min(0).max(1).default(1),
      }),
    )
    .default([]),
  /** Of what is left to chance; the same seed and calls give the same faults. */
  seed: z.int().default(1),
});

export type Conditions = z.output<typeof conditionsSchema>;

/** The weather of one engine. */
export class Faults {
  private conditions: Conditions = conditionsSchema.parse({});
  private random = randomOf(1);

  set(conditions: Conditions): void {
    this.conditions = conditions;
    this.random = randomOf(conditions.seed);
  }

  /** Waits the latency; throws for `error` and `disk-full`; tells of the others. */
  async meet(call: string): Promise<'go-on' | 'hang' | 'cut'> {
    const [least, most] = this.conditions.latencyMs;
    if (most > 0) await delay(least + this.random() * (most - least));
    const fault = this.conditions.faults.find(
      ({ call: named, rate }) => (named === '*' || named === call) && this.random() < rate,
    );
    if (fault === undefined) return 'go-on';
    switch (fault.kind) {
      case 'error':
        throw new EngineAnswer(500, `simulated fault of ${call}`);
      case 'disk-full':
        throw new EngineAnswer(500, 'write /var/lib/docker/tmp: no space left on device');
      case 'hang':
      case 'cut':
        return fault.kind;
    }
  }
}
