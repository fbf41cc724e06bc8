import type { ObservedNode } from '#libs/observations';
import type { InstanceFigures } from './instance-figures.js';
import { type LineUse, linePercent, nextLineUse, usedBy } from './used.js';
import { nextScored, type Remembered, type ScoredInstance, type ScoreRules } from './scored-instance.js';

interface ScoredNode {
  readonly line: LineUse | undefined;
  readonly instances: ReadonlyMap<string, ScoredInstance>;
  readonly at: number;
}

/** After so long without figures nobody knows how busy an instance is: whole figures of a node come every ten seconds. */
export const SILENT_MS = 15_000;
/** How long what was known of an instance is worth going on from. */
export const REMEMBERED_MS = 60_000;

/**
 * The instances that this replica scores: those on the nodes of its share of the topic. Seconds that were not observed are
 * gaps, and nothing is put in their place.
 */
export class OwnScores {
  private readonly nodes = new Map<string, ScoredNode>();

  constructor(private readonly rules: ScoreRules) {}

  /**
   * Takes one second of a node.
   * @param figures what gateways measured, by instance
   * @param remembered what other replicas know, or one before a restart
   * @returns the instances that were measured in it
   */
  observed(
    second: ObservedNode,
    figures: ReadonlyMap<string, InstanceFigures>,
    remembered: ReadonlyMap<string, Remembered>,
  ): readonly ScoredInstance[] {
    const at = Date.parse(second.observedAt);
    const before = this.nodes.get(second.node);
    const { network } = second.host;
    const seconds = before === undefined ? 0 : Math.max(0, at - before.at) / 1_000;
    const line = network === undefined ? before?.line : nextLineUse(before?.line, network, seconds);
    const percent = network && line && linePercent(line, this.rules.lineMbits);
    const [instances, measured] = [new Map<string, ScoredInstance>(), [] as ScoredInstance[]];
    for (const [name, one] of second.instances) {
      const known = before?.instances.get(name);
      const used = usedBy(one, second, percent);
      const scored =
        used &&
        nextScored(
          known,
          { instance: name, identity: one.identity, node: second.node, used, figures: figures.get(name), at },
          this.rules,
          remembered.get(name),
        );
      if (scored !== undefined) measured.push(scored);
      const kept = scored ?? known;
      if (kept !== undefined && at - kept.at <= REMEMBERED_MS) instances.set(name, kept);
    }
    this.nodes.set(second.node, { line, instances, at });
    return measured;
  }

  /** The nodes of which this replica will hear no more: another one does, or they were removed. */
  forget(node: string): void {
    this.nodes.delete(node);
  }

  /** Those of which there are figures; nodes that are silent for a minute are forgotten by `expire`. */
  all(nowMs: number): readonly ScoredInstance[] {
    const found: ScoredInstance[] = [];
    for (const { instances } of this.nodes.values())
      for (const scored of instances.values()) if (nowMs - scored.at <= SILENT_MS) found.push(scored);
    return found;
  }

  /** Forgets what is too old to go on from. */
  expire(nowMs: number): void {
    for (const [node, { at }] of this.nodes) if (nowMs - at > REMEMBERED_MS) this.nodes.delete(node);
  }
}
