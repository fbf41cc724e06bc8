import {
  type BuildDetails,
  type DeploymentProgress,
  deployerRoutes as routes,
  type InstanceDetails,
  type ReleaseDetails,
  type ServiceRoute,
  type ServiceRoutes,
  type ServiceScaling,
  type SpecDetails,
  type StoredSecret,
  type WaitingInstance,
  type WrittenScalingPolicy,
} from '#libs/contracts';
import { failure } from '../errors.js';
import { deployerSettings } from '../settings.js';
import { allItems, type Api, call, callPieces, callTagged } from './api.js';

interface InstanceLogWish {
  readonly appId: string;
  readonly service: string;
  readonly instance: string;
  readonly tail: number;
  readonly follow: boolean;
}

interface ScalingWish {
  readonly appId: string;
  readonly service: string;
  readonly reason?: string;
}

/** The HTTP API of the deployer: what became of requests, releases and builds. */
export interface Deployer {
  /** The application of a request. */
  request(token: string): Promise<{ readonly appId: string; readonly state: string }>;
  history(token: string): Promise<readonly DeploymentProgress[]>;
  releases(appId: string, service?: string): Promise<readonly ReleaseDetails[]>;
  /** What is wanted of a service, with its history: the newest first. */
  spec(appId: string, service: string): Promise<SpecDetails>;
  /** Of which something is kept, the newest first. */
  builds(appId: string, service: string): Promise<readonly BuildDetails[]>;
  buildLog(token: string, service: string): Promise<string>;
  /** Which there are; no values. */
  secrets(appId: string): Promise<readonly StoredSecret[]>;
  /** What waits for a node with room, the next ones first; of every application when left out. */
  waiting(filter: {
    readonly appId?: string;
    readonly service?: string;
  }): Promise<readonly WaitingInstance[]>;
  /** Where services are reached; of every application when left out. */
  routes(filter: { readonly appId?: string; readonly service?: string }): Promise<readonly ServiceRoutes[]>;
  /** Sets what `changed` makes of the routes that count; throws ROUTES_CHANGED where somebody else was faster. */
  changeRoutes(
    appId: string,
    service: string,
    changed: (now: readonly ServiceRoute[]) => readonly ServiceRoute[],
  ): Promise<ServiceRoutes>;
  /** What config.json declared last counts again. */
  takeBackRoutes(appId: string, service: string): Promise<ServiceRoutes>;
  /** How a service scales. */
  scaling(appId: string, service: string): Promise<ServiceScaling>;
  /** Sets what `changed` makes of the policy that counts; throws SCALING_CHANGED where somebody else was faster. */
  changeScaling(
    of: ScalingWish,
    changed: (now: ServiceScaling['policy']) => WrittenScalingPolicy,
  ): Promise<ServiceScaling>;
  /** What config.json declared last counts again. */
  takeBackScaling(of: ScalingWish): Promise<ServiceScaling>;
  instances(appId: string, service: string): Promise<readonly InstanceDetails[]>;
  /** What an instance says, piece by piece. */
  instanceLog(instance: InstanceLogWish, signal: AbortSignal): AsyncIterable<string>;
}

/** `signal` ends all its calls; each has its usual time when left out. */
export function openDeployer(signal?: AbortSignal): Deployer {
  const { SLIPWAY_DEPLOYER_URL, SLIPWAY_API_TOKEN } = deployerSettings();
  const variable = 'SLIPWAY_DEPLOYER_URL';
  const api: Api = {
    app: 'deployer',
    url: SLIPWAY_DEPLOYER_URL,
    variable,
    token: SLIPWAY_API_TOKEN.reveal(),
    signal,
  };
  return {
    async request(token) {
      const { state, request } = await call(api, routes.request, { params: { token } });
      if (request.appId === undefined) throw withoutApplication(token);
      return { state, appId: request.appId };
    },
    history: (token) => call(api, routes.history, { params: { token } }),
    releases: (appId, service) =>
      allItems((after) => call(api, routes.releases, { query: { appId, service, after } })),
    spec: (appId, service) => call(api, routes.spec, { params: { appId, service } }),
    builds: (appId, service) => call(api, routes.builds, { query: { appId, service } }),
    secrets: (appId) => call(api, routes.secrets, { query: { appId } }),
    waiting: (query) => call(api, routes.waiting, { query }),
    routes: (query) => allItems((after) => call(api, routes.allRoutes, { query: { ...query, after } })),
    async changeRoutes(appId, service, changed) {
      const params = { appId, service };
      const { answer: now, etag } = await callTagged(api, routes.routes, { params });
      const body = { routes: [...changed(now.routes.map(routeOf))] };
      return (await callTagged(api, routes.setRoutes, { params, body }, etag)).answer;
    },
    takeBackRoutes: (appId, service) => call(api, routes.takeBackRoutes, { params: { appId, service } }),
    ...scalingCalls(api),
    instances: (appId, service) => call(api, routes.instances, { params: { appId, service } }),
    instanceLog({ tail, follow, ...params }, signal) {
      const query = { tail, follow: String(follow) };
      return callPieces(api, routes.instanceLog, { params, query }, signal);
    },
    buildLog: (token, service) =>
      call(api, routes.requestBuildLog, { params: { token }, query: { service } }),
  };
}

const scalingCalls = (api: Api): Pick<Deployer, 'scaling' | 'changeScaling' | 'takeBackScaling'> => ({
  scaling: (appId, service) => call(api, routes.scaling, { params: { appId, service } }),
  async changeScaling({ reason, ...params }, changed) {
    const { answer: now, etag } = await callTagged(api, routes.scaling, { params });
    const body = changed(now.policy);
    return (await callTagged(api, routes.setScaling, { params, query: { reason }, body }, etag)).answer;
  },
  takeBackScaling: ({ reason, ...params }) =>
    call(api, routes.takeBackScaling, { params, query: { reason } }),
});

/** As it was given: one that could not be added any more must not keep the others from being changed. */
const routeOf = ({
  host,
  path,
  strip,
  headers,
  timeoutMs,
}: ServiceRoutes['routes'][number]): ServiceRoute => ({
  ...{ host, path },
  ...(strip !== undefined && { strip }),
  ...(headers !== undefined && { headers }),
  ...(timeoutMs !== undefined && { timeoutMs }),
});

const withoutApplication = (token: string): Error =>
  failure('API_ANSWER', `The request ${token} names no application`, {
    hint: 'It could not be read, so it has ended: there is nothing to do about it.',
  });
