import {
  type AnswerOf,
  type Enrolment,
  type HostKeyQuestion,
  type InstanceEvent,
  type InputOf,
  type NodeChange,
  type NodeDetails,
  nodeManagerRoutes as routes,
  type NodePage,
  type RegistryInstance,
  type RegistryServiceLine,
  type ServiceDetails,
} from '#libs/contracts';
import { apiSettings } from '../settings.js';
import { allItems, type Api, call } from './api.js';
import { type WatchEvent, type WatchOptions, watchRegistry } from './watch.js';

export interface InstanceFilter {
  readonly appId?: string;
  readonly state?: 'running';
}

/** Why something is asked of a node. */
interface Because {
  readonly reason?: string;
}

type HostKeys = AnswerOf<typeof routes.hostKey>;
type LoginChange = InputOf<typeof routes.login>['body'];

/** The HTTP API of the node manager, as far as the command uses it. */
export interface NodeManager {
  /** Without those that were removed, unless they are asked for. */
  nodes(removed?: boolean): Promise<readonly NodeDetails[]>;
  node(name: string, events?: number): Promise<NodePage>;
  addNode(node: Enrolment): Promise<NodeDetails>;
  hostKey(question: HostKeyQuestion): Promise<Exclude<HostKeys, void>>;
  checkNode(name: string): Promise<NodeDetails>;
  changeNode(name: string, change: NodeChange): Promise<NodeDetails>;
  changeLogin(name: string, change: LoginChange): Promise<NodeDetails>;
  cordon(name: string, because: Because): Promise<NodeDetails>;
  uncordon(name: string, because: Because): Promise<NodeDetails>;
  drain(name: string, wish: Because & { readonly deadlineMs?: number }): Promise<NodeDetails>;
  remove(name: string, wish: Because & { readonly force: boolean }): Promise<NodeDetails>;
  instances(filter: InstanceFilter): Promise<readonly RegistryInstance[]>;
  /** Where a service runs. */
  service(appId: string, service: string): Promise<ServiceDetails>;
  /** What happened to instances, the newest first: at most so many. */
  instanceEvents(
    of: { readonly appId: string; readonly service?: string },
    most: number,
  ): Promise<readonly InstanceEvent[]>;
  /** What lives, then each change. */
  watch(options: WatchOptions): AsyncIterable<WatchEvent>;
  /** With how many instances run, and how many should. */
  services(filter: Pick<InstanceFilter, 'appId'>): Promise<readonly RegistryServiceLine[]>;
}

/** The largest page. */
const MOST = { limit: 500 };
/** A machine is logged in to, and asked several things. */
const MACHINE_TIMEOUT_MS = 120_000;
/** Packages are fetched there. */
const INSTALL_TIMEOUT_MS = 1_800_000;

export function openNodeManager(): NodeManager {
  const { SLIPWAY_API_URL, SLIPWAY_API_TOKEN } = apiSettings();
  const api: Api = {
    app: 'node manager',
    url: SLIPWAY_API_URL,
    variable: 'SLIPWAY_API_URL',
    token: SLIPWAY_API_TOKEN.reveal(),
  };
  const patient = (ms = MACHINE_TIMEOUT_MS): Api => ({ ...api, signal: AbortSignal.timeout(ms) });
  return {
    nodes: (removed) => {
      const query = { ...MOST, ...(removed === true && { removed: 'true' as const }) };
      return allItems((after) => call(api, routes.nodes, { query: { ...query, after } }));
    },
    node: (name, events) => call(api, routes.node, { params: { name }, query: { events } }),
    addNode: (node) =>
      call(patient(node.installDocker === true ? INSTALL_TIMEOUT_MS : undefined), routes.enrol, {
        body: node,
      }),
    hostKey: (question) => call(patient(), routes.hostKey, { body: question }),
    checkNode: (name) => call(patient(), routes.check, { params: { name }, body: {} }),
    changeNode: (name, body) => call(api, routes.label, { params: { name }, body }),
    changeLogin: (name, body) => call(patient(), routes.login, { params: { name }, body }),
    cordon: (name, body) => call(api, routes.cordon, { params: { name }, body }),
    uncordon: (name, body) => call(api, routes.uncordon, { params: { name }, body }),
    drain: (name, body) => call(api, routes.drain, { params: { name }, body }),
    remove: (name, body) => call(api, routes.remove, { params: { name }, body }),
    services: (filter) => call(api, routes.services, { query: filter }),
    service: (appId, service) => call(api, routes.service, { params: { appId, service } }),
    instanceEvents: async (of, limit) =>
      (await call(api, routes.instanceEvents, { query: { ...of, limit } })).items,
    watch: (options) => watchRegistry(api, options),
    instances: (filter) =>
      allItems((after) => call(api, routes.instances, { query: { ...filter, ...MOST, after } })),
  };
}
