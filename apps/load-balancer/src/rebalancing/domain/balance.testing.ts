import type { HeldOnNode } from '../../placement/domain/asked.js';
import { Fleet } from '../../placement/domain/fleet.js';
import { type Candidate, type Resources, serviceKey } from '../../placement/domain/model.js';
import { seekerFrom } from '../../plans/domain/moves.js';
import type { LoadedFleet, NodeUse } from './balance.js';

/** For tests: an instance of an application `shop`, and the cores that it uses. */
export interface TestInstance {
  readonly name: string;
  readonly service?: string;
  readonly cpu: number;
  readonly resources?: Resources;
  readonly asked?: object;
}

/** For tests: a node with what runs there. */
export interface TestNode {
  readonly instances?: readonly TestInstance[];
  readonly cpus?: number;
  /** Cores that others use there. */
  readonly others?: number;
  readonly changes?: Partial<Candidate>;
}

const SIZE: Resources = { cpu: 0.1, memoryMiB: 100 };

export function heldOn(
  node: string,
  { name, service = name, resources = SIZE, asked }: TestInstance,
): HeldOnNode {
  return {
    ...{ node, accessToken: `${name}:${service}:0`, instance: name, appId: 'shop', service },
    ...resources,
    asked: { resources: { ...resources }, needsPort: false, ...asked },
  };
}

const PLENTY = { firstPort: 20_000, lastPort: 20_999, takenPorts: new Set<number>() };

/** For tests: nodes of 4 cores by default, all of whose instances may move. */
export function fleetWith(
  nodes: Readonly<Record<string, TestNode>>,
): LoadedFleet & { readonly fleet: Fleet } {
  const fleet = new Fleet('spread');
  const uses = new Map<string, NodeUse>();
  const held = Object.entries(nodes).flatMap(([name, { instances = [] }]) =>
    instances.map((one) => ({ one, held: heldOn(name, one) })),
  );
  for (const [name, { instances = [], cpus = 4, others = 0, changes }] of Object.entries(nodes)) {
    fleet.set({
      ...PLENTY,
      name,
      state: 'ready',
      total: { cpu: cpus, memoryMiB: 10_000 },
      ...reserved(instances),
      ...changes,
    });
    uses.set(name, { cpus, used: instances.reduce((sum, { cpu }) => sum + cpu, others) });
  }
  const instances = held.map(({ one: { cpu }, held: of }) => ({ seeker: seekerFrom(of.node, of), cpu }));
  return { fleet, uses, instances };
}

function reserved(instances: readonly TestInstance[]): Pick<Candidate, 'reserved' | 'instances'> {
  const byService = Map.groupBy(instances, ({ name, service = name }) => serviceKey('shop', service));
  const sum = (of: readonly TestInstance[], kind: keyof Resources): number =>
    of.reduce((total, { resources = SIZE }) => total + resources[kind], 0);
  const sized = (of: readonly TestInstance[]) => ({ cpu: sum(of, 'cpu'), memoryMiB: sum(of, 'memoryMiB') });
  return {
    reserved: sized(instances),
    instances: new Map([...byService].map(([key, of]) => [key, { count: of.length, ...sized(of) }])),
  };
}
