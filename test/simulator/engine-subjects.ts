import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { connectEngine, type Engine, type RegistryAuth } from '#libs/engine';
import { SshPool } from '#libs/ssh';
import { requireEnv, sshTargetOf, testNodes } from '#libs/testing';
import { startSimulator } from './simulator.js';

/** What a simulated engine may be trusted for: each of these holds for the real one too. */
export interface Subject {
  readonly engine: Engine;
  /** A second client of it, to be closed by whoever asks. */
  another(): Engine;
  /** Where its containers' ports are. */
  readonly address: string;
  close(): Promise<void>;
}

export const BASE = 'slipway/python:3.11';

async function real(): Promise<Subject> {
  const [node] = await testNodes();
  const ssh = new SshPool();
  const another = () => connectEngine({ ssh, target: sshTargetOf(node), socketPath: node.dockerSocket });
  const engine = another();
  return {
    ...{ engine, another, address: node.address },
    async close() {
      await engine.close();
      await ssh.close();
    },
  };
}

async function simulated(): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), 'slipway-simulator-'));
  const socketPath = join(folder, 'docker.sock');
  const simulator = await startSimulator({
    ...{ socketPaths: [socketPath], name: 'simulated', cpus: 2, memoryBytes: 1024 ** 3, images: [BASE] },
    registryCaFile: process.env['REGISTRY_CA_FILE'],
  });
  const another = () => connectEngine({ socketPath });
  const engine = another();
  return {
    ...{ engine, another, address: '127.0.0.1' },
    async close() {
      await engine.close();
      await simulator.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export function registryAuth(password = requireEnv('REGISTRY_PASSWORD')): RegistryAuth {
  const { host } = new URL(requireEnv('REGISTRY_URL'));
  return { username: requireEnv('REGISTRY_USERNAME'), password, serveraddress: host };
}

export const subjects = [
  ['the real engine', real],
  ['the simulated engine', simulated],
] as const;

/** Of a build: a Dockerfile and nothing else. */
export function context(dockerfile: string): Readable {
  const tar = pack();
  tar.entry({ name: 'Dockerfile' }, dockerfile);
  tar.finalize();
  return tar as unknown as Readable;
}
