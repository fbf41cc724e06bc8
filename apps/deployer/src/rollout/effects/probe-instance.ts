import type { EffectFile } from '../../task/effect-scope.js';
import { servesAtOnce } from '../domain/stability.js';
import { type InstanceEffectPorts, reportOf } from '../instance.js';
import { probeUntilHealthy } from '../probe-until-healthy.js';

/** Waits until the instance of a slot is well; from then on it gets traffic. */
export const probeInstance: EffectFile<'probe-instance', InstanceEffectPorts> = {
  async run(ports, { signal, onNote: keepNote }, state, effect) {
    const started = performance.now();
    const onNote = (note: string): void => {
      ports.output.healthAwaited(state, note);
      keepNote?.(note);
    };
    const stableMs = servesAtOnce(state) ? 0 : ports.stableMs;
    await probeUntilHealthy({ ...ports, stableMs, onNote }, effect, signal);
    const ms = Math.round(performance.now() - started);
    const { ordinal, release, slot } = effect;
    const report = reportOf(state, release, slot, { state: 'running' }, ports.clock.now());
    return {
      events: [{ type: 'InstanceHealthy', data: { ordinal, phase: 'healthy', ms } }],
      sides: [
        { kind: 'add-instance', report, stop: release.config.stop },
        { kind: 'report', report },
      ],
    };
  },
};
