import { setTimeout as delay } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { FEED_PROTOCOL, type FeedScore, loadBalancerRoutes, parseFromLoadBalancer } from '#libs/contracts';
import { LiveTree } from '../../apps/cli/src/adapters/live-tree.js';
import { Output } from '../../apps/cli/src/output.js';
import { type LoadPicture, pictureLines } from './load-picture.js';
import { LoadRequests, type Went } from './load-requests.js';
import { LoadedService } from './loaded-service.js';
import { APP_ID } from './main-job.js';

const SERVICE = 'prices';
const WAVE = { least: 2, most: 60, periodMs: 120_000 };
const EACH_MS = 1_000;
/** Without a terminal, a picture as lines comes so seldom. */
const LINES_EACH = 10;
/** Seconds. */
const MOST_HISTORY = 1_000;

interface Load {
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

/** An instance for each 15 requests a second; with short pauses, so that one wave shows it grow and shrink. */
const POLICY = {
  ...{ min: 1, max: 4, targets: { requestsPerSecond: 15 } },
  in: { step: 1, cooldownMs: 5_000, stabilisationMs: 10_000 },
  // The wave is no panic, after which nothing would be taken away for a minute.
  panic: { percent: 1_000 },
};

/**
 * Puts the example application under a load that rises and falls, has it scaled by that, and shows how it does, until the
 * signal.
 */
export async function runLoad({ env, signal }: Load): Promise<void> {
  const of = (variable: string): string => String(env[variable]);
  const service = new LoadedService({ env, appId: APP_ID, service: SERVICE });
  await service.scaleBy(POLICY);
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
      const seen = await seenOf(service, scores).catch(() => picture);
      picture = nextPicture(picture, seen, { wanted: requests.rate, ...requests.take() });
      if (!output.live && second % LINES_EACH === 0) console.log(pictureLines(picture).join('\n'));
    }
  } finally {
    tree.stop();
    requests.stop();
    scores.stop();
  }
}

type Seen = Pick<LoadPicture, 'instances' | 'decision'>;

async function seenOf(service: LoadedService, scores: WatchedScores): Promise<Seen> {
  const [instances, decision] = await Promise.all([service.instances(), service.decision()]);
  return {
    instances: instances.map((one) => {
      const score = scores.of(one.name);
      return { ...one, ...(score !== undefined && { score }) };
    }),
    ...(decision !== undefined && { decision }),
  };
}

function nextPicture(
  { title, history }: LoadPicture,
  { instances, decision }: Seen,
  went: Went & { readonly wanted: number },
): LoadPicture {
  const now = { wanted: went.wanted, instances: instances.length };
  return {
    ...{ title, instances, ...went },
    history: [...history, now].slice(-MOST_HISTORY),
    ...(decision !== undefined && { decision }),
  };
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
