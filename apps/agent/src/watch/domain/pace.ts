/** The work of a process that is so late would make looks too late to be of use. */
const BEHIND_MS = 600;
const LEAST = 0.1;

/**
 * The share of seconds in which nodes are looked at. A replica that is behind with its own work gets less to do at once,
 * and more again little by little: looks that it answers too late cost as much as those in time, and give no figures.
 * @param lateMs by how much a timer of this process was late
 */
export const nextShare = (share: number, lateMs: number): number =>
  lateMs > BEHIND_MS ? Math.max(LEAST, share * 0.8) : Math.min(1, share + 0.02);

/** Which seconds of one node are looked at, where only a share of them is. */
export class Turn {
  /** @param credit where to begin, 0 to 1: nodes differ in it, so that not all miss the same second */
  constructor(private credit: number) {}

  isNext(share: number): boolean {
    this.credit += share;
    if (this.credit < 1) return false;
    this.credit = Math.min(1, this.credit - 1);
    return true;
  }
}
