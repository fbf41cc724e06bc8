import { randomBytes } from 'node:crypto';
import { FrameReader, type Frame } from '../domain/frames.js';
import { parseListening, type PortRange } from '../domain/listening.js';
import type { Look } from '../domain/look.js';
import { NodeChannelError } from '../domain/node-channel-error.js';
import { type Answer, parseLook } from '../domain/parse-look.js';
import { parseTopology, type Topology } from '../domain/topology.js';
import type { NodeChannel, WatchedContainer } from '../ports.js';
import type { NodeShell, OpenShell } from './node-shell.js';
import { samplingLoop } from './sampling-loop.js';
import { type ReadContainer, ReadContainers } from './read-containers.js';

export interface NodeChannelOptions {
  /** A folder on the file system of the engine's data: its `DockerRootDir`. */
  readonly dataRoot: string;
  /** For the first sign of the loop. */
  readonly timeoutMs: number;
  /** An answer that is this late never comes, and the channel is closed; 30 s unless told. */
  readonly giveUpMs?: number;
  /** Below which the node's /proc and /sys lie; empty but in tests. */
  readonly root?: string;
}

const GIVE_UP_MS = 30_000;
/** Between two ticks, while the peaks of a container are read. */
const TICK_MS = 100;
/** A node that has not answered for so long gets no ticks, which would only wait there. */
const STALLED_MS = 1_000;

type Verb = 'f' | 's' | 't' | 'l';

interface Asked {
  readonly sequence: number;
  readonly watched: readonly ReadContainer[];
  readonly at: number;
  /** Undefined once nobody waits for it. */
  settle: ((answer: Answer | NodeChannelError) => void) | undefined;
}

/** Starts the loop on a node. Throws NodeChannelError, or what starting a program there throws. */
export async function openNodeChannel(open: OpenShell, options: NodeChannelOptions): Promise<NodeChannel> {
  const mark = `slipway-${randomBytes(6).toString('hex')}`;
  const shell = await open(samplingLoop({ mark, dataRoot: options.dataRoot, root: options.root }));
  const channel = new ShellChannel(shell, mark, options.giveUpMs ?? GIVE_UP_MS);
  try {
    await channel.ready(options.timeoutMs);
    return channel;
  } catch (error) {
    channel.close();
    throw error;
  }
}

/**
 * One loop on one node. At most one question is under way, also after its time: a node that stalls is not asked again
 * and again. So a late answer is thrown away, and the next question goes out after it.
 */
class ShellChannel implements NodeChannel {
  readonly closed: Promise<void>;
  private readonly frames: FrameReader;
  private readonly read = new ReadContainers();
  private bootId: string | undefined;
  private sequence = 0;
  private asked: Asked | undefined;
  private end: NodeChannelError | undefined;
  private turn: Promise<unknown> = Promise.resolve();
  private ticking: NodeJS.Timeout | undefined;
  private readonly waiters = new Set<() => void>();

  constructor(
    private readonly shell: NodeShell,
    mark: string,
    private readonly giveUpMs: number,
  ) {
    this.frames = new FrameReader(mark);
    const { stream } = shell;
    let cause: unknown;
    stream.on('error', (error) => (cause = error));
    this.closed = new Promise((resolve) => {
      stream.once('close', () => {
        this.ended(cause);
        resolve();
      });
    });
    stream.once('end', () => stream.destroy());
    stream.on('data', (chunk: Buffer) => {
      for (const frame of this.frames.push(chunk.toString('latin1'))) this.heard(frame);
    });
  }

  /** Resolves with the first sign of the loop. */
  async ready(timeoutMs: number): Promise<void> {
    await this.until(() => this.bootId !== undefined, performance.now() + timeoutMs);
  }

  async look({ isSlow, timeoutMs }: { isSlow: boolean; timeoutMs: number }): Promise<Look> {
    return this.ask(isSlow ? 's' : 'f', timeoutMs, (answer, { watched }) =>
      parseLook(answer, { bootId: this.bootId ?? '', watched, isSlow }),
    );
  }

  async topology({ timeoutMs }: { timeoutMs: number }): Promise<Topology> {
    return this.ask('t', timeoutMs, ({ text }) => parseTopology(text));
  }

  async listening(range: PortRange, { timeoutMs }: { timeoutMs: number }): Promise<readonly number[]> {
    return this.ask('l', timeoutMs, ({ text }) => parseListening(text, range));
  }

  watch(containers: readonly WatchedContainer[]): void {
    this.read.want(containers);
  }

  close(): void {
    this.shell.stream.destroy();
    this.ended(undefined);
  }

  private ask<T>(
    verb: Verb,
    timeoutMs: number,
    parse: (answer: Answer, asked: Asked) => T | undefined,
  ): Promise<T> {
    const deadline = performance.now() + timeoutMs;
    const run = async (): Promise<T> => {
      await this.until(() => this.asked === undefined, deadline);
      const { answer, asked } = await this.send(verb, deadline);
      const parsed = parse(answer, asked);
      if (parsed === undefined) throw new NodeChannelError('garbled', 'The answer of the node is not whole.');
      return parsed;
    };
    const result = this.turn.then(run, run);
    this.turn = result.catch(() => undefined);
    return result;
  }

  private send(verb: Verb, deadline: number): Promise<{ answer: Answer; asked: Asked }> {
    this.sequence += 1;
    const { commands, watched } = this.read.change();
    const asked: Asked = { sequence: this.sequence, watched, at: performance.now(), settle: undefined };
    this.asked = asked;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        asked.settle = undefined;
        reject(late());
      }, deadline - performance.now());
      asked.settle = (answer) => {
        clearTimeout(timer);
        if (answer instanceof NodeChannelError) reject(answer);
        else resolve({ answer, asked });
      };
      this.shell.stream.write(`${commands}${verb} ${asked.sequence}\n`);
      if (commands !== '') this.tickWhereWanted();
    });
  }

  private tickWhereWanted(): void {
    if (this.read.hasPeaks && !this.end) {
      this.ticking ??= setInterval(() => this.tick(), TICK_MS);
    } else {
      clearInterval(this.ticking);
      this.ticking = undefined;
    }
  }

  private tick(): void {
    const isStalled = this.asked !== undefined && performance.now() - this.asked.at > STALLED_MS;
    if (!isStalled) this.shell.stream.write('p\n');
  }

  private heard(frame: Frame): void {
    if (frame.kind === 'ready') {
      this.bootId = frame.bootId;
    } else {
      const sequence = frame.kind === 'answer' ? frame.answer.sequence : frame.sequence;
      if (sequence !== this.asked?.sequence) return;
      const { settle } = this.asked;
      this.asked = undefined;
      settle?.(
        frame.kind === 'answer'
          ? frame.answer
          : new NodeChannelError('garbled', 'The answer of the node is not whole.'),
      );
    }
    this.wake();
  }

  /** Throws once the channel has ended or the time is over. */
  private async until(condition: () => boolean, deadline: number): Promise<void> {
    for (;;) {
      if (this.end) throw this.end;
      if (condition()) return;
      const leftMs = deadline - performance.now();
      if (leftMs <= 0) throw this.overdue();
      await this.woken(leftMs);
    }
  }

  /** At the next thing that happens, or after so long. */
  private woken(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.waiters.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.waiters.add(wake);
    });
  }

  private overdue(): NodeChannelError {
    if (this.asked !== undefined && performance.now() - this.asked.at > this.giveUpMs) this.close();
    return late();
  }

  private ended(cause: unknown): void {
    if (this.end) return;
    clearInterval(this.ticking);
    const said = this.shell.said();
    const message = `The channel to the node is closed${said === '' ? '.' : `: ${said}`}`;
    this.end = new NodeChannelError('closed', message, cause);
    this.asked?.settle?.(this.end);
    this.asked = undefined;
    this.wake();
  }

  private wake(): void {
    for (const waiter of [...this.waiters]) waiter();
  }
}

function late(): NodeChannelError {
  return new NodeChannelError('late', 'The node did not answer within the time.');
}
