import { rescalingSettingsSchema } from '#libs/contracts';
import { type CurrentSettings, currentSettings } from './domain/settings.js';
import type { SettingsRecord } from './ports.js';

interface FollowedSettingsParts {
  readonly record: SettingsRecord;
  /** They could not be read, for the first time since they were; what counted goes on. */
  onError(error: unknown): void;
}

/** What is configured, read again about once a second. */
export class FollowedSettings {
  private known: CurrentSettings = currentSettings(0, {});
  private hasFailed = false;

  constructor(private readonly parts: FollowedSettingsParts) {}

  get current(): CurrentSettings {
    return this.known;
  }

  async refresh(): Promise<void> {
    const { record, onError } = this.parts;
    try {
      const { version, settings } = await record.current();
      if (version !== this.known.version)
        this.known = currentSettings(version, rescalingSettingsSchema.parse(settings));
      this.hasFailed = false;
    } catch (error) {
      if (!this.hasFailed) onError(error);
      this.hasFailed = true;
    }
  }
}
