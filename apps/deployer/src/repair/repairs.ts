import type { SeenContainer } from '../rollout/domain/seen-container.js';
import type { RepairAction } from './domain/reconcile.js';
import { shortTail } from '../task/domain/clean-text.js';
import { never } from '../task/domain/never.js';
import type { NodeInstance, Relaunch, RepairEngines, RepairStore, RepairEvent } from './ports.js';

interface RepairPorts {
  readonly engines: RepairEngines;
  readonly store: RepairStore;
  readonly onRepair: (event: RepairEvent, error?: unknown) => void;
}

type ActionOf<K extends RepairAction['kind']> = Extract<RepairAction, { kind: K }>;
/** Those of a service are relaunched together. */
type SingleAction = Exclude<RepairAction, { kind: 'relaunch' }>;
type InstanceAction = Exclude<RepairAction, { kind: 'remove-orphan' }>;

const AT_ONCE = { signal: 'SIGKILL', graceMs: 0 };

const EVENTS = {
  'remove-abandoned': 'AbandonedInstanceRemoved',
  'forget-abandoned': 'AbandonedInstanceForgotten',
  move: 'InstanceMoving',
  restart: 'InstanceRestarted',
  'count-crash': 'InstanceCrashing',
  relaunch: 'InstanceRelaunched',
  'give-up': 'InstanceGivenUp',
} as const satisfies Record<InstanceAction['kind'], string>;

/** Does what a look at one node came to. */
export class Repairs {
  constructor(
    private readonly ports: RepairPorts,
    private readonly node: string,
    private readonly instances: readonly NodeInstance[],
    private readonly answers: boolean,
  ) {}

  /** One that fails keeps the others from nothing; false where some did. */
  async doAll(actions: readonly RepairAction[]): Promise<boolean> {
    const relaunches = actions.flatMap((action) => (action.kind === 'relaunch' ? action : []));
    const others = actions.flatMap((action) => (action.kind === 'relaunch' ? [] : action));
    const done = await Promise.all([
      ...this.byService(relaunches).map((lost) => this.relaunch(lost)),
      ...others.map((action) => this.try(action)),
    ]);
    return done.every(Boolean);
  }

  private byService(actions: readonly ActionOf<'relaunch'>[]): readonly (readonly Relaunch[])[] {
    const lost = actions.flatMap((action): Relaunch[] => {
      const instance = this.instance(action);
      const event = this.eventOf(action);
      return instance === undefined || event === undefined
        ? []
        : [{ instance, attempt: action.attempt, event }];
    });
    const key = ({ event: { appId, service } }: Relaunch): string => `${appId}/${service}`;
    return [...Map.groupBy(lost, key).values()];
  }

  private async relaunch(lost: readonly Relaunch[]): Promise<boolean> {
    const { store, onRepair } = this.ports;
    try {
      for (const { event } of await store.relaunch(lost)) onRepair(event);
      return true;
    } catch (error) {
      for (const { event } of lost) onRepair(event, error);
      return false;
    }
  }

  private async try(action: SingleAction): Promise<boolean> {
    const event = this.eventOf(action);
    if (event === undefined) return true;
    try {
      if (await this.do(action, event)) this.ports.onRepair(event);
      return true;
    } catch (error) {
      this.ports.onRepair(event, error);
      return false;
    }
  }

  /** False when there was nothing to do after all. */
  private async do(action: SingleAction, event: RepairEvent): Promise<boolean> {
    const { engines, store } = this.ports;
    if (action.kind === 'remove-orphan') {
      await engines.stopAndRemove(this.node, action.container.id, AT_ONCE);
      await store.tell(event);
      return true;
    }
    const instance = this.instance(action);
    if (instance === undefined) return false;
    switch (action.kind) {
      case 'remove-abandoned':
        await engines.stopAndRemove(this.node, instance.container, instance.stop);
        await store.forget(instance, 'removed', event);
        return true;
      case 'forget-abandoned':
        await store.forget(instance, 'removed', event);
        return true;
      case 'move':
        return store.move(instance, action, event);
      case 'count-crash':
        return store.countAttempt(instance, action.attempt, event);
      case 'restart':
        // Counted first: also what fails was tried.
        if (!(await store.countAttempt(instance, action.attempt, event))) return false;
        await engines.restart(this.node, instance.container);
        await store.reportRestart(instance);
        return true;
      case 'give-up':
        await this.giveUp(instance, event);
        return true;
      default:
        return never(action);
    }
  }

  private async giveUp(instance: NodeInstance, event: RepairEvent): Promise<void> {
    const { engines, store } = this.ports;
    if (!this.answers) return store.forget(instance, 'abandoned', event);
    const logTail = await engines.logTail(this.node, instance.container);
    await engines.stopAndRemove(this.node, instance.container, AT_ONCE);
    const data = { ...event.data, logTail: logTail === undefined ? undefined : shortTail(logTail) };
    await store.forget(instance, 'given-up', { ...event, data });
  }

  private instance({ instance }: InstanceAction): NodeInstance | undefined {
    return this.instances.find(({ name }) => name === instance);
  }

  private eventOf(action: RepairAction): RepairEvent | undefined {
    if (action.kind === 'remove-orphan') return orphanRemoved(this.node, action.container);
    const instance = this.instance(action);
    if (instance === undefined) return undefined;
    const { taskId, node, report } = instance;
    const { appId, service } = report;
    return { event: EVENTS[action.kind], taskId, appId, service, node, data: dataOf(action) };
  }
}

function dataOf({ kind: _, ...data }: InstanceAction): ActionOf<never> | Readonly<Record<string, unknown>> {
  return data;
}

function orphanRemoved(node: string, { id, name, labels }: SeenContainer): RepairEvent {
  return {
    event: 'OrphanRemoved',
    taskId: labels['slipway.task'] ?? '',
    appId: labels['slipway.app'] ?? '',
    service: labels['slipway.service'] ?? '',
    node,
    data: { instance: name, container: id },
  };
}
