import type { RescalingSettings, SettingsVersion } from '#libs/contracts';
import type { Placed } from '#libs/http';

export interface SettingsRecord {
  /** The version that counts; version 0 where nobody has configured anything. */
  current(): Promise<SettingsVersion>;
  /** Changes it; `change` may throw, and nothing is stored then. */
  change(
    by: { readonly principal: string; readonly reason?: string },
    change: (before: RescalingSettings) => RescalingSettings,
  ): Promise<SettingsVersion>;
  /** The newest first. */
  versions(most: number, after?: readonly string[]): Promise<readonly Placed<SettingsVersion>[]>;
}

export const SETTINGS_RECORD = Symbol('SettingsRecord');
