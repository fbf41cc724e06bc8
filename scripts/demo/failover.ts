import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { kafkaVariables, loadConfig, withKafkaRules } from '#libs/config';
import { connectionOf, createKafka, SILENT, tail, type TailedMessage } from '#libs/kafka';
import { deploymentProgressed, topics } from '#libs/contracts';
import { Fleet } from '../soak/fleet.js';
import type { OneMachine } from '../one-machine/start.js';
import { runMainJob } from './main-job.js';

/** The step after which the replica that did it is killed: it builds. Told at once, for a node is asked for with it. */
const KILLED_AFTER = 'SourceFetched';
const LEFT_OUT = new Set(['BuildOutput']);
/** The last steps are told after the reply. */
const LAST_STEPS_MS = 300;

interface Scene {
  readonly killed: {
    readonly replica: string;
    readonly token: string;
    readonly service: string;
    readonly at: number;
  };
  readonly goneOnBy?: string;
  readonly afterMs?: number;
}

/** Two deployers; the one that works on the example is killed in the middle, and the other brings it to its end. */
export async function runFailover(machine: OneMachine, signal: AbortSignal): Promise<void> {
  const { env, nodes, ledger } = machine;
  const fleet = await Fleet.start({ env, nodes, ledger, replicas: 2, seed: 1 });
  const settings = loadConfig(withKafkaRules(z.object(kafkaVariables)), { ...process.env, ...env });
  const kafka = createKafka({ ...connectionOf(settings), clientId: 'demo-failover', logger: SILENT });
  let scene: Scene | undefined;
  const onMessage = ({ data }: TailedMessage): void => {
    const step = deploymentProgressed.schema.parse(data);
    if (LEFT_OUT.has(step.event)) return;
    console.log(`${step.at}  ${step.replica.padEnd(12)}  ${step.service ?? ''}  ${step.event}`);
    if (scene === undefined && step.event === KILLED_AFTER) scene = kill(fleet, step);
    else if (scene !== undefined) scene = observed(scene, step);
  };
  const follow = await tail(kafka, { topics: [topics.deploymentEvents], from: 'end', onMessage });
  try {
    const url = { SLIPWAY_API_URL: fleet.apiUrl };
    await runMainJob({ env: { ...env, ...url }, ledger, signal, quiet: true });
    await delay(LAST_STEPS_MS);
    if (scene === undefined)
      throw new Error(`Nothing was fetched, so no replica was killed after ${KILLED_AFTER}.`);
    const { killed, goneOnBy, afterMs } = scene;
    if (goneOnBy === undefined) throw new Error(`No other replica went on with ${killed.service}.`);
    console.log(
      `\n${killed.replica} was killed while it built ${killed.service}. ${goneOnBy} went on ${afterMs} ms later, and every request was answered.`,
    );
  } finally {
    await follow.stop();
    await fleet.stop();
  }
}

type Step = ReturnType<typeof deploymentProgressed.schema.parse>;

function kill(fleet: Fleet, { replica, token, service = '' }: Step): Scene {
  const pid = Number(replica.slice(replica.lastIndexOf('-') + 1));
  const at = Date.now();
  void fleet.kill(pid);
  // Steps that were stored before may be told after it.
  console.log(`${new Date(at).toISOString()}  SIGKILL to ${replica}`);
  return { killed: { replica, token, service, at } };
}

/** The first step of the same task by another replica. */
function observed(scene: Scene, { replica, token, service, at }: Step): Scene {
  const { killed, goneOnBy } = scene;
  if (goneOnBy !== undefined || replica === killed.replica) return scene;
  if (token !== killed.token || service !== killed.service) return scene;
  return { ...scene, goneOnBy: replica, afterMs: Date.parse(at) - killed.at };
}
