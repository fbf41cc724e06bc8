import { z } from 'zod';
import { failure, orFail, usageError } from '../errors.js';
import { apiSettings, type ApiSettings } from '../settings.js';

/** Only what is printed is demanded; whatever else the API says passes through to `--json`. */
const nodeSchema = z.looseObject({
  name: z.string(),
  state: z.string(),
  address: z.string(),
  sshPort: z.number().nullish(),
  cpus: z.number().nullish(),
  memoryBytes: z.number().nullish(),
  engineVersion: z.string().nullish(),
});
const instanceSchema = z.looseObject({
  appId: z.string(),
  service: z.string(),
  state: z.string(),
  node: z.string(),
  url: z.string(),
  release: z.string(),
});

export type NodeRow = z.infer<typeof nodeSchema>;
export type InstanceRow = z.infer<typeof instanceSchema>;

export interface NewNode {
  readonly name: string;
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly hostKeyFingerprint?: string;
  readonly login: { readonly privateKey: string } | { readonly password: string };
}

export interface InstanceFilter {
  readonly appId?: string;
  readonly state?: 'running';
}

/** The HTTP API of the node manager, as far as the command uses it. */
export interface NodeManager {
  nodes(): Promise<readonly NodeRow[]>;
  addNode(node: NewNode): Promise<NodeRow>;
  instances(filter: InstanceFilter): Promise<readonly InstanceRow[]>;
}

export function openNodeManager(): NodeManager {
  const settings = apiSettings();
  return {
    nodes: async () => parse(listOf(nodeSchema), await call(settings, 'GET', '/v1/nodes')),
    addNode: async (node) => parse(nodeSchema, await call(settings, 'POST', '/v1/nodes', node)),
    instances: async (filter) => {
      const given = Object.entries(filter).filter(
        (entry): entry is [string, string] => entry[1] !== undefined,
      );
      const path = `/v1/instances?${new URLSearchParams(given).toString()}`;
      return parse(listOf(instanceSchema), await call(settings, 'GET', path));
    },
  };
}

const listOf = <T extends z.ZodType>(item: T) => z.array(item);

const CALL_TIMEOUT_MS = 30_000;

async function call(settings: ApiSettings, method: string, path: string, body?: unknown): Promise<unknown> {
  const base = String(settings.SLIPWAY_API_URL).replace(/\/$/, '');
  const hint = `Check that the node manager of SLIPWAY_API_URL (${base}) runs.`;
  const response = await orFail('API_UNREACHABLE', { hint }, () =>
    fetch(`${base}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${settings.SLIPWAY_API_TOKEN.reveal()}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    }),
  );
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw refusal(response.status, answer);
  return answer;
}

const refusalSchema = z.looseObject({
  code: z.string().optional(),
  message: z.string().optional(),
  hint: z.string().optional(),
});

const MAY_ONLY_READ = 'To add a node, SLIPWAY_API_TOKEN must be the token that may change things.';

function refusal(status: number, answer: unknown): Error {
  const said = refusalSchema.safeParse(answer).data ?? {};
  const code = said.code ?? `HTTP_${status}`;
  const message = said.message ?? `The node manager answered ${status}`;
  if (status === 401 || status === 403) {
    return usageError(code, message, {
      hint: status === 401 ? 'SLIPWAY_API_TOKEN is none that the node manager knows.' : MAY_ONLY_READ,
      next: 'source .slipway/env',
    });
  }
  return failure(code, message, { hint: said.hint ?? 'The log of the node manager says more.' });
}

function parse<T>(schema: z.ZodType<T>, answer: unknown): T {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  throw failure(
    'API_ANSWER',
    `The node manager's answer is not understood: ${parsed.error.issues[0]?.message}`,
    {
      hint: 'The command and the platform are of different versions, most likely.',
      cause: parsed.error,
    },
  );
}
