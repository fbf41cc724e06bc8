import {
  type Enrolment,
  type NodeDetails,
  nodeManagerRoutes as routes,
  type RegistryInstance,
  type RegistryServiceLine,
} from '#libs/contracts';
import { apiSettings } from '../settings.js';
import { type Api, call } from './api.js';

export interface InstanceFilter {
  readonly appId?: string;
  readonly state?: 'running';
}

/** The HTTP API of the node manager, as far as the command uses it. */
interface NodeManager {
  nodes(): Promise<readonly NodeDetails[]>;
  addNode(node: Enrolment): Promise<NodeDetails>;
  instances(filter: InstanceFilter): Promise<readonly RegistryInstance[]>;
  /** With how many instances run, and how many should. */
  services(filter: Pick<InstanceFilter, 'appId'>): Promise<readonly RegistryServiceLine[]>;
}

export function openNodeManager(): NodeManager {
  const { SLIPWAY_API_URL, SLIPWAY_API_TOKEN } = apiSettings();
  const api: Api = {
    app: 'node manager',
    url: SLIPWAY_API_URL,
    variable: 'SLIPWAY_API_URL',
    token: SLIPWAY_API_TOKEN.reveal(),
  };
  return {
    nodes: () => call(api, routes.nodes, {}),
    addNode: (node) => call(api, routes.enrol, { body: node }),
    services: (filter) => call(api, routes.services, { query: filter }),
    instances: (filter) => call(api, routes.instances, { query: filter }),
  };
}
