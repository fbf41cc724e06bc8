import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Ledger } from '../one-machine/ledger.js';

const APP_ID = 'shop';
const SHOWN_CHARACTERS = 90;

interface Reply {
  readonly services: readonly { readonly instances: readonly { readonly url: string }[] }[];
}

export interface MainJob {
  readonly env: Readonly<Record<string, string>>;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  /** Without the live tree and the whole reply. */
  readonly quiet?: boolean;
}

/** Deploys the example application as a user does, and fetches each of its services. Throws if any fails. */
export async function runMainJob(job: MainJob): Promise<readonly string[]> {
  const { signal, quiet = false } = job;
  const reply = await deploy(job);
  if (!quiet) console.log(`\n${JSON.stringify(reply, null, 2)}\n`);
  const urls = reply.services.flatMap((service) => service.instances.map((instance) => instance.url));
  if (urls.length === 0) throw new Error('The reply names no URL.');
  for (const url of urls) {
    const response = await fetch(url, { signal });
    const text = (await response.text()).replaceAll(/\s+/g, ' ').slice(0, SHOWN_CHARACTERS);
    console.log(`${url}  ${response.status}  ${text}`);
    if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  }
  return urls;
}

/** The live tree goes to the terminal by standard error, the reply to us. */
async function deploy({ env, ledger, signal, quiet }: MainJob): Promise<Reply> {
  const args = ['bin/slipway.mjs', 'deploy', 'examples/shop', '--app', APP_ID, '--json'];
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
