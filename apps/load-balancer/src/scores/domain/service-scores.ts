import type { InstanceScore } from './instance-score.js';

export interface ServiceScore {
  readonly appId: string;
  readonly service: string;
  readonly mean: number;
  readonly least: number;
}

/** The overall scores of each service; instances that are drained serve it no more. */
export function serviceScores(scores: Iterable<InstanceScore>): readonly ServiceScore[] {
  const live = [...scores].filter(({ state }) => state !== 'SUNDOWN');
  const byService = Map.groupBy(live, ({ appId, service }) => `${appId}/${service}`);
  return [...byService.values()].flatMap((all) => {
    const [first] = all;
    if (first === undefined) return [];
    const overall = all.map((one) => one.overall);
    const mean = overall.reduce((sum, one) => sum + one, 0) / overall.length;
    return [{ appId: first.appId, service: first.service, mean, least: Math.min(...overall) }];
  });
}
