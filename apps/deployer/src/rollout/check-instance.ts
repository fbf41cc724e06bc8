import type { EffectOf } from '../task/domain/task.effects.js';
import type { NodeEngines, Prober, ProbeResult } from './ports.js';

const TCP_TIMEOUT_MS = 2_000;

interface CheckPorts {
  readonly engines: Pick<NodeEngines, 'inspect'>;
  readonly prober: Prober;
}

type ProbeEffect = EffectOf<'probe-instance'>;

/** A worker is not asked anything: it runs well once it has stayed up for its stability window. */
export const isOnlyWatched = ({ slot }: ProbeEffect): boolean => slot.address.port === undefined;

/** Asks an instance once whether it is well. */
export async function checkInstance(
  { engines, prober }: CheckPorts,
  effect: ProbeEffect,
  signal: AbortSignal,
): Promise<ProbeResult> {
  const { node, container, ip, port } = effect.slot.address;
  const { health } = effect.release.config;
  const timeoutMs = health?.timeoutMs ?? TCP_TIMEOUT_MS;
  if (port !== undefined) return prober.probe(ip, port, health?.path, timeoutMs, signal);
  const run = await engines.inspect(node, container);
  const isUp = run?.running === true && run.restartCount === 0;
  return { healthy: isUp, seen: isUp ? 'up' : 'not up' };
}

/** What was asked, and what came of it, in a sentence. */
export function checkText(effect: ProbeEffect, { seen }: ProbeResult): string {
  if (isOnlyWatched(effect)) return 'It has no port, so whether it stays up was watched.';
  const path = effect.release.config.health?.path;
  return `Probe ${effect.slot.address.url}${path ?? ' (TCP)'} saw: ${seen}.`;
}
