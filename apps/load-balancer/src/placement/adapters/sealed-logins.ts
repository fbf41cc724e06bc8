import { type AtRestKeys, decryptAtRest, seal, type PublicJwk } from '#libs/secrets';

export interface LoginKeys {
  /** Open the logins of the registry. */
  readonly nodeKeys: AtRestKeys;
  /** Only its owner opens the logins that are sent. */
  readonly deployerKey: PublicJwk;
}

/**
 * The nodes' logins, sealed to the deployer. Each is sealed once: sealed again it would be another text, and whoever
 * gets it would have to open it, and connect anew, to find that nothing has changed.
 */
export class SealedLogins {
  private readonly kept = new Map<string, { readonly encrypted: string; readonly sealed: string }>();

  constructor(private readonly keys: LoginKeys) {}

  /** Throws SealError where the login rests under another key. */
  async of(node: string, encrypted: string): Promise<string> {
    const known = this.kept.get(node);
    if (known?.encrypted === encrypted) return known.sealed;
    const login = await decryptAtRest(this.keys.nodeKeys, encrypted);
    const sealed = await seal(this.keys.deployerKey, login);
    this.kept.set(node, { encrypted, sealed });
    return sealed;
  }
}
