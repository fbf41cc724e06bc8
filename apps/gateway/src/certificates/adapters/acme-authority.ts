import { generateKeyPairSync } from 'node:crypto';
import { Agent } from 'node:https';
import type { Authorization, Client, Order as AcmeOrder } from 'acme-client';
import { AuthorityError } from '../domain/authority-error.js';
import type { Authority, Challenge, Order } from '../ports.js';
import { acmeLibrary, type AcmeLibrary, saidByAuthority } from './acme-library.js';

interface AcmeSettings {
  readonly directoryUrl: string;
  /** The authority's terms are accepted. */
  readonly acceptsTerms: boolean;
  /** `mailto:` is put before it. */
  readonly contact?: string;
  readonly binding?: { readonly keyId: string; readonly key: string };
  /** Whom to believe that it is the authority, in PEM; the usual ones where it is left out. */
  readonly ca?: string;
  /** How long it waits before it asks for the first time whether an order has come to an end; 1,000 where it is left out. */
  readonly firstPauseMs?: number;
}

/** Where the account is kept. */
export interface AcmeAccounts {
  /** The private key of the account in PEM, made at the first call. */
  keyFor(directoryUrl: string): Promise<string>;
}

/** It is asked again after 1, 2, 4 and then each 8 seconds whether it has come to an end. */
const WAIT = { backoffAttempts: 15, backoffMin: 1_000, backoffMax: 8_000 };

/** An authority by `acme-client`, with HTTP-01 challenges. */
export class AcmeAuthority implements Authority {
  private client: Promise<Client> | undefined;

  constructor(
    private readonly settings: AcmeSettings,
    private readonly accounts: AcmeAccounts,
  ) {}

  begin(host: string): Promise<string> {
    return this.asked(async (client) => {
      const order = await client.createOrder({ identifiers: [{ type: 'dns', value: host }] });
      return order.url;
    });
  }

  async finish({ host, url, key }: Order, publish: (challenge: Challenge) => Promise<void>): Promise<string> {
    let ours: { readonly error: unknown } | undefined;
    const publishing = (challenge: Challenge): Promise<void> =>
      publish(challenge).catch((error: unknown) => {
        ours = { error };
        throw error;
      });
    try {
      return await this.asked((client, library) =>
        finished({ client, library }, { host, url, key }, publishing),
      );
    } catch (error) {
      throw ours === undefined ? error : ours.error;
    }
  }

  private async asked<T>(work: (client: Client, library: AcmeLibrary) => Promise<T>): Promise<T> {
    const library = await acmeLibrary();
    this.client ??= this.open(library);
    try {
      const client = await this.client;
      return await saidByAuthority(this.settings.directoryUrl, () => work(client, library));
    } catch (error) {
      // An account that could not be opened, or that the authority has forgotten, is opened again.
      const isOpen = await this.client?.then(
        () => !(error instanceof AuthorityError && error.isAccountGone),
        () => false,
      );
      if (isOpen !== true) this.client = undefined;
      throw error;
    }
  }

  private async open(library: AcmeLibrary): Promise<Client> {
    const { directoryUrl, binding, ca, firstPauseMs = WAIT.backoffMin } = this.settings;
    if (ca !== undefined) library.axios.defaults.httpsAgent = new Agent({ ca });
    const client = new library.Client({
      ...{ directoryUrl, accountKey: await this.accounts.keyFor(directoryUrl) },
      ...{ ...WAIT, backoffMin: firstPauseMs },
      ...(binding && { externalAccountBinding: { kid: binding.keyId, hmacKey: binding.key } }),
    });
    await saidByAuthority(directoryUrl, () => useAccount(client, this.settings));
    return client;
  }
}

/** The account that the authority has for the key, else a new one. */
async function useAccount(
  client: Client,
  { acceptsTerms: termsOfServiceAgreed, contact }: AcmeSettings,
): Promise<void> {
  const reached = contact === undefined ? {} : { contact: [`mailto:${contact}`] };
  try {
    await client.createAccount({ onlyReturnExisting: true });
  } catch (error) {
    if (!(error instanceof AuthorityError && error.isAccountGone)) throw error;
    await client.createAccount({ termsOfServiceAgreed, ...reached });
    return;
  }
  // An update without anything is refused.
  if (contact !== undefined) await client.updateAccount(reached);
}

/** Carries an order on from wherever it stands. */
async function finished(
  { client, library }: { readonly client: Client; readonly library: AcmeLibrary },
  { host, url, key }: Order,
  publish: (challenge: Challenge) => Promise<void>,
): Promise<string> {
  let order = await client.getOrder({ url } as AcmeOrder);
  if (order.status === 'invalid') throw refused(`the order for ${host} has become invalid`);
  if (order.status === 'pending') {
    for (const authorization of await client.getAuthorizations(order))
      if (authorization.status !== 'valid') await prove(client, authorization, publish);
    order = await client.waitForValidStatus(order);
  }
  if (order.status === 'ready') {
    const [, csr] = await library.crypto.createCsr({ altNames: [host] }, key);
    order = await client.finalizeOrder(order, csr);
  }
  return client.getCertificate(order);
}

async function prove(
  client: Client,
  { identifier, challenges }: Authorization,
  publish: (challenge: Challenge) => Promise<void>,
): Promise<void> {
  const challenge = challenges.find(({ type }) => type === 'http-01');
  if (challenge === undefined)
    throw refused(`the authority offers no http-01 challenge for ${identifier.value}`);
  await publish({ token: challenge.token, answer: await client.getChallengeKeyAuthorization(challenge) });
  // Of an order that another gateway began, it may have been said already.
  if (challenge.status === 'pending') await client.completeChallenge(challenge);
  await client.waitForValidStatus(challenge).catch((cause: unknown) => {
    throw cause instanceof AuthorityError ? cause : challengeFailed(cause);
  });
}

/** PKCS 8 in PEM. */
export const freshKey = (): string =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;

const refused = (message: string): AuthorityError =>
  new AuthorityError('ACME_REFUSED', message, { isOrderOver: true });
const challengeFailed = (cause: unknown): AuthorityError =>
  new AuthorityError('ACME_CHALLENGE_FAILED', cause instanceof Error ? cause.message : String(cause), {
    ...{ cause, isOrderOver: true },
  });
