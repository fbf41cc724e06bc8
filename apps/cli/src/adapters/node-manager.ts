import { z } from 'zod';
import { failure, orFail, usageError } from '../errors.js';
import { apiSettings, type ApiSettings } from '../settings.js';

/** Only what is printed is demanded; whatever else the API says passes through to `--json`. */
const nodeSchema = z.looseObject({
  name: z.string(),
  state: z.string(),
  address: z.string(),
  cpus: z.number().nullish(),
  memoryBytes: z.number().nullish(),
  score: z.number().nullish(),
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

/** The HTTP API of the node manager, as far as the command uses it. */
export interface NodeManager {
  nodes(): Promise<readonly NodeRow[]>;
  addNode(node: NewNode): Promise<NodeRow>;
  instances(appId: string | undefined): Promise<readonly InstanceRow[]>;
}

export function openNodeManager(): NodeManager {
  const settings = apiSettings();
  return {
    nodes: async () => parse(listOf(nodeSchema), await call(settings, 'GET', '/v1/nodes')),
    addNode: async (node) => parse(nodeSchema, await call(settings, 'POST', '/v1/nodes', node)),
    instances: async (appId) => {
      const query = appId === undefined ? '' : `?appId=${encodeURIComponent(appId)}`;
      return parse(listOf(instanceSchema), await call(settings, 'GET', `/v1/instances${query}`));
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

function refusal(status: number, answer: unknown): Error {
  const said = refusalSchema.safeParse(answer).data ?? {};
  const code = said.code ?? `HTTP_${status}`;
  const message = said.message ?? `The node manager answered ${status}`;
  if (status === 401 || status === 403) {
    return usageError(code, message, {
      hint: 'SLIPWAY_API_TOKEN is not accepted for this; adding a node needs the admin role.',
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
