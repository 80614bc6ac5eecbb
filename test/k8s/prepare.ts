import { prepareTools } from './rendered';

/** Once, before the tests: each of them would build what is not there. */
export default function prepare(): void {
  prepareTools();
}
