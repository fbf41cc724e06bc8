import { nodeObserved, nodeState, topics, writtenAppIdSchema } from '#libs/contracts';
import type { Broker, Following, TailedMessage } from '../adapters/broker.js';
import { type LoadBalancer, openLoadBalancer } from '../adapters/load-balancer.js';
import { LiveTree } from '../adapters/live-tree.js';
import { Figures, type NodeRow } from '../domain/figures.js';
import { instancesView, nodesView, type TopOrder, type TopView } from '../domain/top-lines.js';
import { exitCodes, type ExitCode, failure } from '../errors.js';
import type { Output } from '../output.js';
import { knowsLoadBalancer } from '../settings.js';
import { namesHere } from './names-here.js';
import { valid } from './valid.js';

interface TopOptions {
  /** Its instances; the nodes when left out. */
  readonly appId?: string;
  readonly once: boolean;
  readonly order: TopOrder;
  readonly interrupted: () => Promise<void>;
}

const EACH_MS = 1_000;
/** Every node is heard of once a second. */
const ALL_HEARD_MS = 2_000;
/** Of ten messages one is whole: with those that come late, each node has figures by then. */
const WHOLE_WITHIN_MS = 15_000;
const LOOK_AGAIN_MS = 100;
/** Every tenth message of a node is whole: so far back lies one of each, also where its clock is 2 s behind. */
const SECONDS_MS = 12_000;
/** More than the ten seconds between two states of a node, by as much as clocks may differ. */
const STATES_MS = 60_000;

/** The clock of this machine, which is not set back meanwhile. */
const now = (): number => performance.timeOrigin + performance.now();

type Follow = Pick<Broker, 'follow'>;

/** Loaded now, not at the start: many commands need no Kafka. */
async function kafka(): Promise<Follow> {
  const { openBroker } = await import('../adapters/broker.js');
  return openBroker();
}

/** Live figures of the nodes, or of an application's instances: until Ctrl-C, or once. */
export async function top(written: TopOptions, output: Output, open = kafka): Promise<ExitCode> {
  valid({ argument: '[app]', schema: writtenAppIdSchema, text: written.appId });
  const { appId, order, once, interrupted } = namesHere(written, output);
  const view = appId === undefined ? nodesView(order) : instancesView(appId, order);
  const broker = await open();
  const figures = new Figures();
  const begunMs = now();
  const screen = new TopScreen({ figures, view, output, begunMs });
  const scores = new FollowedScores(figures, appId);
  if (once || !(output.live || output.isJson)) {
    const following = await follow(broker, figures);
    await Promise.all([allWhole(figures), scores.ask()]).finally(() => following.stop());
    screen.printOnce();
    return exitCodes.ok;
  }
  const over = interrupted();
  const stop = screen.start();
  scores.start();
  try {
    const following = await follow(broker, figures);
    await over;
    await following.stop();
  } finally {
    scores.stop();
    stop();
  }
  return exitCodes.ok;
}

/** The scores of an application's instances. Where the load balancer is not named, or does not answer, there are none. */
class FollowedScores {
  private readonly from: LoadBalancer | undefined;
  private timer: NodeJS.Timeout | undefined;
  private asking: Promise<void> | undefined;

  constructor(
    private readonly figures: Figures,
    private readonly appId: string | undefined,
  ) {
    if (appId !== undefined && knowsLoadBalancer()) this.from = openLoadBalancer();
  }

  start(): void {
    if (this.from !== undefined) this.timer = setInterval(() => void this.ask(), EACH_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** One question at a time. */
  ask(): Promise<void> {
    const { from, figures, appId } = this;
    if (from === undefined || appId === undefined) return Promise.resolve();
    this.asking ??= from
      .scores(appId)
      .catch(() => [])
      .then((scores) => figures.takeScores(scores))
      .finally(() => (this.asking = undefined));
    return this.asking;
  }
}

/**
 * Seconds and states, also those of just before: so there are figures at once, and a node that is lost is known. The
 * topics are not read from their beginning, where an hour of seconds and days of states may lie.
 */
function follow(broker: Follow, figures: Figures): Promise<Following> {
  const since = (ms: number): { readonly sinceMs: number } => ({ sinceMs: Math.floor(now() - ms) });
  const byTopic = { [topics.nodeState]: since(STATES_MS), [topics.nodeObserved]: since(SECONDS_MS) };
  return broker.follow([topics.nodeState, topics.nodeObserved], (message) => take(figures, message), {
    byTopic,
  });
}

function take(figures: Figures, { topic, key, data }: TailedMessage): void {
  if (topic === topics.nodeObserved) {
    const second = nodeObserved.schema.safeParse(data).data;
    if (second !== undefined) figures.takeSecond(second, now());
    return;
  }
  // Without a body.
  if (data === '') return figures.removed(key);
  const state = nodeState.schema.safeParse(data).data;
  if (state !== undefined) figures.takeState(state);
}

const isExpected = ({ liveness, ageMs, figures }: NodeRow): boolean =>
  figures === null && (liveness?.state === 'alive' || (liveness === null && ageMs === null));

/** Waits for the first whole second of each node, for a while. */
async function allWhole(figures: Figures): Promise<void> {
  const begunMs = now();
  const isOver = (): boolean => {
    const elapsedMs = now() - begunMs;
    if (elapsedMs >= WHOLE_WITHIN_MS) return true;
    const rows = figures.nodeRows(now());
    return elapsedMs >= ALL_HEARD_MS && rows.length > 0 && !rows.some(isExpected);
  };
  while (!isOver()) await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
}

const HINT =
  'Check that an agent runs, that KAFKA_BROKERS and KAFKA_PREFIX are those of the agent, and that the command may ' +
  'read node.observed and node.state: docs/reference/kafka-acls.md.';

const nodesText = (count: number): string => `${count} ${count === 1 ? 'node' : 'nodes'}`;

interface ScreenOptions {
  readonly figures: Figures;
  readonly view: TopView;
  readonly output: Output;
  readonly begunMs: number;
}

class TopScreen {
  constructor(private readonly options: ScreenOptions) {}

  /** Draws each second, or prints a line of JSON; returns what ends that. */
  start(): () => void {
    const { output } = this.options;
    output.aside(output.isJson ? 'Following; Ctrl-C ends it.' : 'Ctrl-C ends it.');
    if (output.isJson) {
      const timer = setInterval(() => output.answer(this.answer(), []), EACH_MS);
      return () => clearInterval(timer);
    }
    const tree = new LiveTree(output, () => this.liveLines(), EACH_MS);
    tree.start();
    return () => {
      tree.stop();
      for (const line of this.lines(output.columns, Infinity)) output.note(line);
    };
  }

  printOnce(): void {
    const { figures, output } = this.options;
    const rows = figures.nodeRows(now());
    const known = rows.filter((row) => row.figures !== null || row.liveness !== null);
    if (known.length === 0)
      throw failure(
        'NODES_SILENT',
        `No figures of a node came within ${WHOLE_WITHIN_MS / 1_000} s; heard of ${nodesText(rows.length)}`,
        { hint: HINT, next: 'slipway node ls' },
      );
    output.answer(this.answer(), this.lines(output.live ? output.columns : Infinity, Infinity));
    const missing = rows.filter((row) => row.figures === null).length;
    if (missing > 0)
      output.aside(`Heard of ${nodesText(rows.length)}; no figures of ${missing} came in time.`);
  }

  private answer(): unknown {
    const { figures, view } = this.options;
    const atMs = now();
    return { at: new Date(atMs).toISOString(), ...view.answer(figures, atMs) };
  }

  private lines(width: number, height: number): readonly string[] {
    const { figures, view, output } = this.options;
    return view.lines(figures, now(), { paint: output.paint, width, height });
  }

  private liveLines(): readonly string[] {
    const { begunMs, output, figures } = this.options;
    // A line that is as wide as the terminal would be cut.
    const lines = this.lines(output.columns - 1, output.rows - 1);
    if (lines.length > 0) return lines;
    const heard = nodesText(figures.nodeRows(now()).length);
    return [
      `No figures yet; heard of ${heard}.`,
      ...(now() - begunMs > WHOLE_WITHIN_MS ? HINT.split(/(?<=[,:]) /) : []),
    ];
  }
}
