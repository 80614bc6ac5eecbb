/** The one internal of kafkajs 2.2.4 that kafka-client.ts mends. */
declare module 'kafkajs/src/network/requestQueue' {
  class RequestQueue {
    quiet?: true;
    readonly pending: readonly unknown[];
    readonly throttledUntil: number;
    scheduleCheckPendingRequests: (this: RequestQueue) => void;
  }
  export = RequestQueue;
}
