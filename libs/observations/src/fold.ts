import type { NodeObservation } from '#libs/contracts';
import type { ObservedInstance, ObservedNode } from './observed-node.js';

/** What is known after a message; undefined where the message builds on one that is not the last known. */
export function foldObservation(
  known: ObservedNode | undefined,
  message: NodeObservation,
): ObservedNode | undefined {
  const { since, gone = [], instances: entries, ...rest } = message;
  if (since === undefined) return { ...rest, instances: instancesOf(new Map(), entries) };
  if (known?.fence !== message.fence || known.sequence !== since) return undefined;
  const kept = new Map(known.instances);
  for (const name of gone) kept.delete(name);
  return { ...rest, sizes: message.sizes ?? known.sizes, instances: instancesOf(kept, entries) };
}

function instancesOf(
  known: Map<string, ObservedInstance>,
  entries: NodeObservation['instances'],
): ReadonlyMap<string, ObservedInstance> {
  for (const { instance, identity, usage, details } of entries) {
    const before = known.get(instance);
    if (identity !== undefined) {
      known.set(instance, { instance, identity, usage: usage ?? null, ...(details && { details }) });
    } else if (before !== undefined) {
      known.set(instance, { ...before, ...(usage !== undefined && { usage }), ...(details && { details }) });
    }
  }
  return known;
}
