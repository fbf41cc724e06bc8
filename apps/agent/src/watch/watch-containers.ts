import {
  afterEvent,
  afterInspection,
  afterList,
  type ContainerEvent,
  type Containers,
} from './domain/containers.js';
import type { EngineAbout, WatchedEngine } from './ports.js';

interface ContainerWatchParts {
  readonly engine: WatchedEngine;
  onChange(containers: Containers): void;
  onError(error: unknown): void;
  /** Resolves after a pause, or at once when the signal is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

const AGAIN_MS = 1_000;
const WHOLE_LIST_MS = 60_000;
/** Each is a question on a channel that others need, too. */
const INSPECTED_AT_ONCE = 4;

/**
 * The containers of one node that run, by the events of its engine. A whole list each minute finds what no event told
 * of; nothing else polls the engine.
 */
export class ContainerWatch {
  private containers: Containers = new Map();
  private readonly ended = new AbortController();
  private readonly toInspect = new Set<string>();
  /** Those that are being asked for, and whether an event was newer than the question. */
  private readonly asked = new Map<string, { isOld: boolean }>();
  private inspecting: Promise<void> | undefined;
  private isFollowing = false;
  private aboutEngine: EngineAbout | undefined;
  private hasFailed = false;
  private answered = 0;

  constructor(private readonly parts: ContainerWatchParts) {}

  /** Whether the engine's events come in; while they do not, what is known may be old. */
  get isUp(): boolean {
    return this.isFollowing;
  }

  /** How many of its questions the engine has answered so far: each is a sign of life. */
  get answers(): number {
    return this.answered;
  }

  get about(): EngineAbout | undefined {
    return this.aboutEngine;
  }

  start(): void {
    void this.run(this.ended.signal);
  }

  stop(): void {
    this.ended.abort();
  }

  private async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.follow(signal);
      } catch (error) {
        this.failed(error);
      }
      this.isFollowing = false;
      await this.parts.pause(AGAIN_MS, signal);
    }
  }

  /** Until the events end, or the engine does not say what runs. */
  private async follow(ended: AbortSignal): Promise<void> {
    const line = new AbortController();
    const signal = AbortSignal.any([ended, line.signal]);
    try {
      const events = await this.parts.engine.events(signal);
      // Anew, since what happened while nobody listened may have given a container another process.
      this.change(new Map());
      const looking = this.lookAtAll(signal);
      await Promise.race([this.take(events), looking]);
    } finally {
      line.abort();
    }
  }

  private async take(events: AsyncIterable<ContainerEvent>): Promise<void> {
    for await (const event of events) {
      const { containers, mustInspect } = afterEvent(this.containers, event);
      const question = this.asked.get(event.id);
      if (question !== undefined && !containers.has(event.id)) question.isOld = true;
      this.change(containers);
      if (mustInspect) this.inspectSoon([event.id]);
    }
    throw new Error('the engine ended its events');
  }

  /** Ends only by throwing. */
  private async lookAtAll(signal: AbortSignal): Promise<never> {
    for (;;) {
      const running = await this.heard(this.parts.engine.running());
      // The events ended meanwhile: what is known now is that of the next line.
      signal.throwIfAborted();
      const { containers, toInspect } = afterList(this.containers, running);
      this.change(containers);
      this.inspectSoon(toInspect);
      await this.inspecting;
      const { about, imageIds } = await this.heard(this.parts.engine.about());
      this.aboutEngine = { ...about, ...layersIn(this.aboutEngine?.layers) };
      signal.throwIfAborted();
      this.isFollowing = true;
      this.hasFailed = false;
      // An engine that does not answer is found by the next list.
      const layers = await this.parts.engine.layersOf(imageIds).catch(() => this.aboutEngine?.layers);
      this.aboutEngine = { ...about, ...layersIn(layers) };
      signal.throwIfAborted();
      await this.parts.pause(WHOLE_LIST_MS, signal);
      signal.throwIfAborted();
    }
  }

  private inspectSoon(ids: readonly string[]): void {
    for (const id of ids) this.toInspect.add(id);
    if (this.toInspect.size === 0) return;
    this.inspecting ??= this.inspectAll().finally(() => {
      this.inspecting = undefined;
    });
  }

  private async inspectAll(): Promise<void> {
    const unanswered = new Set<string>();
    while (this.toInspect.size > 0) {
      const ids = [...this.toInspect].slice(0, INSPECTED_AT_ONCE);
      for (const id of ids) this.toInspect.delete(id);
      const asked = ids.map((id) =>
        this.inspect(id).catch((error: unknown) => {
          unanswered.add(id);
          this.failed(error);
        }),
      );
      await Promise.all(asked);
    }
    if (unanswered.size > 0) void this.inspectAgain([...unanswered]);
  }

  private async inspectAgain(ids: readonly string[]): Promise<void> {
    const { signal } = this.ended;
    await this.parts.pause(AGAIN_MS, signal);
    if (!signal.aborted) this.inspectSoon(ids);
  }

  /** Said once, until all is known again. */
  private failed(error: unknown): void {
    if (!this.ended.signal.aborted && !this.hasFailed) this.parts.onError(error);
    this.hasFailed = true;
  }

  private async inspect(id: string): Promise<void> {
    const question = { isOld: false };
    this.asked.set(id, question);
    try {
      const found = await this.heard(this.parts.engine.inspect(id));
      // Its end, which an event told of meanwhile, may be newer than the answer.
      if (question.isOld) this.toInspect.add(id);
      else this.change(afterInspection(this.containers, id, found));
    } finally {
      this.asked.delete(id);
    }
  }

  private async heard<T>(answer: Promise<T>): Promise<T> {
    const heard = await answer;
    this.answered += 1;
    return heard;
  }

  private change(containers: Containers): void {
    if (containers === this.containers) return;
    this.containers = containers;
    this.parts.onChange(containers);
  }
}

const layersIn = (layers: string | undefined): Pick<EngineAbout, 'layers'> =>
  layers === undefined ? {} : { layers };
