import type { RefusedNodes } from '../../placement/domain/explanation.js';
import type { Asked, HeldPlace } from '../../placement/domain/asked.js';
import type { Fleet } from '../../placement/domain/fleet.js';
import { type KnownOfService, type Place, type Resources, serviceKey } from '../../placement/domain/model.js';
import type { Evictable, PreemptingWish } from '../../placement/domain/preemption.js';

/** An instance, as a plan names it: a new one has neither a name nor a node. */
export interface PlannedInstance {
  readonly instance?: string;
  readonly accessToken?: string;
  readonly appId?: string;
  readonly service?: string;
  readonly resources: Resources;
  readonly from?: string;
}

/** What is to find a place. */
export interface Seeker {
  readonly of: PlannedInstance;
  readonly wish: PreemptingWish;
  readonly port?: number;
}

export type Found =
  | {
      readonly kind: 'placed';
      readonly of: PlannedInstance;
      readonly to: string;
      readonly score: number;
      /** What is stopped for it first. */
      readonly evicts?: readonly Evictable[];
    }
  | {
      readonly kind: 'unplaced';
      readonly of: PlannedInstance;
      readonly refused: readonly RefusedNodes[];
    };

/** Whether it may only run where the data of its volumes lies. */
export const hasVolumes = ({ asked }: HeldPlace): boolean =>
  asked?.hasVolumes === true || asked?.onNode !== undefined;

/** What is asked for when an instance has to leave its node: as at first, without what was only of that moment. */
export function seekerFrom(node: string, held: HeldPlace): Seeker {
  const { accessToken, instance, appId, service, cpu, memoryMiB, port } = held;
  const {
    avoidNodes: _avoided,
    exceptNodes: _except,
    onNode: _on,
    toNode: _to,
    ...asked
  }: Partial<Asked> = held.asked ?? {};
  const resources = { cpu, memoryMiB };
  return {
    of: { instance, accessToken, appId, service, resources, from: node },
    wish: {
      ...asked,
      ...{ appId, service, resources, avoidNodes: [], needsPort: port !== undefined },
      ...(hasVolumes(held) && { onNode: node }),
    },
    ...(port !== undefined && { port }),
  };
}

/**
 * The place that the fleet gives it. As in a drain, the new instance is there before the old one gives its room back.
 * Changes the fleet.
 */
export function findPlace(fleet: Fleet, seeker: Seeker, known: KnownOfService): Found {
  const { of, wish } = seeker;
  const decided = fleet.place(wish, known);
  if (decided.place === undefined) return { kind: 'unplaced', of, refused: decided.explanation.refused };
  const { node, score } = decided.place;
  settle(fleet, seeker, decided.place);
  return { kind: 'placed', of, to: node, score };
}

/** It runs at its new place, and its old one is free. Changes the fleet. */
export function settle(fleet: Fleet, { of, wish, port }: Seeker, { node, port: newPort }: Place): void {
  const taken = { ...wish.resources, service: serviceKey(wish.appId, wish.service) };
  fleet.take(node, { ...taken, ...(newPort !== undefined && { port: newPort }) });
  if (of.from !== undefined) fleet.give(of.from, { ...taken, ...(port !== undefined && { port }) });
}

/** Adds nodes that are as the given one is when nothing runs there. @returns their names */
export function addNodesLike(fleet: Fleet, like: string, count: number): readonly string[] {
  const node = fleet.get(like);
  if (node === undefined) return [];
  const names: string[] = [];
  for (let number = 1; names.length < count; number += 1) {
    const name = `new-${number}`;
    if (fleet.get(name) !== undefined) continue;
    fleet.set({
      ...node,
      ...{ name, state: 'ready', reserved: { cpu: 0, memoryMiB: 0 }, instances: new Map() },
      ...{ takenPorts: new Set(), portBefore: undefined, endedPorts: undefined },
      ...{ measured: undefined, youngCpu: undefined },
    });
    names.push(name);
  }
  return names;
}
