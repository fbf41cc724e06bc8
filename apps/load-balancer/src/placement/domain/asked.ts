import type { NodeRequest } from '#libs/contracts';

/** A node request without what says whose it is. It is kept as long as the instance has its place, and with the answer. */
export type Asked = Omit<NodeRequest, 'accessToken' | 'appId' | 'service' | 'expiresAt' | 'avoidNodes'> &
  Partial<Pick<NodeRequest, 'avoidNodes'>>;

export function askedOf(request: NodeRequest): Asked {
  const {
    accessToken: _token,
    appId: _app,
    service: _service,
    expiresAt: _time,
    avoidNodes,
    ...asked
  } = request;
  return avoidNodes.length === 0 ? asked : { ...asked, avoidNodes };
}

/** An instance that has its place, or is being started there. */
export interface HeldPlace {
  readonly accessToken: string;
  /** Its name in the registry; undefined while it is being started. */
  readonly instance?: string;
  readonly appId: string;
  readonly service: string;
  readonly cpu: number;
  readonly memoryMiB: number;
  /** Of a worker, none. */
  readonly port?: number;
  /** Undefined of what an older version reserved: its constraints and volumes are not known. */
  readonly asked?: Asked;
}

/** The same, with its node. */
export interface HeldOnNode extends HeldPlace {
  readonly node: string;
}
