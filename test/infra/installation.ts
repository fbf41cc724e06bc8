import { join } from 'node:path';
import { expect } from 'vitest';
import { type NodeEntry, uniqueName } from '#libs/testing';
import type { EngineHost } from '../../scripts/one-machine/engine-host.js';
import type { Engines } from '../../scripts/one-machine/machines.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import type { RunningPart } from '../../scripts/one-machine/part.js';
import type { SetUp } from '../../scripts/one-machine/set-up.js';
import { cacheDirectory, claimSlot, type Slot } from '../../scripts/one-machine/slot.js';
import { type OneMachine, startOneMachine } from '../../scripts/one-machine/start.js';
import { type Platform, startPlatform } from '../../scripts/platform.js';
import { userEnv } from '../demo/demo-run.js';
import { greeter } from '../e2e/client.js';
import { slipway } from '../e2e/command.js';
import { sourceFolders } from '../e2e/source-folders.js';

type Env = Readonly<Record<string, string>>;
type StartPart = (setUp: SetUp) => Promise<RunningPart>;
interface Stoppable {
  stop(): Promise<void>;
}

interface InstallationOptions {
  /** Of the platform's log: `.slipway/infra-<name>.log`. */
  readonly name: string;
  /** Servers under test. What their variables name is left out of the set-up. */
  readonly parts?: readonly StartPart[];
  /** Further variables of the platform. */
  readonly settings?: () => Env;
  readonly nodes?: number;
  /** Of builder and nodes. Nodes with engines of their own are left to the test to enrol. */
  readonly engines?: Engines;
}

/** A platform on servers as people have them, on a set-up of its own. */
export class Installation {
  private readonly started: Stoppable[] = [];
  private machine: OneMachine | undefined;

  private constructor(private readonly options: InstallationOptions) {}

  static async start(options: InstallationOptions): Promise<Installation> {
    const installation = new Installation(options);
    try {
      await installation.open();
      return installation;
    } catch (error) {
      await installation.stop();
      throw error;
    }
  }

  get nodes(): readonly NodeEntry[] {
    return this.machine?.nodes ?? [];
  }

  /** The machines behind them. */
  get hosts(): readonly EngineHost[] {
    return this.machine?.hosts ?? [];
  }

  /** In turn: what was started last stands on what was started before. */
  async stop(): Promise<void> {
    for (const part of this.started.splice(0).reverse()) await part.stop();
  }

  private async open(): Promise<void> {
    forgetOtherSetUps();
    const { name, parts = [], settings, nodes = 1, engines } = this.options;
    if (parts.length > 0) await this.openParts(parts);
    const machine = await startOneMachine({ nodes, engines, report: () => undefined });
    this.started.push(machine);
    this.machine = machine;
    Object.assign(process.env, machine.env);
    const env = { ...machine.env, ...settings?.() };
    const platform: Platform = await startPlatform({
      ...machine,
      nodes: engines?.nodes === undefined ? machine.nodes : [],
      env,
      logFile: join('.slipway', `infra-${name}.log`),
    });
    this.started.push(platform);
    Object.assign(process.env, platform.env);
  }

  private async openParts(parts: readonly StartPart[]): Promise<void> {
    const slot: Slot = await claimSlot();
    this.started.push({ stop: () => slot.release() });
    const setUp = { slot, cache: cacheDirectory(), report: () => undefined, breakable: false };
    await ensurePackages(setUp);
    for (const start of parts) {
      const part = await start(setUp);
      this.started.push(part);
      Object.assign(process.env, part.env);
    }
  }
}

/** Servers of another stage are not this one's. */
function forgetOtherSetUps(): void {
  for (const name of Object.keys(process.env))
    if (!(name in userEnv()) && !/^(?:VITEST|NODE_ENV)/.test(name)) delete process.env[name];
}

/** By the command, as its user: a service is deployed, answers, and is stopped. */
export async function deploysOneService(): Promise<void> {
  const folders = sourceFolders();
  await folders.make();
  try {
    const app = uniqueName('infra');
    const root = await folders.write({ web: greeter('here') });
    const deployed = await slipway('deploy', root, '--app', app);
    expect(deployed, deployed.err).toMatchObject({ code: 0, err: '' });
    const url = /http:\S+/.exec(deployed.out)?.[0];
    expect(await (await fetch(String(url))).text()).toBe('here');
    expect(await slipway('stop', app, 'web')).toMatchObject({ code: 0 });
    await expect(fetch(String(url))).rejects.toThrow();
  } finally {
    await folders.remove();
  }
}
