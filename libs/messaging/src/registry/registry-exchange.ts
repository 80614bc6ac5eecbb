import { OptionFault, tlsFaultOf } from '@haproxystats/runtime';
import type { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { printable } from '../record-headers';
import { RegistryAgent } from './registry-agent';
import { RegistryFault } from './registry-fault';
import { openLogin, openTls, type RegistrySettings } from './registry-settings';

type ClientOptions = ConstructorParameters<typeof SchemaRegistry>[0];
type Middleware = NonNullable<ClientOptions['middlewares']>[number];

/** How the client beneath tells of an answer that is none of success: with one status for a bad request and for no answer at all. */
interface ResponseError extends Error {
  readonly status: number;
}

/** How it begins its messages; then follows what the registry says, or the status where the answer is no object with a message. */
const prefix = 'Confluent_Schema_Registry - ';
const withoutMessage = /^Error, status \d+/;

type FailedResponse = Parameters<NonNullable<NonNullable<ClientOptions['retry']>['validateRetry']>>[0];

/**
 * No retry, save one after a connection that broke: to try again is for those who ask. The client asks here whether to do so before it looks
 * at the answer, and of an error whose body is `null` it would die. All clients of this process share these options: they keep no state.
 */
const disarming = {
  retries: 1,
  enableRetry: () => true,
  validateRetry: (response: FailedResponse): boolean => {
    if (response.rawData()?.trim() === 'null') Object.assign(response, { responseData: '{}' });
    return false;
  },
};

/** Of what a registry says, this much stands in messages. */
const longestMessage = 500;

/** One request: gives it its limits, its login and a connection of its own, and keeps how it failed, which the client forgets in part. */
export class RegistryExchange {
  readonly #ended = new AbortController();
  readonly #agent = new RegistryAgent();
  #failure: ResponseError | undefined;

  constructor(
    private readonly settings: RegistrySettings,
    private readonly timeoutMs: number,
  ) {}

  /** For the client. Throws OptionFault for files that cannot be used. */
  options(): ClientOptions {
    const host = this.settings.url;
    const agent = this.#agent.open(host, openTls(this.settings));
    return { host, agent, retry: disarming, middlewares: [this.#middleware()] };
  }

  /** Ends what is still on its way. */
  end(): void {
    this.#ended.abort();
  }

  /** A registry has answered, and does not know what was asked for. */
  get saysMissing(): boolean {
    return this.#failure?.status === 404 && !withoutMessage.test(wordsOf(this.#failure));
  }

  silence(what: string): RegistryFault {
    return this.#said(what, `does not answer within ${this.timeoutMs} ms: is it overloaded, or in trouble?`);
  }

  fault(what: string, error: unknown): RegistryFault {
    if (error instanceof OptionFault) return new RegistryFault(`${what}: ${error.message}`, { cause: error });
    if (this.#agent.fault) return this.#said(what, notReached(this.#agent.fault), this.#agent.fault);
    if (this.#failure) return this.#said(what, answered(this.#failure, this.settings), error);
    return this.#said(what, `answers with what nobody can use: ${told((error as Error).message)}`, error);
  }

  #middleware(): Middleware {
    const { timeoutMs: timeout, settings } = this;
    const { signal } = this.#ended;
    const auth = openLogin(settings);
    return () => ({
      prepareRequest: async (next) => (await next()).enhance({ timeout, signal, ...(auth && { auth }) }),
      response: (next) => {
        const answer = next();
        answer.catch((error: unknown) => (this.#failure = error as ResponseError));
        return answer;
      },
    });
  }

  #said(what: string, sentence: string, cause?: unknown): RegistryFault {
    return new RegistryFault(`${what}: the schema registry ${this.settings.url} ${sentence}`, { cause });
  }
}

function notReached(cause: Error): string {
  const reason =
    tlsFaultOf(cause) ??
    `${told(cause.message)}: look whether it runs, and whether 'url' in [registry] is right`;
  return `cannot be reached: ${reason}`;
}

/** With what to do, where the answer tells. */
function answered(failure: ResponseError, { login }: RegistrySettings): string {
  const { status } = failure;
  const words = wordsOf(failure);
  if (status === 401 || status === 403) {
    const whom = login ? `'${login.username}'` : 'those who do not log in';
    return `refuses ${whom} (${status}): look at 'username' and 'password' in [registry], and at the rights of that user`;
  }
  if (status === 404)
    return "answers 404, and not as a registry does: is 'url' in [registry] that of its Confluent API, with its path?";
  if (status === 409) return `refuses the schema, which is incompatible with one that it has there: ${words}`;
  return `answers ${status}: ${words}`;
}

function wordsOf({ message }: Error): string {
  return told(message.startsWith(prefix) ? message.slice(prefix.length) : message);
}

function told(text: string): string {
  return printable(text).slice(0, longestMessage);
}
