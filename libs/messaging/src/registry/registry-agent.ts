import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';

/** Connections of one request, which remember why they broke: the client beneath does not tell. */
export class RegistryAgent {
  /** What went wrong with a connection; undefined: nothing. */
  fault: Error | undefined;

  open(url: string, tls: { ca?: string } | undefined): HttpAgent {
    const agent = url.startsWith('https:') ? new HttpsAgent(tls) : new HttpAgent();
    const connect = agent.createConnection.bind(agent);
    agent.createConnection = (options, connected) => {
      const socket = connect(options, connected);
      (socket as Socket | undefined)?.once('error', (error) => (this.fault = error));
      return socket;
    };
    return agent;
  }
}
