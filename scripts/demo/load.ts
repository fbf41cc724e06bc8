import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import {
  type AnswerOf,
  FEED_PROTOCOL,
  type FeedScore,
  gatewayRoutes,
  loadBalancerRoutes,
  parseFromLoadBalancer,
} from '#libs/contracts';
import { LiveTree } from '../../apps/cli/src/adapters/live-tree.js';
import { Output } from '../../apps/cli/src/output.js';
import { type LoadPicture, type PictureInstance, pictureLines } from './load-picture.js';
import { LoadRequests } from './load-requests.js';
import { APP_ID } from './main-job.js';

const SERVICE = 'prices';
const WAVE = { least: 2, most: 60, periodMs: 120_000 };
const EACH_MS = 1_000;
/** Without a terminal, a picture as lines comes so seldom. */
const LINES_EACH = 10;

interface Load {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** Puts the example application under a load that rises and falls, and shows how it does, until the signal. */
export async function runLoad({ env, signal }: Load): Promise<void> {
  const of = (variable: string): string => String(env[variable]);
  const host = `${SERVICE}.${APP_ID}.localhost`;
  const requests = new LoadRequests({ trafficUrl: of('SLIPWAY_TRAFFIC_URL'), host, path: '/' }, WAVE);
  const scores = new WatchedScores(of('SLIPWAY_LOAD_BALANCER_URL'), of('SLIPWAY_API_TOKEN'));
  const output = new Output({ json: false, out: process.stdout, err: process.stderr });
  let picture: LoadPicture = {
    ...{ title: `${APP_ID}/${SERVICE}`, wanted: 0, answered: 0, failed: 0, history: [], instances: [] },
  };
  const tree = new LiveTree(output, () => pictureLines(picture), EACH_MS);
  requests.start();
  tree.start();
  try {
    for (let second = 1; !signal.aborted; second += 1) {
      await delay(EACH_MS, undefined, { signal }).catch(() => undefined);
      const instances = await instancesOf(of('SLIPWAY_GATEWAY_URL'), of('SLIPWAY_API_TOKEN'), scores).catch(
        () => picture.instances,
      );
      const wanted = requests.rate;
      const history = [...picture.history, { wanted, instances: instances.length }].slice(-EACH_MS);
      picture = { title: picture.title, wanted, ...requests.take(), history, instances };
      if (!output.live && second % LINES_EACH === 0) console.log(pictureLines(picture).join('\n'));
    }
  } finally {
    tree.stop();
    requests.stop();
    scores.stop();
  }
}

async function instancesOf(
  gatewayUrl: string,
  token: string,
  scores: WatchedScores,
): Promise<readonly PictureInstance[]> {
  const url = new URL(`${gatewayRoutes.traffic.path}?appId=${APP_ID}&service=${SERVICE}`, gatewayUrl);
  const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
  const { items } = (await response.json()) as AnswerOf<typeof gatewayRoutes.traffic>;
  return (items[0]?.instances ?? []).map(({ name, state, requestsPerSecond, inFlight }) => {
    const score = scores.of(name);
    return { ...{ name, state, requestsPerSecond, inFlight }, ...(score !== undefined && { score }) };
  });
}

/** The scores as the feed tells a reader. */
class WatchedScores {
  private readonly scores = new Map<string, FeedScore>();
  private readonly socket: WebSocket;

  constructor(loadBalancerUrl: string, token: string) {
    const url = new URL(loadBalancerRoutes.trafficFeed.path, loadBalancerUrl.replace(/^http/, 'ws'));
    this.socket = new WebSocket(url, { headers: { authorization: `Bearer ${token}` } });
    this.socket.on('error', () => undefined);
    this.socket.on('open', () =>
      this.socket.send(JSON.stringify({ type: 'subscribe', protocol: FEED_PROTOCOL })),
    );
    this.socket.on('message', (data) => this.hear((data as Buffer).toString()));
  }

  of(name: string): number | undefined {
    return this.scores.get(name)?.score;
  }

  stop(): void {
    this.socket.terminate();
  }

  private hear(text: string): void {
    const parsed = parseFromLoadBalancer(text);
    if (parsed.kind !== 'message' || parsed.message.type !== 'scores') return;
    for (const score of parsed.message.scores) this.scores.set(score.name, score);
  }
}
