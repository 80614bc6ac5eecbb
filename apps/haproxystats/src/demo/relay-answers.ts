import { connect } from 'node:net';

/** Whether somebody takes connections there. `false` also when nobody has after `timeoutMs`. */
export function relayAnswers(host: string, port: number, timeoutMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const answer = (answers: boolean): void => {
      socket.destroy();
      resolve(answers);
    };
    const socket = connect(port, host, () => answer(true));
    socket.setTimeout(timeoutMs, () => answer(false));
    socket.on('error', () => answer(false));
  });
}
