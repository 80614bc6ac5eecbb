import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const info = 'Name: HAProxy\nVersion: 2.6.12\nRelease_date: 2023/03/28\nPid: 7\nUptime_sec: 100\n';
const stat =
  '# pxname,svname,scur,stot,type,\nweb,FRONTEND,1,2,0,\nstatic,one,0,5,2,\nstatic,BACKEND,0,5,1,\n';

/** What both servers have: open connections that are gone when it is closed. */
class HandMade {
  readonly #server: Server;
  readonly sockets = new Set<Socket>();

  constructor(serve: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket)).on('error', () => undefined);
      serve(socket);
    });
  }

  async listen(at: { path: string } | { port: number; host: string }): Promise<void> {
    this.#server.listen(at);
    await once(this.#server, 'listening');
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** A stats socket that answers as HAProxy does, or, `hung`, takes every question and says nothing. */
export class HandMadeHAProxy extends HandMade {
  hung = false;
  asked = 0;

  constructor(says: () => { readonly info: string; readonly stat: string } = () => ({ info, stat })) {
    super((socket) => {
      this.asked++;
      socket.once('data', () => {
        const said = says();
        if (!this.hung) socket.end(`${said.info}\n${said.stat}\n`);
      });
    });
  }
}

/** A relay that closes in answer, or, `blackHole`, takes every byte and never closes. */
export class HandMadeRelay extends HandMade {
  blackHole = false;
  /** How often the mark of each slot of a node (`coverage.complete`, true or not) came, by its second. */
  readonly slots = new Map<number, number>();

  constructor() {
    super((socket) => {
      let rest = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) this.#take(line);
      });
      socket.on('end', () => this.blackHole || socket.end());
    });
  }

  /** Seconds that came more than once. */
  get repeated(): number[] {
    return [...this.slots].filter(([, times]) => times > 1).map(([second]) => second);
  }

  #take(line: string): void {
    if (line.includes('.clusters.')) return;
    const second = /\.coverage\.complete [01] (\d+)$/.exec(line)?.[1];
    if (second !== undefined) this.slots.set(Number(second), (this.slots.get(Number(second)) ?? 0) + 1);
  }
}
