import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tableLines } from '../../apps/cli/src/domain/table.js';
import type { Ledger } from '../one-machine/ledger.js';

export const APP_ID = 'shop';
export const EXAMPLE = 'examples/shop';
const SHOWN_CHARACTERS = 60;

interface Reply {
  readonly services: readonly {
    readonly name: string;
    readonly instances: readonly { readonly url: string }[];
  }[];
}

interface MainJob {
  readonly env: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** Without the live tree. */
  readonly quiet?: boolean;
}

/** Deploys the example application as a user does, fetches each of its services, and shows them. Throws if any fails. */
export async function runMainJob(job: MainJob): Promise<void> {
  const { services } = await deploy(job);
  const addresses = services.flatMap(({ name, instances }) => instances.map(({ url }) => ({ name, url })));
  if (addresses.length === 0) throw new Error('The reply names no URL.');
  const rows = await Promise.all(
    addresses.map(async ({ name, url }) => [name, url, await answerOf(url, job.signal)]),
  );
  console.log(`\n${tableLines(['SERVICE', 'ADDRESS', 'ANSWER'], rows).join('\n')}`);
}

async function answerOf(url: string, signal: AbortSignal): Promise<string> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  const text = (await response.text()).replaceAll(/\s+/g, ' ').slice(0, SHOWN_CHARACTERS);
  return `${response.status}  ${text}`;
}

/** The live tree goes to the terminal by standard error, the reply to us. */
async function deploy({ env, ledger, signal, quiet }: MainJob): Promise<Reply> {
  const args = ['bin/slipway.mjs', 'deploy', EXAMPLE, '--app', APP_ID, '--json'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', quiet === true ? 'ignore' : 'inherit'],
    signal,
  });
  ledger.holdProcess(child.pid);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  const [code] = (await once(child, 'close')) as [number | null];
  const said = Buffer.concat(chunks).toString();
  if (code !== 0) throw new Error(`slipway deploy ended with exit code ${code}.\n${said}`);
  return JSON.parse(said) as Reply;
}
