import { onTestFinished } from 'vitest';
import type { HaproxyDataPlane } from './adapters/haproxy-data-plane.js';
import type { HaproxySettings, TlsSettings } from './adapters/haproxy-settings.js';
import { HaproxyPlace } from './haproxy-place.testing.js';

export interface SecurePlane extends Pick<HaproxyPlace, 'folder' | 'port' | 'tlsPort' | 'troubles'> {
  readonly plane: HaproxyDataPlane;
}

interface SecureOptions {
  readonly tls?: Partial<TlsSettings>;
  readonly settings?: Partial<HaproxySettings>;
  readonly challengePort?: number;
  /** Of an earlier one. */
  readonly folder?: string;
}

/** A HAProxy with HTTP and HTTPS, which ends with the test. */
export async function securePlane({
  tls,
  settings,
  challengePort,
  folder: earlier,
}: SecureOptions = {}): Promise<SecurePlane> {
  const place = await HaproxyPlace.make(earlier);
  onTestFinished(() => place.close());
  const plane = await place.open({ settings: { tls: place.tls(tls), ...settings }, challengePort });
  const { folder, port, tlsPort, troubles } = place;
  return { plane, folder, port, tlsPort, troubles };
}
